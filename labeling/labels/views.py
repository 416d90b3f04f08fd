"""The sheet's pages: show it, keep its draft, hand it in, skip it."""

from django.contrib import messages
from django.db.models import OuterRef
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, push_url

from labeling.labels import bodies, demonstrating, demonstration_sheets, recording, reopening, sheets
from labeling.labels.asking import asked, slots_of
from labeling.labels.instructing import reading_of
from labeling.labels.tested import home_of, part_of
from labeling.labels.waiting import waiting_words, words_wait
from labeling.people import consenting
from labeling.people.access import labeler_required, posted_from, to_consent
from labeling.prepared import prepared
from labeling.work import acknowledging, drafts, queue
from labeling.work.models import Assignment, AssignmentState, Kind, Purpose

LAST_REVISION = 2_000_000_000
# Active seconds after which the lease is extended though nothing was typed: a third of it.
SECONDS_PER_MINUTE_OF_LEASE = 20
CLOSED = {AssignmentState.SUBMITTED, AssignmentState.SKIPPED}


def own_assignment(user, assignment_id):
    """Return the user's own assignment with what its sheet needs. Anybody else's is a 404, as if it were not there."""
    for assignment in _held(pk=assignment_id, labeler=user.pk):
        assignment.labeler = user
        return assignment
    raise Http404


@prepared
def _held(pk, labeler):
    related = Assignment.objects.select_related("project", "task__prompt", "instructions_version", "draft")
    own = acknowledging.with_acknowledged(related).annotate(misses_consent=consenting.is_missing(OuterRef("labeler")))
    return own.filter(pk=pk, labeler=labeler)


@never_cache
@labeler_required
@require_GET
def sheet(request, assignment_id):
    assignment = own_assignment(request.user, assignment_id)
    if assignment.state in CLOSED:
        messages.info(request, _closed_sentence(assignment))
        return redirect(home_of(assignment))
    if queue.is_over(assignment):
        messages.warning(request, _("This part of the test is over. Your draft is kept."))
        return redirect(home_of(assignment))
    if has_yet_to_agree(assignment):
        return to_consent(request)
    return _opened(request, assignment, leaf=_page_asked_for(request.GET))


def has_yet_to_agree(assignment):
    """Does its labeler have to agree to the text as it stands, before being shown or given a sheet?"""
    return assignment.misses_consent and consenting.asks(assignment.labeler)


def _opened(request, assignment, *, leaf=None):
    """Show the sheet, or first its instructions where the labeler has not read them as they are now."""
    if not acknowledging.is_unread(assignment):
        return _sheet_page(request, assignment, leaf=leaf)
    template = "labels/instructions.html"
    context = {"reading": reading_of(assignment)}
    return render(request, f"{template}#reading" if request.htmx else template, context)


@words_wait(taken_up_at="labels:take-up")
@labeler_required
@posted_from("labels:sheet", "assignment_id")
def turn(request, assignment_id):
    """Keep what stands on the sheet and show another page of it: what Back and Next do where no script runs."""
    return _kept(request, own_assignment(request.user, assignment_id))


@labeler_required
@require_GET
def take_up(request, assignment_id):
    """Go on where somebody had been signed out. Their words were posted before; only now is it known whose they are."""
    assignment = own_assignment(request.user, assignment_id)
    words = waiting_words(request)
    if words is None or assignment.state in CLOSED:
        return redirect("labels:sheet", assignment.pk)
    messages.info(request, _("What you wrote is here. Nothing was submitted yet."))
    request.POST = words
    return _kept(request, assignment)


def _kept(request, assignment):
    body = _posted_body(request, assignment)
    kept, is_newest = keep(request, assignment, body)
    if not is_newest and kept.state not in CLOSED:
        warn_of_newer(request)
        return _sheet_page(request, kept, status=409, body=body, leaf=_page_asked_for(request.POST))
    address = reverse("labels:sheet", args=[assignment.pk])
    return redirect(f"{address}?page={_page_asked_for(request.POST) or 1}")


