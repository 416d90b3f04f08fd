"""How does a submission become a label? In one transaction with the closing of its sheet."""

from django.db import transaction

from labeling.labels import bodies
from labeling.labels.asking import asked
from labeling.labels.models import Answer, Label, Place, Ranking, Rating
from labeling.work import queue
from labeling.work.models import Draft


def record(*, assignment, body):
    """Store `body` as the label of `assignment`, close the sheet, and return the standing Label.

    A sheet that was submitted before keeps its label, and that one is returned: a repeated request changes nothing.
    Raises bodies.Faults for a body that is not whole, queue.SheetGone when the sheet is lost.
    """
    slots = {slot.letter: slot for slot in assignment.slots.order_by("place")}
    sheet = asked(assignment, letters=slots)
    if earlier := standing_label(assignment):
        return earlier
    submission = bodies.clean(body, sheet=sheet)
    with transaction.atomic():
        if not queue.hand_in(assignment=assignment):
            return standing_label(assignment)
        label = Label.objects.create(assignment=assignment, seconds=submission.seconds)
        questions = {question.key: question for question in (*sheet.response_questions, *sheet.prompt_questions)}
        _store_answers(label, submission, slots, questions)
        if submission.ranks is not None:
            _store_ranking(label, submission, slots)
        Draft.objects.filter(assignment=assignment).delete()
    return label


def standing_label(assignment):
    return Label.objects.standing().filter(assignment=assignment).first()


def _store_answers(label, submission, slots, questions):
    ratings = Rating.objects.bulk_create(
        Rating(label=label, slot=slots[letter], overall_quality=said.overall_quality, notes=said.notes)
        for letter, said in submission.ratings.items()
    )
    answers = [said.answers for said in submission.ratings.values()]
    rows = [(None, submission.prompt_answers), *zip(ratings, answers, strict=True)]
    Answer.objects.bulk_create(
        Answer(label=label, rating=rating, question=questions[key], **_column(questions[key], value))
        for rating, answers in rows
        for key, value in answers.items()
    )


def _column(question, value):
    """Return the column that holds an answer: exactly one, as the database insists."""
    if value is None:
        return {"is_na": True}
    column = {"likert": "number", "binary": "yes", "choice": "chosen", "choices": "chosen", "text": "text"}
    return {column[question.scale]: [value] if question.scale == "choice" else value}


def _store_ranking(label, submission, slots):
    ranking = Ranking.objects.create(label=label, was_arranged=submission.was_arranged)
    Place.objects.bulk_create(
        Place(ranking=ranking, slot=slots[letter], rank=rank) for letter, rank in submission.ranks.items()
    )
