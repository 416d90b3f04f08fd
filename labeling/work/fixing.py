"""What does not change any more? A project that is a part of a published test: everybody is measured by the same.

Its tasks stay, what it asks stays, and so do its instructions; triggers see to it where these sentences are passed by.
It may still be paused and closed, and called by another name.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.work.models import Project

MAY_CHANGE = {"name", "state", "created_by"}


@transaction.atomic
def fix(*, project):
    """Let the project stay as it is from now on, with the newest version of its form. Again changes nothing."""
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if not locked.is_fixed:
        locked.fixed_version = locked.form.newest()
        locked.save(update_fields=["fixed_version"])
    project.fixed_version = locked.fixed_version


def check_tasks(tasks):
    """Raise ValidationError if one of `tasks` (a queryset) stays as it is. To be called in a transaction.

    The projects are locked as whoever adds tasks locks them, so that none is fixed between the look and the change.
    """
    theirs = Project.objects.filter(pk__in=tasks.order_by().values("project")).order_by("pk")
    for project in theirs.select_for_update(no_key=True):
        check(project)


def check(project):
    """Raise ValidationError with a sentence for a project that stays as it is."""
    if project.is_fixed:
        raise ValidationError(why_not(project))


def why_not(project):
    return _(
        "“%(project)s” is a part of a published test, so its tasks and what it asks stay as they are. "
        "Make a new edition of the test to change them."
    ) % {"project": project}


def changed(project, before):
    """Return the names of the fields in which a fixed project would differ from how it was."""
    names = [field.name for field in Project._meta.concrete_fields if field.name not in MAY_CHANGE]
    return [name for name in names if getattr(project, name) != getattr(before, name)]
