"""How does somebody take a test? Section by section, over as many sittings as they like, until they hand it in."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.events import telling
from labeling.labels import reopening
from labeling.labels.models import Label, Lock
from labeling.people import admitting
from labeling.people.models import Cohort, CohortMembership, Role
from labeling.screening import progress, scoring
from labeling.screening.models import Attempt, Section, Sitting, Test, TestState
from labeling.work import queue
from labeling.work.models import AssignmentState, Invitee


def open_to(person):
    """Return the tests that `person` (or a stranger) may begin: open ones, and those of their invitations.

    Whoever labels already takes a test when invited to it. Held-out labelers are held out because they take none.
    """
    published = Test.objects.filter(state=TestState.PUBLISHED)
    if not person.is_authenticated:
        return published.filter(is_open=True)
    if why_none(person):
        return published.none()
    invited = Q(invitations__users__person=person)
    labels_already = CohortMembership.objects.filter(labeler=person).exists()
    return published.filter(invited if labels_already else invited | Q(is_open=True)).distinct()


def why_none(person):
    """Return the sentence for whoever takes no test at all, or an empty one."""
    if person.stands_outside_cohorts:
        return _("Researchers take the test from their desk: their answers are the key.")
    if CohortMembership.objects.filter(labeler=person, cohort=Cohort.HELD_OUT).exists():
        return _("You have been admitted without a test, and it stays so.")
    if person.role_names and not (person.plays(Role.APPLICANT) or person.plays(Role.LABELER)):
        return _("This account is for other work. Apply with one of your own.")
    return ""


@transaction.atomic
def begin(*, test, applicant):
    """Return the applicant's attempt at the test, a new one if there is none. Raises ValidationError."""
    if why := why_none(applicant):
        raise ValidationError(why)
    attempt = Attempt.objects.filter(test=test, applicant=applicant).first()
    if attempt:
        return attempt
    if not open_to(applicant).filter(pk=test.pk).exists():
        raise ValidationError(_("This test takes no applicants at the moment."))
    if not applicant.role_names:
        admitting.take_role(applicant, Role.APPLICANT)
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
    if progress.following(progress.parts_of(test=attempt.test, applicant=attempt.applicant)).section != section:
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
    _end(attempt, [section])


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
    Attempt.objects.filter(pk=attempt.pk).update(handed_in_at=timezone.now())
    _end(attempt, attempt.test.sections.all())
    reopening.lock(labels=list(labels_of(attempt).values_list("pk", flat=True)), because=Lock.HANDED_IN)
    scoring.score(attempt=attempt)
    telling.tell(person=attempt.applicant, letter="handed_in", test=str(attempt.test))
    return True


@transaction.atomic
def leave(*, attempt, reason=""):
    """Give the attempt up, at any moment before it is handed in. True when this call did it."""
    attempt = Attempt.objects.select_for_update().select_related("test", "applicant").get(pk=attempt.pk)
    if not attempt.is_under_way:
        return False
    Attempt.objects.filter(pk=attempt.pk).update(left_at=timezone.now(), left_reason=reason.strip()[:500])
    _end(attempt, attempt.test.sections.all())
    return True


@transaction.atomic
def leave_all(*, applicant):
    """Leave every test that is under way: its applicant has become somebody who takes none."""
    for attempt in Attempt.objects.filter(applicant=applicant, handed_in_at__isnull=True, left_at__isnull=True):
        leave(attempt=attempt)


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


def _end(attempt, sections: list[Section]):
    """Those that were begun are over, now if they were not before."""
    begun = Sitting.objects.filter(attempt=attempt, section__in=sections)
    begun.filter(finished_at__isnull=True).update(finished_at=timezone.now())
    projects = list(begun.values_list("section__project", flat=True))
    queue.put_down(labeler=attempt.applicant, projects=projects)