@words_wait(taken_up_at="labels:take-up")
@labeler_required
@posted_from("labels:sheet", "assignment_id")
def submit(request, assignment_id):
    assignment = own_assignment(request.user, assignment_id)
    body, revision = _posted_body(request, assignment), _revision(request)
    is_earlier = reopening.is_of_an_earlier_round(assignment=assignment, revision=revision)
    if is_earlier and recording.is_a_replay(assignment=assignment, body=body):
        return _next(request, assignment)  # sent again, and meanwhile reopened: what was said the first time stands
    undo = reverse("labels:reopen", args=[assignment.pk])
    try:
        recording.record(assignment=assignment, body=body, revision=revision)
    except bodies.Faults as refusal:
        kept, is_newest = keep(request, assignment, body)
        if not is_newest and kept.state not in CLOSED:
            return _outrun(request, kept, body)
        return _sheet_page(request, kept, status=422, body=body, faults=refusal.faults)
    except drafts.Outrun:
        return _outrun(request, own_assignment(request.user, assignment_id), body)
    except recording.SaidOtherwise as other:
        messages.warning(request, str(other), extra_tags=undo if other.may_reopen else "")
        return _next(request, assignment)
    except (queue.SheetGone, reopening.Locked) as gone:
        drafts.keep_for_the_record(assignment=assignment, body=body)
        queue.put_back(assignment=assignment)
        messages.warning(request, str(gone))
        return to_consent(request) if has_yet_to_agree(assignment) else _go(request, home_of(assignment))
    messages.success(request, _saved_sentence(assignment), extra_tags=undo)
    return _next(request, assignment)


def _outrun(request, assignment, body):
    """Keep both: the newer draft where it is, and what was sent on the page it came from."""
    refusal = str(drafts.Outrun())
    if request.htmx:  # that page stands, and its script lets its labeler choose
        return JsonResponse({"revision": assignment.draft.revision, "detail": refusal}, status=409)
    sentence = _("Submit again to keep what stands here, or reload the page to see the other.")
    messages.warning(request, f"{refusal} {sentence}")
    return _sheet_page(request, assignment, status=409, body=body, leaf=_page_asked_for(request.POST))


def _next(request, assignment):
    """Go on to the next sheet, in the same answer for htmx; home when asked to stop or when nothing is left."""
    following, is_tested = None, assignment.purpose == Purpose.SCREENING
    goes_on = request.POST.get("then") != "stop"
    if goes_on and has_yet_to_agree(assignment):
        return to_consent(request)
    if goes_on:
        try:
            following = queue.next_assignment(labeler=request.user, project=assignment.project)
        except queue.NotOpen:
            over = _("This part of the test is over."), _("This project takes no more work at the moment.")
            messages.info(request, over[not is_tested])
        else:
            if following is None and not is_tested:  # a test's own page says what comes next
                messages.info(request, queue.why_nothing(labeler=request.user, project=assignment.project))
    if following is None:
        return _go(request, home_of(assignment))
    address = reverse("labels:sheet", args=[following.pk])
    if not request.htmx:
        return redirect(address)
    return push_url(_opened(request, _after(assignment, following)), address)


def _after(before, following):
    """Return the sheet that follows with what its page needs. Most of that has come with the one before."""
    if following.instructions_version_id != before.instructions_version_id:
        return own_assignment(before.labeler, following.pk)
    (sheet,) = _with_task(pk=following.pk)
    for known in ("labeler", "project", "instructions_version", "acknowledged_number", "misses_consent"):
        setattr(sheet, known, getattr(before, known))
    return sheet


@prepared
def _with_task(pk):
    return Assignment.objects.select_related("task__prompt", "draft").filter(pk=pk)


