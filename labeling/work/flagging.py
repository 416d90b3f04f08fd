"""What is wrong with a sheet itself? Labelers say so and go on; researchers look at it, and put it right."""

from django.db import transaction
from django.utils import timezone

from labeling.work import steering
from labeling.work.models import Concern, SheetFlag, Task

LONGEST_NOTE = 2_000


def flag(*, assignment, kind, note=""):
    """Store the concern and return its SheetFlag; the sheet stays as it is.

    The same kind once more, before anybody has looked at it, adds its note to the first.
    """
    note = note.replace("\0", "").strip()[:LONGEST_NOTE]
    with transaction.atomic():
        found, is_new = SheetFlag.objects.select_for_update().get_or_create(
            assignment=assignment, kind=Concern(kind), resolved_at=None, defaults={"note": note}
        )
        if not is_new and note not in found.note:
            found.note = f"{found.note}\n{note}".strip()
            found.save(update_fields=["note"])
    return found


def waiting(project):
    """Return the flags of a project that nobody has resolved yet."""
    return SheetFlag.objects.filter(assignment__project=project, resolved_at__isnull=True)


def resolve(*, flags, by, resolution=""):
    """Say that those of `flags` (a queryset) that wait have been looked at, and what came of it; return how many."""
    open_flags = SheetFlag.objects.filter(pk__in=flags.order_by().values("pk"), resolved_at__isnull=True)
    return open_flags.update(resolved_at=timezone.now(), resolved_by=by, resolution=resolution.strip()[:500])


@transaction.atomic
def set_tasks_aside(*, flags, reason, by):
    """Take the tasks of `flags` (a queryset) out of play and resolve every flag that waits on any of their sheets.

    Returns how many tasks were in play.
    """
    tasks = Task.objects.filter(assignments__flags__in=flags.order_by().values("pk"))
    numbers = list(tasks.order_by("pk").values_list("pk", flat=True).distinct())
    out = steering.set_aside(tasks=Task.objects.filter(pk__in=numbers), reason=reason, by=by)
    resolve(flags=SheetFlag.objects.filter(assignment__task__in=numbers), by=by, resolution=reason)
    return out
