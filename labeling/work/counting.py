"""How far along is a labeler? Numbers for the desk and the sheet's top bar, cheap enough for every page."""

from dataclasses import dataclass
from math import ceil

from django.core.cache import cache
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from labeling.prepared import prepared
from labeling.work.models import Assignment, AssignmentState, Membership, Purpose

MOST_COUNTED = 1_000  # beyond it, people are told that there are more: a million left means the same to them
SECONDS_KEPT = 30

WANTING = "task.set_aside_at IS NULL AND (%(is_program)s OR task.seats IS NULL OR task.taken < task.seats)"
UNSEEN = f"""
SELECT count(*) FROM (
    SELECT FROM work_task task
    WHERE task.project_id = project.id AND {WANTING} AND {{is_theirs}}
      AND NOT EXISTS (
          SELECT FROM work_assignment seen WHERE seen.task_id = task.id AND seen.labeler_id = %(labeler)s
      )
    LIMIT %(most)s
) unseen
"""  # noqa: S608  put together from what stands above
# One statement for all the projects of a desk.
COUNT = f"""
SELECT project.id,
    count(own.id) FILTER (WHERE own.state = 'open') AS held,
    count(own.id) FILTER (WHERE own.state = 'expired' AND {WANTING}) AS returning,
    count(own.id) FILTER (WHERE own.state = 'submitted' AND own.closed_at >= %(midnight)s) AS today,
    ({UNSEEN.format(is_theirs="NOT task.is_calibration")}) AS ordinary,
    ({UNSEEN.format(is_theirs="task.is_calibration")}) AS pool
FROM work_project project
LEFT JOIN work_assignment own ON own.project_id = project.id AND own.labeler_id = %(labeler)s
    AND (own.state IN ('open', 'expired') OR own.state = 'submitted' AND own.closed_at >= %(midnight)s)
LEFT JOIN work_task task ON task.id = own.task_id
WHERE project.id = ANY(%(projects)s)
GROUP BY project.id
"""  # noqa: S608  put together from what stands above


@dataclass(frozen=True)
class Outlook:
    """What of a project waits for a labeler, and what they did today, in sheets."""

    left: int
    today: int
    is_held: bool
    membership: Membership

    @property
    def is_more(self):
        """Are more left than are counted?"""
        return self.left > MOST_COUNTED


@dataclass(frozen=True)
class Standing:
    """Where a labeler stands in a project: `page` n of `pages` m, and how many are `left`; None for too many."""

    done: int
    left: int | None

    @property
    def page(self):
        return self.done + 1

    @property
    def pages(self):
        return None if self.left is None else self.done + max(self.left, 1)


def standing_of(labeler, project):
    """Return the Standing. What is left is counted up to MOST_COUNTED, at most every SECONDS_KEPT seconds."""
    done = next(iter(_closed(labeler=labeler.pk, project=project.pk)), 0)
    key = f"standing:{project.pk}:{labeler.pk}"
    total = cache.get(key)
    if total is None or total <= done:
        outlook = outlook_of(labeler, [project])[project.pk]
        total = float("inf") if outlook.is_more else done + outlook.left
        cache.set(key, total, SECONDS_KEPT)
    return Standing(done=done, left=None if total == float("inf") else total - done)


def left_for(labeler, project):
    """Count the sheets that this labeler can still get; beyond MOST_COUNTED it is any number above."""
    return outlook_of(labeler, [project])[project.pk].left


def outlook_of(labeler, projects):
    """Return {number of a project: Outlook}, in two questions whatever the number of projects.

    The sheet that they hold is left, and so are those of theirs that expired and still have a seat.
    """
    joined = Membership.objects.filter(labeler=labeler, project__in=[project.pk for project in projects])
    memberships = {membership.project_id: membership for membership in joined}
    found = {}
    for (number, held, returning, today, ordinary, pool), project in _counted(labeler, projects):
        membership = memberships.get(number) or Membership()
        room = _room(labeler, project, membership, returning + ordinary, pool)
        found[number] = Outlook(left=held + room, today=today, is_held=held > 0, membership=membership)
    return found


def _counted(labeler, projects):
    by_number = {project.pk: project for project in projects}
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    facts = {
        "labeler": labeler.pk,
        "is_program": labeler.is_program,
        "midnight": midnight,
        "projects": list(by_number),
        "most": MOST_COUNTED + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, facts)
        return [(row, by_number[row[0]]) for row in cursor.fetchall()]


def _room(labeler, project, membership, ordinary, pool):
    """How many of so many ordinary tasks and so many of the pool the project's limit and its share leave a person."""
    share, most = project.calibration_share, project.most_per_labeler
    if labeler.is_program:
        return ordinary + pool
    if share is None:
        left = ordinary + pool
    else:
        due = calibration_due(
            share=share, taken=membership.taken, from_pool=membership.taken_from_pool, ordinary=ordinary
        )
        left = ordinary + min(due, pool)
    if most is None:
        return left
    return min(left, max(most - membership.taken - skipped_for_good(labeler, project), 0))


def skipped_for_good(labeler, project):
    """A test asks everybody the same: what is skipped in it is not made up for by what would come next."""
    if project.purpose != Purpose.SCREENING:
        return 0
    return Assignment.objects.filter(labeler=labeler, project=project, state=AssignmentState.SKIPPED).count()


def calibration_due(*, share, taken, from_pool, ordinary):
    """How many tasks of the calibration pool come with so many `ordinary` ones, as the queue serves them.

    One comes whenever the next ordinary one would leave the share below `share`.

    >>> [calibration_due(share=Decimal("0.2"), taken=0, from_pool=0, ordinary=n) for n in (0, 3, 4, 5, 8)]
    [1, 1, 2, 2, 3]
    >>> calibration_due(share=Decimal("0.2"), taken=10, from_pool=5, ordinary=3)
    0
    """
    return max(0, ceil((share * (taken + ordinary + 1) - from_pool) / (1 - share)))


@prepared
def _closed(labeler, project):
    closed = Assignment.objects.filter(state__in=[AssignmentState.SUBMITTED, AssignmentState.SKIPPED])
    own = closed.filter(labeler=labeler, project=project).order_by().values("project")
    return own.annotate(n=Count("pk")).values_list("n", flat=True)
