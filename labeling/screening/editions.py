"""How is something mended in a published test? By a new edition: a draft that begins as its copy, and stands by itself.

Those who took the earlier one are measured by it as before. Items and key come along, so that researchers answer only
what is new.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from labeling.copies import copies
from labeling.labels.copying import copy_labels
from labeling.labels.models import Label
from labeling.quality.models import Gold
from labeling.screening import building
from labeling.screening.models import Test, TestState
from labeling.work import copying, projects
from labeling.work.models import Assignment

# Whom it is open to, and which links lead to it, is decided anew.
COPIED = (
    "welcome", "korean_welcome", "warning", "korean_warning", "cutoff_flags", "cutoff_rankings",
    "cutoff_demonstrations", "ranking_variant", "graders", "gives_feedback",
)  # fmt: skip


def names_for(test):
    """Return what the next edition may be called, as {"name": …, "korean_name": …}."""
    first, number = _first(test), {"n": test.edition + 1}
    name = _("%(test)s, edition %(n)d") % (number | {"test": first.name})
    with translation.override("ko"):
        korean = _("%(test)s, edition %(n)d") % (number | {"test": first.korean_name}) if first.korean_name else ""
    return {"name": projects.free_name(Test, name), "korean_name": korean[:150]}


@transaction.atomic
def new_edition(*, test, by, name="", korean_name=""):
    """Return a draft with the sections, items and key of a published test. Raises ValidationError."""
    if test.state == TestState.DRAFT:
        raise ValidationError(_("“%(test)s” is a draft still: change it as it is.") % {"test": test})
    suggested = names_for(test)
    edition = building.new_test(
        name=name or suggested["name"],
        korean_name=korean_name or suggested["korean_name"],
        by=by,
        came_from=test,
        edition=test.edition + 1,
        **{field: getattr(test, field) for field in COPIED},
    )
    for section in test.sections.select_related("project__form", "project__instructions"):
        _copy_section(section, edition, by)
    return edition


def _copy_section(section, edition, by):
    name = projects.free_name(type(section.project), f"{edition.name}: {section.title}")
    project = projects.clone_project(project=section.project, by=by, name=name)
    key = _key_of(section)
    copied = copying.copy_tasks(
        project=section.project, to=project, sheets=Assignment.objects.filter(labels__gold__in=key)
    )
    building.add_section(
        test=edition,
        criterion=section.criterion,
        title=section.title,
        korean_title=section.korean_title,
        project=project,
        minutes=section.minutes,
        position=section.position,
    )
    labels = copy_labels(Label.objects.filter(gold__in=key), sheets=copied.sheets, slots=copied.slots)
    copies(key, change=lambda gold: {"task_id": copied.tasks[gold.task_id].pk, "label_id": labels[gold.label_id].pk})


def _key_of(section):
    """The right answers to what is in play, unless the form asks something else by now: then it is answered anew."""
    key = Gold.objects.filter(task__in=section.project.tasks.in_play()).order_by("pk")
    return key if section.project.form.newest() == section.project.fixed_version else key.none()


def _first(test):
    while test.came_from:
        test = test.came_from
    return test
