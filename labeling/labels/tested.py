"""What does a sheet say of the test that it is a part of? Its title, what is left, how long still, the way out.

Tests are put together further up. From here they are a project's section and a few addresses.
"""

from math import ceil

from django.urls import reverse
from django.utils import timezone

from labeling.work.counting import MOST_COUNTED, standing_of
from labeling.work.models import Invitee, Purpose


def part_of(assignment):
    """Return what the frame says, or None for a sheet of the daily work."""
    section = getattr(assignment.project, "section", None) if assignment.purpose == Purpose.SCREENING else None
    if section is None:
        return None
    labeler = assignment.labeler
    left = standing_of(labeler, assignment.project).left
    until = Invitee.objects.in_force().filter(project=assignment.project, labeler=labeler, until__isnull=False)
    ends = until.values_list("until", flat=True).first()
    is_tested = not labeler.stands_outside_cohorts
    return {
        "title": section.shown_title,
        "left": MOST_COUNTED if left is None else left,
        "ends": ends,
        "minutes": ends and ceil((ends - timezone.now()).total_seconds() / 60),
        "way_out": reverse("screening:leave", args=[section.test_id]) if is_tested else "",
        "practice": reverse("screening:practised", args=[section.test_id])
        if is_tested and section.criterion == "practice"
        else "",
    }


def home_of(assignment):
    """Return where to go when no next sheet follows: to the desk, or to the test that the sheet is a part of."""
    if assignment.purpose == Purpose.SCREENING:
        return reverse("screening:part", args=[assignment.project_id])
    return reverse("desk:home")
