"""How does somebody take a test? Section by section, over as many sittings as they like, until they hand it in."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.events import telling
from labeling.labels import reopening
from labeling.labels.models import Label, Lock
from labeling.screening import scoring
from labeling.screening.models import Attempt, Section, Sitting, Test, TestState
from labeling.work.models import Assignment, AssignmentState, Invitee

OVER = (AssignmentState.SUBMITTED, AssignmentState.SKIPPED)


def open_to(person):
    """Return the tests that `person` (or a stranger) may begin: open ones, and those of their invitations."""
    published = Test.objects.filter(state=TestState.PUBLISHED)
    if not person.is_authenticated:
        return published.filter(is_open=True)
    return published.filter(Q(is_open=True) | Q(invitations__users__person=person)).distinct()


@transaction.atomic
def begin(*, test, applicant):
    """Return the applicant's attempt at the test, a new one if there is none. Raises ValidationError."""
    attempt = Attempt.objects.filter(test=test, applicant=applicant).first()
    if attempt:
        return attempt
    if not open_to(applicant).filter(pk=test.pk).exists():
        raise ValidationError(_("This test takes no applicants at the moment."))
    if applicant.stands_outside_cohorts:
        raise ValidationError(_("Researchers take the test from their desk: their answers are the key."))
    Attempt.objects.bulk_create([Attempt(test=test, applicant=applicant)], ignore_conflicts=True)
    return Attempt.objects.get(test=test, applicant=applicant)


@transaction.atomic
def open_section(*, attempt, section):
    """Let the applicant work on the section, from now on until its time is over; return the Sitting.

    Sections are taken in their order. Asked for again, it changes nothing. Raises ValidationError.
    """
    attempt = _under_way(attempt)
    sitting = Sitting.objects.filter(attempt=attempt, section=section).first()
    if sitting:
        return sitting
    before = Section.objects.filter(test=attempt.test, position__lt=section.position)
    if any(not is_finished(attempt, earlier) for earlier in before):
        raise ValidationError(_("Finish the parts before this one first."))
    now = timezone.now()
    until = now + timedelta(minutes=section.minutes) if section.minutes else None
    Invitee.objects.update_or_create(
        project=section.project, labeler=attempt.applicant, defaults={"invited_at": now, "until": until}
    )
    return Sitting.objects.create(attempt=attempt, section=section, began_at=now, until=until)


@transaction.atomic
def finish_section(*, attempt, section):
    """End the section before its time; what is open or was never looked at stays unanswered. Again changes nothing."""
    attempt = _under_way(attempt)
    now = timezone.now()
    Sitting.objects.filter(attempt=attempt, section=section, finished_at__isnull=True).update(finished_at=now)
    Invitee.objects.filter(project=section.project, labeler=attempt.applicant).update(until=now)


def is_finished(attempt, section):
    """Is nothing left to do in the section: ended, out of time, or every item submitted or skipped?"""
    sitting = Sitting.objects.filter(attempt=attempt, section=section).first()
    if sitting is None:
        return False
    if sitting.finished_at or (sitting.until and sitting.until <= timezone.now()):
        return True
    return counted(attempt, section)["left"] == 0


def counted(attempt, section):
    """Return {"items", "done", "skipped", "left"} of the section for this applicant."""
    items = section.project.tasks.in_play().count()
    if section.project.most_per_labeler:
        items = min(items, section.project.most_per_labeler)
    own = Assignment.objects.filter(project=section.project, labeler=attempt.applicant)
    states = own.aggregate(
        done=Count("pk", filter=Q(state=AssignmentState.SUBMITTED)),
        skipped=Count("pk", filter=Q(state=AssignmentState.SKIPPED)),
    )
    return {"items": items, **states, "left": max(0, items - states["done"] - states["skipped"])}


@transaction.atomic
def hand_in(*, attempt):
    """End the attempt: its labels are locked, scored, and wait for their grades. True when this call did it.

    Raises ValidationError for one that was left.
    """
    attempt = Attempt.objects.select_for_update().select_related("test", "applicant").get(pk=attempt.pk)
    if attempt.handed_in_at:
        return False
    if attempt.left_at:
        raise ValidationError(_("You have left this test."))
    now = timezone.now()
    Attempt.objects.filter(pk=attempt.pk).update(handed_in_at=now)
    _end(attempt, now)
    reopening.lock(labels=list(labels_of(attempt).values_list("pk", flat=True)), because=Lock.HANDED_IN)
    scoring.score(attempt=attempt)
    telling.tell(person=attempt.applicant, letter="handed_in", test=str(attempt.test))
    return True


@transaction.atomic
def leave(*, attempt):
    """Give the attempt up, at any moment before it is handed in. True when this call did it."""
    attempt = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if not attempt.is_under_way:
        return False
    now = timezone.now()
    Attempt.objects.filter(pk=attempt.pk).update(left_at=now)
    _end(attempt, now)
    return True


def labels_of(attempt):
    """Return the standing labels of the attempt."""
    return Label.objects.standing().filter(
        assignment__labeler=attempt.applicant,
        assignment__project__section__test=attempt.test,
        assignment__state=AssignmentState.SUBMITTED,
    )


def _under_way(attempt):
    """Lock the attempt, so that two tabs stand in line."""
    attempt = Attempt.objects.select_for_update().select_related("test", "applicant").get(pk=attempt.pk)
    if not attempt.is_under_way:
        raise ValidationError(_("You have handed in or left this test."))
    return attempt


def _end(attempt, now):
    Sitting.objects.filter(attempt=attempt, finished_at__isnull=True).update(finished_at=now)
    sections = Section.objects.filter(test=attempt.test).values("project")
    own = Invitee.objects.filter(project__in=sections, labeler=attempt.applicant)
    own.filter(Q(until__isnull=True) | Q(until__gt=now)).update(until=now)
