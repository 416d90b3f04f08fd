"""What does an invitation lead to, and what happens when somebody follows it?"""

from django.db import transaction

from labeling.people import inviting
from labeling.screening.models import TestState
from labeling.work.models import Invitee


def leads_to(invitation):
    """Return what the link gives: the cohort's name or "", its projects, and its tests that may be taken now."""
    return {
        "cohort": invitation.get_cohort_display() if invitation.cohort else "",
        "projects": list(invitation.projects.order_by("name")),
        "tests": list(invitation.tests.filter(state=TestState.PUBLISHED).order_by("name")),
    }


@transaction.atomic
def follow(*, invitation, person):
    """Let the link take effect for `person`, once; return its first test that may be taken now, or None.

    Raises ValidationError with the sentence that turns them away.
    """
    if inviting.accept(invitation=invitation, person=person):
        Invitee.objects.bulk_create(
            [Invitee(project=project, labeler=person) for project in invitation.projects.all()], ignore_conflicts=True
        )
    return next(iter(leads_to(invitation)["tests"]), None)
