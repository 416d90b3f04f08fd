"""How does a submission become a label? In one transaction with the closing of its sheet."""

import json
from dataclasses import replace
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.labels import bodies, demonstrating, reopening
from labeling.labels.asking import asked, slots_of
from labeling.labels.models import Label
from labeling.labels.saying import said
from labeling.work import drafts, queue
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
    {draft}
)
SELECT label.*, (SELECT is_newer FROM superfluous) AS is_outrun FROM label
""".replace("{draft}", drafts.TAKE_IN.strip())


class SaidOtherwise(Exception):
    """The sheet was submitted before, with other words; says in a sentence what became of these."""

    def __init__(self, label):
        self.may_reopen = not (why := reopening.why_locked(label))
        sentence = _("You had submitted this sheet already, so what came now was not taken. It is kept as a draft.")
        way = _("Reopen the sheet, with Undo or from your history, to go on with it.")
        super().__init__(f"{sentence} {why or way}")


def record(*, assignment, body, revision=None):
    """Store `body` as the label of `assignment`, close the sheet, and return the standing Label.

    A sheet that was submitted before keeps its label, and that one is returned: a repeated request changes nothing.
    One that was reopened gets the next revision. `revision` is that of the draft from which the body was made, if it
    was made from one. Raises bodies.Faults for a body that is not whole, drafts.Outrun when a newer draft says
    something else, SaidOtherwise when the label of a submitted sheet does, queue.SheetGone when the sheet is lost,
    reopening.Locked when its label was locked while it was open again.
    """
    if assignment.state == AssignmentState.SUBMITTED:
        return _said_before(assignment, body)
    read = demonstrating.read if assignment.project.kind == Kind.DEMONSTRATION else _read
    store = read(assignment, body)
    was_reopened = assignment.is_reopened
    with transaction.atomic():
        if queue.hand_in(assignment=assignment):
            if was_reopened:
                reopening.check_not_frozen_meanwhile(assignment)
            return store(revision)
    return _said_before(assignment, body)


def _said_before(assignment, body):
    """Return the label that stands if it says what `body` does. Else the body is kept, and SaidOtherwise raised."""
    label = standing_label(assignment)
    if label and not _says(label, assignment, body):
        reopening.keep_for_later(label=label, body=body)
        raise SaidOtherwise(label)
    return label


def standing_label(assignment):
    return Label.objects.standing().filter(assignment=assignment).first()


def is_a_replay(*, assignment, body):
    """Is `body` what the standing label of `assignment` says already?"""
    label = standing_label(assignment)
    return label is not None and _says(label, assignment, body)


def _says(label, assignment, body):
    """Does the label say what is in `body`? The time spent does not matter: a page counts on until it is answered.

    Where the project asks for something else by now, as it may for ratings, nobody can tell: then it does not.
    """
    try:
        sent, stands = _whole(assignment, body), _whole(assignment, said(label))
    except bodies.Faults:
        return False
    return replace(stands, seconds=sent.seconds) == sent


def _whole(assignment, body):
    if assignment.project.kind == Kind.DEMONSTRATION:
        return demonstrating.clean(body, sheet=demonstrating.asked(assignment))
    return bodies.clean(body, sheet=asked(assignment, letters=slots_of(assignment)))


def _read(assignment, body):
    """Return what stores a body that is whole, or raise bodies.Faults."""
    slots = slots_of(assignment)
    sheet = asked(assignment, letters=slots)
    submission = bodies.clean(body, sheet=sheet)
    questions = {question.key: question for question in (*sheet.response_questions, *sheet.prompt_questions)}
    pks = {letter: slot.pk for letter, slot in slots.items()}
    return partial(_store, assignment, body, submission, pks, questions)


def _store(assignment, body, submission, slots, questions, revision):
    ratings = [
        {"slot": slots[letter], "overall_quality": said.overall_quality, "notes": said.notes}
        for letter, said in submission.ratings.items()
    ]
    of_each = [(slots[letter], rating.answers) for letter, rating in submission.ratings.items()]
    answers = [
        {"slot": slot, "question": questions[key].pk, **_column(questions[key], value)}
        for slot, given in [(None, submission.prompt_answers), *of_each]
        for key, value in given.items()
    ]
    places = [{"slot": slots[letter], "rank": rank} for letter, rank in (submission.ranks or {}).items()]
    facts = {
        **drafts.to_take_in(assignment=assignment, body=body, revision=revision),
        "seconds": submission.seconds,
        "now": timezone.now(),
        "was_arranged": submission.was_arranged,
        "ratings": json.dumps(ratings),
        "answers": json.dumps(answers),
        "places": json.dumps(places),
    }
    label = next(iter(Label.objects.raw(STORE, facts)))
    drafts.check_not_outrun(label.is_outrun)  # type: ignore[attr-defined]
    return label


def _column(question, value):
    """Return the column that holds an answer: exactly one, as the database insists."""
    if value is None:
        return {"is_na": True}
    column = {"likert": "number", "binary": "yes", "choice": "chosen", "choices": "chosen", "text": "text"}
    return {column[question.scale]: [value] if question.scale == "choice" else value}
