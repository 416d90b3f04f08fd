"""How far along is a labeler? Numbers for the desk and the sheet's top bar, cheap enough for every page."""

from dataclasses import dataclass
from math import ceil

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from labeling.prepared import prepared
from labeling.work.models import Assignment, AssignmentState, Membership, Task

MOST_COUNTED = 1_000  # "1,000 left" and "a million left" mean the same to a person
SECONDS_KEPT = 30


@dataclass(frozen=True)
class Standing:
    """Where a labeler stands in a project: `page` n of `pages` m, how many are `left`."""

    done: int
    left: int

    @property
    def page(self):
        return self.done + 1

    @property
    def pages(self):
        return self.done + max(self.left, 1)


def standing_of(labeler, project):
    """Return the Standing. What is left is counted up to MOST_COUNTED, at most every SECONDS_KEPT seconds."""
    done = next(iter(_closed(labeler=labeler.pk, project=project.pk)), 0)
    key = f"standing:{project.pk}:{labeler.pk}"
    total = cache.get(key)
    if total is None or total <= done:
        total = done + left_for(labeler, project)
        cache.set(key, total, SECONDS_KEPT)
    return Standing(done=done, left=total - done)


def left_for(labeler, project):
    """Count the sheets that this labeler can still get, up to MOST_COUNTED.

    The sheet they hold is among them, and so are those of theirs that expired and still have a seat.
    """
    wanting = Task.objects.filter(project=project).open_to(labeler)
    waiting = Q(Exists(wanting.filter(pk=OuterRef("task"))), state=AssignmentState.EXPIRED)
    own = Assignment.objects.filter(Q(state=AssignmentState.OPEN) | waiting, labeler=labeler, project=project)
    held, returning = own.aggregate(
        held=Count("pk", filter=Q(state=AssignmentState.OPEN)), returning=Count("pk", filter=waiting)
    ).values()
    unseen = wanting.unseen_by(labeler)
    if labeler.is_program:
        return held + returning + _count(unseen)
    return held + _room(labeler, project, returning, unseen)


def _room(labeler, project, returning, unseen):
    """How many of the sheets that return and of the `unseen` tasks the project's limit and its share leave a person."""
    membership = Membership.objects.filter(labeler=labeler, project=project).first() or Membership()
    share, most = project.calibration_share, project.most_per_labeler
    if share is None:
        left = returning + _count(unseen)
    else:
        ordinary = returning + _count(unseen.filter(is_calibration=False))
        due = calibration_due(
            share=share, taken=membership.taken, from_pool=membership.taken_from_pool, ordinary=ordinary
        )
        left = ordinary + min(due, _count(unseen.filter(is_calibration=True)))
    return left if most is None else min(left, max(most - membership.taken, 0))


def calibration_due(*, share, taken, from_pool, ordinary):
    """How many tasks of the calibration pool come with so many `ordinary` ones, as the queue serves them.

    One comes whenever the next ordinary one would leave the share below `share`.

    >>> [calibration_due(share=Decimal("0.2"), taken=0, from_pool=0, ordinary=n) for n in (0, 3, 4, 5, 8)]
    [1, 1, 2, 2, 3]
    >>> calibration_due(share=Decimal("0.2"), taken=10, from_pool=5, ordinary=3)
    0
    """
    return max(0, ceil((share * (taken + ordinary + 1) - from_pool) / (1 - share)))


def _count(tasks):
    return tasks.order_by()[:MOST_COUNTED].count()


def submitted_today(labeler, project):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    own = Assignment.objects.filter(labeler=labeler, project=project, state=AssignmentState.SUBMITTED)
    return own.filter(closed_at__gte=midnight).count()


@prepared
def _closed(labeler, project):
    closed = Assignment.objects.filter(state__in=[AssignmentState.SUBMITTED, AssignmentState.SKIPPED])
    own = closed.filter(labeler=labeler, project=project).order_by().values("project")
    return own.annotate(n=Count("pk")).values_list("n", flat=True)
