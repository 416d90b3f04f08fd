"""What would have been right? One's own answers to the practice beside those of the researchers, and why."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from labeling.guidelines.models import Scale
from labeling.labels import demonstration_sheets, sheets
from labeling.labels.models import Label
from labeling.labels.saying import said
from labeling.screening.models import Criterion
from labeling.screening.wording import rendered
from labeling.work.models import Assignment, AssignmentState, Kind

CLOSED = (AssignmentState.SUBMITTED, AssignmentState.SKIPPED)


@dataclass(frozen=True)
class Line:
    """One thing that was asked, about the response of that letter or about the prompt."""

    letter: str
    asked: str
    own: str
    right: str

    @property
    def is_right(self):
        return self.own == self.right


@dataclass(frozen=True)
class Item:
    """One task with its texts as this person saw them."""

    sheet: Any
    right: Any
    lines: list[Line]
    was_skipped: bool
    explanation: str

    @property
    def is_right(self):
        return all(line.is_right for line in self.lines)

    @property
    def is_written(self):
        return self.sheet.kind == Kind.DEMONSTRATION


def answered(attempt):
    """Return the Items that the applicant has done of the practice, in the order in which they did them.

    Nothing but practice is ever shown with its right answers.
    """
    done = Assignment.objects.filter(
        labeler=attempt.applicant,
        project__section__test=attempt.test,
        project__section__criterion=Criterion.PRACTICE,
        task__gold__isnull=False,
        state__in=CLOSED,
    ).select_related("project", "task__prompt", "task__gold__label__assignment", "instructions_version")
    return [_item(assignment, attempt.applicant) for assignment in done.order_by("closed_at", "pk")]


def _item(assignment, applicant):
    assignment.labeler = applicant
    gold = assignment.task.gold
    label = Label.objects.standing().filter(assignment=assignment).first()
    draw = demonstration_sheets if assignment.project.kind == Kind.DEMONSTRATION else sheets
    own = draw.sheet_of(assignment, body=said(label) if label else {})
    right = draw.sheet_of(assignment, body=_in_letters_of(assignment, gold.label))
    return Item(
        sheet=own,
        right=right,
        lines=list(_lines(own, right)),
        was_skipped=assignment.state == AssignmentState.SKIPPED,
        explanation=rendered(gold, "explanation"),
    )


def _in_letters_of(assignment, label):
    """Return what a label says, under the letters that another labeler of the same task saw."""
    seen = {slot.candidate_id: slot.letter for slot in assignment.slots.all()}
    letters = {slot.letter: seen[slot.candidate_id] for slot in label.assignment.slots.all()}
    body = said(label)
    for rating in body.get("ratings", []):
        rating["slot"] = letters[rating["slot"]]
    if "ranking" in body:
        body["ranking"] = [[letters[letter] for letter in tied] for tied in body["ranking"]]
    return body


def _lines(own, right):
    if own.kind == Kind.DEMONSTRATION:
        return
    yield from _of_questions("", own.prompt_questions, right.prompt_questions)
    for mine, theirs in zip(own.slots, right.slots, strict=True):
        yield from _of_questions(mine.letter, mine.questions, theirs.questions)
    if own.ranked:
        yield Line("", _("Ranking"), _order(own), _order(right))


def _of_questions(letter, own, right):
    """What can be picked: what is written in words of one's own is not right or wrong."""
    for mine, theirs in zip(own, right, strict=True):
        if mine.scale != Scale.TEXT:
            yield Line(letter, mine.wording, _picked(mine), _picked(theirs))


def _picked(question):
    return ", ".join(option.label for option in question.options if option.checked)


def _order(sheet):
    """Return B > A = C of a sheet's ranks."""
    ranks = sorted({slot.rank for slot in sheet.slots if slot.rank is not None})
    groups = ([slot.letter for slot in sheet.slots if slot.rank == rank] for rank in ranks)
    return " > ".join(" = ".join(letters) for letters in groups)
