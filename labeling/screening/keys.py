"""What are the right answers? Those of researchers on the same sheets; where they differ, they choose."""

from dataclasses import dataclass
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from labeling.labels.models import Answer, Label, Place
from labeling.people.models import Role
from labeling.quality.models import Gold
from labeling.screening import building
from labeling.screening.models import Criterion
from labeling.work.models import AssignmentState

# Sections whose items have right answers. Demonstrations are graded instead, and a self-assessment is nobody else's.
KEYED = (Criterion.PRACTICE, Criterion.FLAGS, Criterion.RANKINGS)


@dataclass
class Item:
    """One task of a section, with what researchers answered to it, by question, and what of that is the key."""

    task: object
    labels: list
    answers: dict  # label id → {what was asked: what was answered}
    gold: Gold | None

    @property
    def differs(self):
        """What was asked and answered differently."""
        said = list(self.answers.values())
        asked = dict.fromkeys(key for answers in said for key in answers)
        return [key for key in asked if len({_hashable(answers.get(key)) for answers in said}) > 1]

    @property
    def is_agreed(self):
        return bool(self.labels) and not self.differs

    @property
    def is_outdated(self):
        """Has whoever gave the right answer corrected it since, or opened it to do so?"""
        return self.gold is not None and not _stands(self.gold.label)

    @property
    def wants_key(self):
        return self.gold is None or self.is_outdated


def _stands(label):
    return label.superseded_at is None and label.assignment.state == AssignmentState.SUBMITTED


def by_researchers():
    """Return the standing labels of those who are asked, not tested."""
    roles = [Role.RESEARCHER, Role.ADMIN]
    insiders = Q(assignment__labeler__groups__name__in=roles) | Q(assignment__labeler__is_superuser=True)
    submitted = Label.objects.standing().filter(assignment__state=AssignmentState.SUBMITTED)
    return submitted.filter(insiders, assignment__by_program=False).distinct()


def items(section):
    """Return the section's Items in the order in which they are served."""
    tasks = section.project.tasks.in_play().select_related("prompt", "gold__label__assignment", "project")
    labels = by_researchers().filter(assignment__project=section.project).select_related("assignment__labeler")
    of_task: dict[int, list] = {}
    for label in labels.order_by("submitted_at", "pk"):
        of_task.setdefault(label.assignment.task_id, []).append(label)
    answers = answers_of([label.pk for found in of_task.values() for label in found])
    return [
        Item(
            task=task,
            labels=of_task.get(task.pk, []),
            answers={label.pk: answers.get(label.pk, {}) for label in of_task.get(task.pk, [])},
            gold=getattr(task, "gold", None),
        )
        for task in tasks.order_by("-priority", "-position")
    ]


def asked(section):
    """Return the numbers of the tasks that everybody is asked, in the order in which they are served."""
    tasks = section.project.tasks.in_play().order_by("-priority", "-position").values_list("pk", flat=True)
    return list(tasks[: section.project.most_per_labeler])


def answers_of(labels):
    """Return {label id: {(question key, candidate id or None): answer}}; a ranking stands under ("ranking", None).

    A ranking is its groups of candidate ids, best first.
    """
    found: dict[int, dict] = {}
    answers = Answer.objects.filter(label__in=labels).select_related("question", "rating__slot").order_by("pk")
    for answer in answers:
        candidate = answer.rating.slot.candidate_id if answer.rating else None
        found.setdefault(answer.label_id, {})[answer.question.key, candidate] = answer.value
    places = Place.objects.filter(ranking__label__in=labels).order_by("ranking__label_id", "rank", "slot__candidate_id")
    rows = places.values_list("ranking__label_id", "rank", "slot__candidate_id")
    for label, of_label in groupby(rows, key=lambda row: row[0]):
        groups = [[row[2] for row in tied] for _rank, tied in groupby(of_label, key=lambda row: row[1])]
        found.setdefault(label, {})["ranking", None] = groups
    return found


def outdated(tasks):
    """Return those of the tasks whose right answer was corrected since, or is open to be: `Item.is_outdated`."""
    standing = {"gold__label__superseded_at": None, "gold__label__assignment__state": AssignmentState.SUBMITTED}
    return tasks.filter(gold__isnull=False).exclude(**standing)


@transaction.atomic
def agree(*, task, label, by, explanation=None, korean_explanation=None):
    """Make `label`, a researcher's, the right answer to `task`. An explanation that is None stays as it was."""
    section = task.project.section
    building.check_draft(section.test)
    if not by_researchers().filter(pk=label.pk, assignment__task=task).exists():
        raise ValidationError(_("A right answer is a standing label of a researcher, to this very task."))
    said = {"explanation": explanation, "korean_explanation": korean_explanation}
    given = {name: text for name, text in said.items() if text is not None}
    gold, _new = Gold.objects.update_or_create(task=task, defaults={"label": label, "set_by": by, **given})
    return gold


def agree_where_unanimous(*, section, by):
    """Make the key of every item that wants one and that researchers answered alike; return how many."""
    agreed = [item for item in items(section) if item.wants_key and item.is_agreed]
    for item in agreed:
        agree(task=item.task, label=item.labels[0], by=by)
    return len(agreed)


def _hashable(value):
    return str(value)
