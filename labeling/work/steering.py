"""Which tasks are out, and which come first? All of it raises ValidationError for tasks of a published test."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, F
from django.db.models.functions import Cast, Greatest, Random
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.work import fixing, queue
from labeling.work.models import Project


@transaction.atomic
def set_aside(*, tasks, reason, by):
    """Take those of `tasks` (a queryset) that are in play out of it; return how many that were."""
    if not reason.strip():
        raise ValidationError(_("Say why the tasks are set aside."))
    fixing.check_tasks(tasks)
    return tasks.filter(set_aside_at__isnull=True).update(
        set_aside_at=timezone.now(), set_aside_by=by, set_aside_reason=reason.strip()
    )


def bring_back(*, tasks):
    """Put those of `tasks` (a queryset) that were set aside into play again; return how many that were."""
    out = tasks.filter(set_aside_at__isnull=False)
    return _and_start_over(out, {"set_aside_at": None, "set_aside_by": None, "set_aside_reason": ""})


def reprioritise(*, tasks, priority):
    """Give `tasks` (a queryset) another priority, higher first; return how many changed."""
    return _and_start_over(tasks.exclude(priority=priority), {"priority": priority})


def shuffle(*, tasks):
    """Draw another random order among those of `tasks` (a queryset) that are equal in priority; return how many."""
    return _and_start_over(tasks, {"position": Cast(Random() * 2**62, BigIntegerField())})


def put_into_the_pool(*, tasks):
    """Put `tasks` (a queryset) into the calibration pool of their projects, for everybody; return how many are new."""
    return _change_the_pool(
        tasks.filter(is_calibration=False), lambda _project: {"is_calibration": True, "seats": None}
    )


def take_out_of_the_pool(*, tasks):
    """Make those of `tasks` (a queryset) that are in a pool ordinary ones again, for as many as the project's overlap.

    One that more labelers have taken keeps as many seats as are taken. Returns how many there were.
    """

    def ordinary(project):
        seats = None if project.overlap is None else Greatest(F("taken"), project.overlap)
        return {"is_calibration": False, "seats": seats}

    return _change_the_pool(tasks.filter(is_calibration=True), ordinary)


@transaction.atomic
def _change_the_pool(tasks, changes):
    changed = 0
    fixing.check_tasks(tasks)
    for project in Project.objects.filter(pk__in=tasks.values("project")).order_by("pk"):
        with queue.standing_still(project=project):
            changed += tasks.filter(project=project).update(**changes(project))
    return changed


@transaction.atomic
def _and_start_over(tasks, changes):
    """Labelers may be past the changed tasks already: send them down the queue from its head again.

    Memberships first, then tasks, in the queue's own order: the other way round, a labeler who asks for a sheet in
    this moment would wait for the tasks while the tasks wait for the labeler's place in line.
    """
    fixing.check_tasks(tasks)
    for project in Project.objects.filter(pk__in=tasks.values("project")).order_by("pk"):
        queue.start_over(project=project)
    return tasks.update(**changes)
