"""What would have been right? One's own answers to the practice beside those of the researchers, and why."""

from labeling.labels import demonstration_sheets, sheets
from labeling.labels.models import Label
from labeling.labels.saying import said
from labeling.screening import taking
from labeling.screening.models import Criterion
from labeling.screening.wording import rendered
from labeling.work.models import Kind


def answered(attempt):
    """Return what the applicant has done of the practice, in their order: sheets as values, and the explanation.

    [{"prompt": turns, "own": sheet, "right": sheet, "is_right": bool, "explanation": HTML}, …]. Nothing but practice
    is ever shown with its right answers.
    """
    labels = taking.labels_of(attempt).filter(
        assignment__project__section__criterion=Criterion.PRACTICE, assignment__task__gold__isnull=False
    )
    return [_beside(label) for label in labels.select_related(*OF_LABEL).order_by("submitted_at", "pk")]


OF_LABEL = (
    "assignment__project",
    "assignment__labeler",
    "assignment__task__prompt",
    "assignment__task__gold__label__assignment",
    "assignment__instructions_version",
)


def _beside(label):
    assignment, gold = label.assignment, label.assignment.task.gold
    own, right = said(label), _in_letters_of(assignment, gold.label)
    draw = demonstration_sheets if assignment.project.kind == Kind.DEMONSTRATION else sheets
    shown = draw.sheet_of(assignment, body=own)
    return {
        "prompt": shown.turns,
        "own": shown,
        "right": draw.sheet_of(assignment, body=right),
        "is_right": _judgement(own) == _judgement(right),
        "explanation": rendered(gold, "explanation"),
    }


def _in_letters_of(assignment, label: Label):
    """Return what a label says, under the letters that another labeler of the same task saw."""
    seen = {slot.candidate_id: slot.letter for slot in assignment.slots.all()}
    letters = {slot.letter: seen[slot.candidate_id] for slot in label.assignment.slots.all()}
    body = said(label)
    if "ratings" in body:
        ratings = [rating | {"slot": letters[rating["slot"]]} for rating in body["ratings"]]
        body |= {"ratings": sorted(ratings, key=lambda rating: rating["slot"])}
    if "ranking" in body:
        body["ranking"] = [sorted(letters[letter] for letter in group) for group in body["ranking"]]
    return body


def _judgement(body):
    """What counts of an answer: neither how long it took, nor its notes."""
    ratings = [{key: rating[key] for key in rating if key != "notes"} for rating in body.get("ratings", [])]
    groups = [sorted(group) for group in body.get("ranking", [])]
    return ratings, groups, body.get("prompt_answers"), body.get("text")
