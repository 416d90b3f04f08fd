"""The applicant's pages: which tests there are, one's own test with its parts, the practice, the two ways to end it."""

from allauth.account.decorators import verified_email_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.people.access import consent_required
from labeling.people.joining import let_in
from labeling.screening import deciding, feedback, practice, progress, taking
from labeling.screening.models import Attempt, Criterion, Section, Test, TestState
from labeling.screening.wording import rendered
from labeling.work import queue


@never_cache
@require_GET
def apply(request):
    """The tests that may be taken, and where one's own stand."""
    own = _own_attempts(request.user)
    offered = taking.open_to(request.user).exclude(pk__in=[attempt.test_id for attempt in own]).order_by("name")
    context = {
        "attempts": [_standing(attempt) for attempt in own],
        "tests": [{"test": test, "welcome": rendered(test, "welcome")} for test in offered],
        "why_none": taking.why_none(request.user) if request.user.is_authenticated else "",
    }
    return render(request, "screening/apply.html", context)


def _own_attempts(user):
    if not user.is_authenticated:
        return []
    return list(Attempt.objects.filter(applicant=user).select_related("test").order_by("-began_at"))


def _standing(attempt):
    decision = deciding.newest(attempt)
    parts = progress.parts_of(test=attempt.test, applicant=attempt.applicant) if attempt.is_under_way else []
    return {
        "attempt": attempt,
        "decision": decision,
        "results": feedback.of(attempt) if decision else [],
        "finished": sum(part.is_finished for part in parts),
        "parts": len(parts),
    }


@require_POST
def enter(request, test_id):
    """Apply: strangers make an account first."""
    test = taking.open_to(request.user).filter(pk=test_id).first()
    if test is None:
        messages.warning(request, _("This test takes no applicants at the moment."))
        return redirect("screening:apply")
    return let_in(request, next=reverse("screening:test", args=[test.pk]))


@never_cache
@verified_email_required
@consent_required
@require_GET
def test(request, test_id):
    """The test as a whole: what awaits one, how far one is, and the one thing that comes next."""
    test = get_object_or_404(Test.objects.exclude(state=TestState.DRAFT), pk=test_id)
    attempt = Attempt.objects.filter(test=test, applicant=request.user).first()
    if attempt is None and not taking.open_to(request.user).filter(pk=test.pk).exists():
        messages.warning(request, taking.why_none(request.user) or _("This test takes no applicants at the moment."))
        return redirect("screening:apply")
    if attempt and not attempt.is_under_way:
        return redirect("screening:apply")
    parts = progress.parts_of(test=test, applicant=request.user)
    context = {
        "test": test,
        "warning": rendered(test, "warning"),
        "welcome": rendered(test, "welcome"),
        "attempt": attempt,
        "parts": parts,
        "next": progress.following(parts),
        "over": [part for part in parts if part.is_ended],
        "still_open": [part for part in parts if not part.is_ended],
    }
    return render(request, "screening/test.html", context)


@verified_email_required
@consent_required
@require_POST
def begin_section(request, test_id, section_id):
    """Begin a part, and with the first one the test; or go on with it: to its next sheet."""
    section = get_object_or_404(Section.objects.select_related("test", "project"), pk=section_id, test=test_id)
    sheet = None
    try:
        attempt = taking.begin(test=section.test, applicant=request.user)
        taking.open_section(attempt=attempt, section=section)
        sheet = queue.next_assignment(labeler=request.user, project=section.project)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    except queue.NotOpen:
        messages.warning(request, _("This part of the test is over."))
    return redirect("labels:sheet", sheet.pk) if sheet else redirect("screening:test", test_id)


def _own(request, test_id):
    """Return one's own attempt at the test. Anybody else's is a 404."""
    attempt = get_object_or_404(Attempt.objects.select_related("test"), test=test_id, applicant=request.user)
    attempt.applicant = request.user
    return attempt


@never_cache
@login_required
@require_GET
def part(request, project_id):
    """Where a sheet leads that no other follows: to the test, by way of the right answers where it was practice."""
    section = get_object_or_404(Section.objects.select_related("test"), project=project_id)
    attempt = Attempt.objects.filter(test=section.test, applicant=request.user).first()
    if attempt is None:
        return redirect("desk:home")  # a researcher, who makes the key
    if attempt.is_under_way and progress.part_of(section=section, applicant=request.user).is_finished:
        messages.info(request, _("“%(part)s” is done.") % {"part": section.shown_title})
        if section.criterion == Criterion.PRACTICE:
            return redirect("screening:practised", section.test_id)
    return redirect("screening:test", section.test_id)


@never_cache
@login_required
@require_GET
def practised(request, test_id):
    attempt = _own(request, test_id)
    context = {"test": attempt.test, "items": practice.answered(attempt)}
    return render(request, "screening/practised.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def finish_section(request, test_id, section_id):
    """End a part although something in it is unanswered: ask first."""
    attempt = _own(request, test_id)
    section = get_object_or_404(Section.objects.select_related("test"), pk=section_id, test=test_id)
    if request.method == "GET" and attempt.is_under_way:
        open_parts = [progress.part_of(section=section, applicant=request.user)]
        context = {"test": attempt.test, "section": section, "open_parts": open_parts}
        return render(request, "screening/finish_section.html", context)
    return _ended(request, test_id, lambda: taking.finish_section(attempt=attempt, section=section))


@never_cache
@consent_required
@require_http_methods(["GET", "POST"])
def hand_in(request, test_id):
    """Ask first, and say what is unfinished."""
    attempt = _own(request, test_id)
    if request.method == "GET" and attempt.is_under_way:
        parts = progress.parts_of(test=attempt.test, applicant=request.user)
        context = {"test": attempt.test, "open_parts": [part for part in parts if part.left]}
        return render(request, "screening/hand_in.html", context)
    sentence = _("Your test has been handed in. We have sent you a letter.")
    return _ended(request, test_id, lambda: taking.hand_in(attempt=attempt), sentence)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def leave(request, test_id):
    """Ask first; a reason may be given and none is asked for."""
    attempt = _own(request, test_id)
    if request.method == "GET" and attempt.is_under_way:
        return render(request, "screening/leave.html", {"test": attempt.test})
    reason = request.POST.get("reason", "").replace("\0", "")
    return _ended(
        request, test_id, lambda: taking.leave(attempt=attempt, reason=reason), _("You have left the test. Take care.")
    )


def _ended(request, test_id, end, sentence=""):
    """Do what was asked, by POST alone, and go to the test, which says what became of it."""
    try:
        if request.method == "POST" and end() and sentence:
            messages.success(request, sentence)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("screening:test", test_id)
