"""Which survey is somebody offered, and when? After some work, one at a time, and no survey again that was put away."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from labeling.people.models import CohortMembership
from labeling.surveys import answering
from labeling.surveys.models import Asked, Survey, quarter_of
from labeling.work.models import Assignment, AssignmentState, Membership, Project, Purpose

SHEETS = 10  # submitted in a project before there is anything to say about it


@dataclass(frozen=True)
class Offer:
    """A survey that waits for somebody: about the work in `project`, or about themselves where there is none."""

    survey: Survey
    project: Project | None = None


def offer_to(person):
    """Return the one Offer to show `person`, or None. Asked of labelers alone, and in the quarter of their work."""
    worked = _worked(person).select_related("project").order_by("project__name")
    done = list(worked) if CohortMembership.objects.filter(labeler=person).exists() else []
    if not done:
        return None
    asked = set(Asked.objects.filter(person=person, quarter=quarter_of()).values_list("project", flat=True))
    for membership in done:
        if membership.project_id not in asked:
            return Offer(Survey.SATISFACTION, membership.project)
    return None if answering.was_asked(person, Survey.DEMOGRAPHICS) else Offer(Survey.DEMOGRAPHICS)


def may_speak_of(person, project):
    """Has `person` submitted anything in `project`, so that they know what they speak of?"""
    return _submitted(person).filter(project=project).exclude(project__purpose=Purpose.SCREENING).exists()


def _worked(person):
    """The memberships in which there has been enough work, some of it in this quarter."""
    this_quarter = _submitted(person).filter(project=OuterRef("project"), closed_at__gte=_start_of_quarter())
    enough = Membership.objects.filter(Exists(this_quarter), labeler=person, taken__gte=SHEETS)
    return enough.exclude(project__purpose=Purpose.SCREENING)


def _submitted(person):
    return Assignment.objects.filter(labeler=person, state=AssignmentState.SUBMITTED)


def _start_of_quarter():
    now = timezone.now()
    return datetime(now.year, (now.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)
