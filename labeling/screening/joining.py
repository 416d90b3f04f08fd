"""What may an invitation lead to, what does it lead to, and what happens when somebody follows it?"""

from django.db import transaction
from django.utils.translation import gettext as _

from labeling.people import inviting
from labeling.screening.models import TestState
from labeling.work.models import Audience, Invitee, ProjectState, Purpose


def why_not_to(project, *, cohort):
    """Return the sentence that keeps a link into `cohort` ("" for none) from leading to the project, or None."""
    names = {"project": project.name}
    if project.state == ProjectState.CLOSED:
        return _("The project “%(project)s” is closed.") % names
    if project.purpose == Purpose.SCREENING:
        return _("The project “%(project)s” is a part of a test. Name the test.") % names
    if cohort and project.cohort not in (cohort, Audience.ANY):
        return _("The project “%(project)s” is for the other cohort.") % names
    return None


def leads_to(invitation):
    """Return what the link gives: the cohort's name or "", its projects, and its tests that may be taken now."""
    return {
        "cohort": invitation.get_cohort_display() if invitation.cohort else "",
        "projects": list(_projects_of(invitation).order_by("name")),
        "tests": list(invitation.tests.filter(state=TestState.PUBLISHED).order_by("name")),
    }


@transaction.atomic
def follow(*, invitation, person):
    """Let the link take effect for `person`, once; return its first test that may be taken now, or None.

    Raises ValidationError with the sentence that turns them away.
    """
    if inviting.accept(invitation=invitation, person=person):
        Invitee.objects.bulk_create(
            [Invitee(project=project, labeler=person) for project in _projects_of(invitation)],
            update_conflicts=True,  # whoever was invited until a day is invited anew
            unique_fields=["project", "labeler"],
            update_fields=["invited_at", "until"],
        )
    return next(iter(leads_to(invitation)["tests"]), None)


def _projects_of(invitation):
    """A part of a test is begun in its order and by the clock: only the test itself lets anybody into it."""
    return invitation.projects.exclude(purpose=Purpose.SCREENING)
