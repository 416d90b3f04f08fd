"""How does a submission become a label? In one transaction with the closing of its sheet."""

import json
from functools import partial

from django.db import transaction
from django.utils import timezone

from labeling.labels import bodies, demonstrating, reopening
from labeling.labels.asking import asked, slots_of
from labeling.labels.models import Label
from labeling.work import queue
from labeling.work.models import AssignmentState, Kind

# A label is some sixty rows. As one statement they cost a fraction of what the ORM takes for them.
# The revision that stood before is superseded first: the new one asks for its number.
STORE = """
WITH earlier AS (
    UPDATE labels_label SET superseded_at = %(now)s
    WHERE assignment_id = %(assignment)s AND superseded_at IS NULL RETURNING revision
), label AS (
    INSERT INTO labels_label (assignment_id, revision, seconds, submitted_at)
    SELECT %(assignment)s, coalesce((SELECT revision FROM earlier), 0) + 1, %(seconds)s, %(now)s RETURNING *
), rated AS (
    INSERT INTO labels_rating (label_id, slot_id, overall_quality, notes)
    SELECT label.id, slot, overall_quality, notes
    FROM label, jsonb_to_recordset(%(ratings)s) AS said (slot bigint, overall_quality smallint, notes text)
    RETURNING id, slot_id
), answered AS (
    INSERT INTO labels_answer (label_id, rating_id, question_id, is_na, yes, number, chosen, text)
    SELECT label.id, rated.id, question, coalesce(is_na, false), yes, number, chosen, text
    FROM label, jsonb_to_recordset(%(answers)s) AS said (
        slot bigint, question bigint, is_na boolean, yes boolean, number smallint, chosen varchar[], text text
    ) LEFT JOIN rated ON rated.slot_id = slot
), ranked AS (
    INSERT INTO labels_ranking (label_id, was_arranged)
    SELECT id, %(was_arranged)s FROM label WHERE %(places)s::jsonb <> '[]' RETURNING id
), placed AS (
    INSERT INTO labels_place (ranking_id, slot_id, rank)
    SELECT ranked.id, slot, rank FROM ranked, jsonb_to_recordset(%(places)s) AS said (slot bigint, rank smallint)
), superfluous AS (
    DELETE FROM work_draft WHERE assignment_id = %(assignment)s
)
SELECT * FROM label
"""


def record(*, assignment, body):
    """Store `body` as the label of `assignment`, close the sheet, and return the standing Label.

    A sheet that was submitted before keeps its label, and that one is returned: a repeated request changes nothing.
    One that was reopened gets the next revision. Raises bodies.Faults for a body that is not whole, queue.SheetGone
    when the sheet is lost, reopening.Locked when its label was locked while it was open again.
    """
    if assignment.state == AssignmentState.SUBMITTED:
        return standing_label(assignment)
    read = demonstrating.read if assignment.project.kind == Kind.DEMONSTRATION else _read
    store = read(assignment, body)
    was_reopened = assignment.is_reopened
    with transaction.atomic():
        if not queue.hand_in(assignment=assignment):
            return standing_label(assignment)
        if was_reopened:
            reopening.check_not_frozen_meanwhile(assignment)
        return store()


def standing_label(assignment):
    return Label.objects.standing().filter(assignment=assignment).first()


def _read(assignment, body):
    """Return what stores a body that is whole, or raise bodies.Faults."""
    slots = slots_of(assignment)
    sheet = asked(assignment, letters=slots)
    submission = bodies.clean(body, sheet=sheet)
    questions = {question.key: question for question in (*sheet.response_questions, *sheet.prompt_questions)}
    return partial(_store, assignment, submission, {letter: slot.pk for letter, slot in slots.items()}, questions)


def _store(assignment, submission, slots, questions):
    ratings = [
        {"slot": slots[letter], "overall_quality": said.overall_quality, "notes": said.notes}
        for letter, said in submission.ratings.items()
    ]
    said = [(slots[letter], rating.answers) for letter, rating in submission.ratings.items()]
    answers = [
        {"slot": slot, "question": questions[key].pk, **_column(questions[key], value)}
        for slot, given in [(None, submission.prompt_answers), *said]
        for key, value in given.items()
    ]
    places = [{"slot": slots[letter], "rank": rank} for letter, rank in (submission.ranks or {}).items()]
    facts = {
        "assignment": assignment.pk,
        "seconds": submission.seconds,
        "now": timezone.now(),
        "was_arranged": submission.was_arranged,
        "ratings": json.dumps(ratings),
        "answers": json.dumps(answers),
        "places": json.dumps(places),
    }
    return next(iter(Label.objects.raw(STORE, facts)))


def _column(question, value):
    """Return the column that holds an answer: exactly one, as the database insists."""
    if value is None:
        return {"is_na": True}
    column = {"likert": "number", "binary": "yes", "choice": "chosen", "choices": "chosen", "text": "text"}
    return {column[question.scale]: [value] if question.scale == "choice" else value}
