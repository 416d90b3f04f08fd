"""How does a project get the tasks of another, and sheets that were done on them?

In a number of queries that does not grow with them.
"""

from collections import Counter
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from labeling.copies import copies
from labeling.work.models import Assignment, Membership, Slot, TaskCandidate


@dataclass(frozen=True)
class Copied:
    """What stands for what: the key of each row, and its copy."""

    tasks: dict
    sheets: dict
    slots: dict


@transaction.atomic
def copy_tasks(*, project, to, sheets: QuerySet[Assignment]):
    """Give `to`, which has none, the tasks of `project` that are in play, and return what was Copied.

    They keep their order and their candidates. Those of `sheets`, submitted by people, come with them, as they stand:
    their seats are taken and counted from the start, so that nobody is given what they have done already.
    """
    in_play = project.tasks.in_play().order_by("pk")
    done = list(sheets.filter(task__in=in_play).order_by("leased_at", "pk"))
    taken = Counter(sheet.task_id for sheet in done)
    tasks = copies(
        in_play, change=lambda task: {"project_id": to.pk, "taken": taken[task.pk], "created_at": to.created_at}
    )
    candidates = copies(
        TaskCandidate.objects.filter(task__in=tasks).order_by("pk"),
        change=lambda candidate: {"task_id": tasks[candidate.task_id].pk},
    )
    here = copies(done, change=lambda sheet: {"project_id": to.pk, "task_id": tasks[sheet.task_id].pk})
    slots = copies(
        Slot.objects.filter(assignment__in=here).order_by("pk"),
        change=lambda slot: {
            "assignment_id": here[slot.assignment_id].pk,
            "candidate_id": candidates[slot.candidate_id].pk,
        },
    )
    _count(done, to)
    return Copied(tasks, here, slots)


def _count(sheets, project):
    """Whoever has done some here is a member, as if they had come by the queue."""
    taken = Counter(sheet.labeler_id for sheet in sheets)
    Membership.objects.bulk_create(
        Membership(project=project, labeler_id=labeler, taken=number) for labeler, number in sorted(taken.items())
    )