@labeler_required
@require_POST
def draft(request, assignment_id):
    assignment = own_assignment(request.user, assignment_id)
    revision = _revision(request)
    if not revision or revision > LAST_REVISION:
        return JsonResponse({"detail": _("A draft needs a revision, a number from 1.")}, status=400)
    body = _posted_body(request, assignment)
    newest, is_kept = drafts.save_draft(assignment=assignment, revision=revision, body=body)
    if newest is None:
        assignment.refresh_from_db(fields=["state"])
        return JsonResponse({"detail": _closed_sentence(assignment)}, status=410)
    if not is_kept:
        sentence = _("A newer draft of this sheet was saved elsewhere. Reload the page to see it.")
        return JsonResponse({"revision": newest, "detail": sentence}, status=409)
    return JsonResponse({"revision": newest})


@labeler_required
@require_http_methods(["GET", "POST"])
def skip(request, assignment_id):
    assignment = own_assignment(request.user, assignment_id)
    if request.method == "GET":
        return render(request, "labels/skip.html", {"sheet": {"id": assignment.pk, "project": assignment.project.name}})
    try:
        if queue.skip(assignment=assignment, reason=request.POST.get("reason", "").replace("\0", "").strip()):
            messages.success(request, _("Skipped. You will not see this task again."))
    except queue.SheetGone as refusal:
        messages.warning(request, str(refusal))
        return redirect("labels:sheet", assignment.pk)
    return _next(request, assignment)


def _posted_body(request, assignment):
    if assignment.project.kind == Kind.DEMONSTRATION:
        return demonstrating.from_form(request.POST, sheet=demonstrating.asked(assignment))
    return bodies.from_form(request.POST, sheet=asked(assignment, letters=slots_of(assignment)))


def keep(request, assignment, body):
    """Store `body` as the draft after the one it was made from. Return the assignment as it stands now, and whether
    its draft is this body."""
    revision = min(_revision(request) + 1, LAST_REVISION)
    _newest, is_newest = drafts.save_draft(assignment=assignment, revision=revision, body=body)
    return own_assignment(request.user, assignment.pk), is_newest


def warn_of_newer(request):
    messages.warning(request, _("A newer draft of this sheet was saved elsewhere. Reload the page to see it."))


def _revision(request):
    return bodies.whole_number(request.POST.get("revision", "")) or 0


def _page_asked_for(fields):
    return bodies.whole_number(fields.get("page", ""))


def _sheet_page(request, assignment, *, status=200, body=None, faults=(), leaf=None):
    if assignment.project.kind == Kind.DEMONSTRATION:
        template = "labels/demonstration.html"
        shown = demonstration_sheets.sheet_of(assignment, body=body, faults=faults)
    else:
        template = "labels/sheet.html"
        shown = sheets.sheet_of(assignment, body=body, faults=faults, leaf=leaf)
    context = {"sheet": shown, **around(assignment)}
    return render(request, f"{template}#sheet" if request.htmx else template, context, status=status)


def around(assignment):
    """Return what the frame of every sheet says: whether it is open again, how often a reader gives a sign, and of
    which part of a test it is."""
    beat = assignment.project.lease_minutes * SECONDS_PER_MINUTE_OF_LEASE
    return {"reopened": assignment.is_reopened, "beat": beat, "part": part_of(assignment)}


def _go(request, address) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _saved_sentence(assignment):
    if assignment.project.kind == Kind.DEMONSTRATION:
        return _("Saved: your demonstration.")
    count = len(slots_of(assignment))
    if not count:
        return _("Saved: your answers.")
    if assignment.project.kind == Kind.RATING:
        sentence = ngettext(
            "Saved: your rating of %(count)d response.", "Saved: your ratings of %(count)d responses.", count
        )
        return sentence % {"count": count}
    return _("Saved: your ranking of %(count)d responses.") % {"count": count}


def _closed_sentence(assignment):
    if assignment.state == AssignmentState.SUBMITTED:
        return _("You have submitted this sheet.")
    return _("You skipped this sheet.")
