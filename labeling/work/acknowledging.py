"""Has this labeler read the instructions by which their sheet is judged?

A sheet is pinned to a version of its project's instructions. The version of somebody's first sheet in a project, which
stands beside it, counts as read (work/leasing.py); a newer one has to be acknowledged before going on. Whoever has read
a version has read the older ones.
"""

from django.db.models import OuterRef, Q, Subquery

from labeling.work.models import Membership


def with_acknowledged(assignments):
    """Add `acknowledged_number` to a queryset: the newest version read of each one's own instructions, or null."""
    read = Membership.objects.filter(
        project=OuterRef("project"),
        labeler=OuterRef("labeler"),
        acknowledged_instructions__instructions=OuterRef("instructions_version__instructions"),
    )
    return assignments.annotate(acknowledged_number=Subquery(read.values("acknowledged_instructions__number")))


def is_unread(assignment):
    """Is the version of this assignment (from `with_acknowledged`) newer than what its labeler has read?"""
    return (assignment.acknowledged_number or 0) < assignment.instructions_version.number


def acknowledge(*, assignment):
    """Remember that its labeler has read this sheet's instructions. True when that was news."""
    version = assignment.instructions_version
    own = {"project_id": assignment.project_id, "labeler_id": assignment.labeler_id}
    Membership.objects.bulk_create([Membership(**own)], ignore_conflicts=True)
    unread = Membership.objects.filter(**own).filter(
        Q(acknowledged_instructions=None)
        | ~Q(acknowledged_instructions__instructions=version.instructions_id)
        | Q(acknowledged_instructions__number__lt=version.number)
    )
    return bool(unread.update(acknowledged_instructions=version))
