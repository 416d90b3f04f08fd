"""How far along is a labeler? Numbers for the desk and the sheet's top bar, cheap enough for every page."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from labeling.work.models import Assignment, AssignmentState, Task

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
    done = _closed(labeler, project).count()
    key = f"standing:{project.pk}:{labeler.pk}"
    total = cache.get(key)
    if total is None or total <= done:
        total = done + left_for(labeler, project)
        cache.set(key, total, SECONDS_KEPT)
    return Standing(done=done, left=total - done)


def left_for(labeler, project):
    """Count the tasks that still want this labeler's hands, up to MOST_COUNTED.

    The sheet they hold is among them, and so are those of theirs that expired and still have a seat.
    """
    wanting = Task.objects.filter(project=project).wanting_hands()
    returning = Q(state=AssignmentState.EXPIRED) & Exists(wanting.filter(pk=OuterRef("task")))
    own = Assignment.objects.filter(Q(state=AssignmentState.OPEN) | returning, labeler=labeler, project=project)
    return own.count() + wanting.unseen_by(labeler).order_by()[:MOST_COUNTED].count()


def submitted_today(labeler, project):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return _closed(labeler, project).filter(state=AssignmentState.SUBMITTED, closed_at__gte=midnight).count()


def _closed(labeler, project):
    return Assignment.objects.filter(
        labeler=labeler, project=project, state__in=[AssignmentState.SUBMITTED, AssignmentState.SKIPPED]
    )
