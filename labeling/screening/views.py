"""The applicant's pages: which tests there are, one's own test with its parts, the practice, the two ways to end it."""

from allauth.account.decorators import verified_email_required
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.people.access import consent_required
from labeling.people.joining import let_in
from labeling.people.models import Role
from labeling.screening import deciding, feedback, practice, taking
from labeling.screening.models import Attempt, Criterion, Section, Test
from labeling.screening.wording import rendered, shown
from labeling.work import queue


@never_cache
@require_GET
def apply(request):
    """The tests that may be taken, and where one's own stand."""
    own = _own_attempts(request.user)
    taken = {attempt.test_id for attempt in own}
    context = {
        "tests": [_offer(test) for test in taking.open_to(request.user).order_by("name") if test.pk not in taken],
        "attempts": [_standing(attempt) for attempt in own],
        "is_labeler": request.user.is_authenticated and request.user.plays(Role.LABELER),
    }
    return render(request, "screening/apply.html", context)


def _own_attempts(user):
    if not user.is_authenticated:
        return []
    return Attempt.objects.filter(applicant=user).select_related("test").order_by("-began_at")


def _offer(test):
    return {"id": test.pk, "name": shown(test, "name"), "welcome": rendered(test, "welcome")}


def _standing(attempt):
    decision = deciding.newest(attempt) if attempt.handed_in_at else None
    return {
        "attempt": attempt,
        "name": shown(attempt.test, "name"),
        "decision": decision,
        "results": feedback.of(attempt) if decision else [],
    }


@require_POST
def enter(request, test_id):
    """Apply: strangers make an account first."""
    test = get_object_or_404(taking.open_to(request.user), pk=test_id)
    return let_in(request, next=reverse("screening:test", args=[test.pk]))


@never_cache
@verified_email_required
@consent_required
@require_http_methods(["GET", "POST"])
def test(request, test_id):
    """The test as a whole: what awaits one, and which part comes next. Posting begins it."""
    test = get_object_or_404(Test, pk=test_id)
    attempt = Attempt.objects.filter(test=test, applicant=request.user).first()
    if attempt is None and not taking.open_to(request.user).filter(pk=test.pk).exists():
        raise Http404
    if request.method == "POST":
        return _begun(request, test)
    if attempt and not attempt.is_under_way:
        return redirect("screening:apply")
    context = {
        "test": test,
        "name": shown(test, "name"),
        "welcome": rendered(test, "welcome"),
        "warning": rendered(test, "warning"),
        "attempt": attempt,
        "parts": parts_of(test, attempt),
    }
    context["is_whole"] = attempt is not None and all(part["is_finished"] for part in context["parts"])
    return render(request, "screening/test.html", context)


def _begun(request, test):
    try:
        taking.begin(test=test, applicant=request.user)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
        return redirect("screening:apply")
    return redirect("screening:test", test.pk)


def parts_of(test, attempt):
    """Return the sections as the page shows them; of all that are not finished, the first may be worked on."""
    sittings = {sitting.section_id: sitting for sitting in attempt.sittings.all()} if attempt else {}
    parts, is_next = [], attempt is not None
    for section in test.sections.select_related("project"):
        sitting = sittings.get(section.pk)
        is_finished = attempt is not None and taking.is_finished(attempt, section)
        parts.append(
            {
                "section": section,
                "title": shown(section, "title"),
                "counts": taking.counted(attempt, section) if attempt else _untouched(section),
                "minutes": section.minutes,
                "until": sitting.until if sitting and not is_finished else None,
                "is_begun": sitting is not None,
                "is_finished": is_finished,
                "is_next": is_next and not is_finished,
                "is_practice": section.criterion == Criterion.PRACTICE,
            }
        )
        is_next = is_next and is_finished
    return parts


def _untouched(section):
    items = section.project.tasks.in_play().count()
    return {"items": min(items, section.project.most_per_labeler or items)}


def _own(request, test_id):
    """The applicant's own attempt at the test. Anybody else's is a 404."""
    return get_object_or_404(Attempt.objects.select_related("test"), test=test_id, applicant=request.user)


@verified_email_required
@consent_required
@require_POST
def work(request, test_id, section_id):
    """Begin a part, or go on with it: to its next sheet."""
    attempt = _own(request, test_id)
    section = get_object_or_404(Section.objects.select_related("project"), pk=section_id, test=attempt.test_id)
    try:
        taking.open_section(attempt=attempt, section=section)
        sheet = queue.next_assignment(labeler=request.user, project=section.project)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
        return redirect("screening:test", test_id)
    except queue.NotOpen:
        messages.info(request, _("The time for this part is over. What you submitted is kept."))
        return redirect("screening:test", test_id)
    return redirect("labels:sheet", sheet.pk) if sheet else redirect("screening:test", test_id)


@consent_required
@require_POST
def finish(request, test_id, section_id):
    attempt = _own(request, test_id)
    section = get_object_or_404(Section, pk=section_id, test=attempt.test_id)
    try:
        taking.finish_section(attempt=attempt, section=section)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("screening:test", test_id)


@never_cache
@consent_required
@require_GET
def part(request, project_id):
    """Where the last sheet of a part leads: to the practice's answers, or to the test."""
    section = get_object_or_404(Section, project=project_id)
    attempt = _own(request, section.test_id)
    if section.criterion == Criterion.PRACTICE and attempt.is_under_way:
        return redirect("screening:practised", section.test_id)
    return redirect("screening:test", section.test_id)


@consent_required
@require_GET
def way_out(request, project_id):
    """What “Leave the test” on a sheet leads to."""
    section = get_object_or_404(Section, project=project_id)
    _own(request, section.test_id)
    return redirect("screening:leave", section.test_id)


@never_cache
@consent_required
@require_GET
def practised(request, test_id):
    attempt = _own(request, test_id)
    context = {"test": attempt.test, "name": shown(attempt.test, "name"), "items": practice.answered(attempt)}
    return render(request, "screening/practised.html", context)


@never_cache
@consent_required
@require_http_methods(["GET", "POST"])
def hand_in(request, test_id):
    """Ask first, and say what is unfinished."""
    attempt = _own(request, test_id)
    if request.method == "GET" and attempt.is_under_way:
        parts = parts_of(attempt.test, attempt)
        open_parts = [part for part in parts if part["counts"]["left"]]
        context = {"test": attempt.test, "name": shown(attempt.test, "name"), "open_parts": open_parts}
        return render(request, "screening/hand_in.html", context)
    return _ended(request, taking.hand_in, attempt, _("Your test has been handed in. We have sent you a letter."))


@never_cache
@consent_required
@require_http_methods(["GET", "POST"])
def leave(request, test_id):
    attempt = _own(request, test_id)
    if request.method == "GET" and attempt.is_under_way:
        return render(request, "screening/leave.html", {"test": attempt.test, "name": shown(attempt.test, "name")})
    return _ended(request, taking.leave, attempt, _("You have left the test. Take care."))


def _ended(request, end, attempt, sentence):
    try:
        if request.method == "POST" and end(attempt=attempt):
            messages.success(request, sentence)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("screening:apply")
