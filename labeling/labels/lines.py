"""What does a label say, in plain values? For engineers, its maker under a pseudonym."""

from django.db.models import Prefetch

from labeling.guidelines.models import Per
from labeling.labels.asking import applies, questions_of
from labeling.labels.models import Answer
from labeling.people.pseudonyms import pseudonym
from labeling.work.models import Kind, Slot

SLOTS = Slot.objects.select_related("candidate__response__endpoint").defer(
    "candidate__response__text", "candidate__response__sampling", "candidate__response__meta"
)


def whole(labels, *, slots=SLOTS):
    """Return the queryset of labels with all that `line` reads, in a number of queries that does not grow."""
    return labels.select_related(
        "ranking",
        "demonstration",
        "assignment__project",
        "assignment__labeler",
        "assignment__task",
        "assignment__instructions_version",
    ).prefetch_related(
        "ranking__places",
        "ratings",
        Prefetch("answers", Answer.objects.select_related("question")),
        Prefetch("assignment__slots", slots),
    )


def line(label):
    """Return one label of `whole` as plain values."""
    assignment = label.assignment
    letters = {slot.pk: slot.letter for slot in assignment.slots.all()}
    by_rating = _answers(label)
    return {
        "id": label.pk,
        "assignment": str(assignment.pk),
        "task": assignment.task_id,
        "prompt": assignment.task.prompt_id or label.demonstration.prompt_id,
        "project": assignment.project_id,
        "kind": assignment.project.kind,
        "purpose": assignment.purpose,
        "labeler": pseudonym(assignment.labeler.pseudonym_key),
        "cohort": assignment.cohort or None,
        "by_program": assignment.by_program,
        "calibration": assignment.task.is_calibration,
        "form_version": assignment.form_version_id,
        "instructions_version": assignment.instructions_version.number,
        "revision": label.revision,
        "seconds": label.seconds,
        "submitted_at": label.submitted_at,
        "slots": [_slot(slot) for slot in sorted(assignment.slots.all(), key=lambda slot: slot.place)],
        "ranking": _groups(label, letters),
        "ratings": [
            {
                "slot": letters[rating.slot_id],
                "overall_quality": rating.overall_quality,
                "answers": by_rating.get(rating.pk, {}),
                "notes": rating.notes,
            }
            for rating in sorted(label.ratings.all(), key=lambda rating: letters[rating.slot_id])
        ],
        "prompt_answers": by_rating.get(None, {}),
        "demonstration": _demonstration(label),
    }


def _slot(slot):
    response = slot.candidate.response
    return {
        "slot": slot.letter,
        "response": response.pk,
        "model": response.endpoint.name if response.endpoint else None,
    }


def _groups(label, letters):
    if not hasattr(label, "ranking"):
        return None
    groups: dict[int, list[str]] = {}
    for place in label.ranking.places.all():
        groups.setdefault(place.rank, []).append(letters[place.slot_id])
    return [sorted(groups[rank]) for rank in sorted(groups)]


def _answers(label):
    """Return rating id → {question key: answer}; what was said of the prompt stands under None.

    A question that was not asked, because the prompt had none of its tags, is null.
    """
    said = {(answer.rating_id, answer.question): answer.value for answer in label.answers.all()}
    found: dict[int | None, dict] = {}
    for (rating, question), value in sorted((_unasked(label) | said).items(), key=lambda item: item[0][1].position):
        found.setdefault(rating, {})[question.key] = value
    return found


def _unasked(label):
    if label.assignment.project.kind == Kind.DEMONSTRATION:
        return {}
    about = {Per.PROMPT: [None], Per.RESPONSE: [rating.pk for rating in label.ratings.all()]}
    return {
        (rating, question): None
        for question in questions_of(label.assignment.form_version_id)
        if not question.is_overall and not applies(question, label.assignment.prompt_tags)
        for rating in about[question.per]
    }


def _demonstration(label):
    if not hasattr(label, "demonstration"):
        return None
    said = label.demonstration
    return {"text": said.text, "prompt_type": said.prompt_type or None, "tags": said.tags}
