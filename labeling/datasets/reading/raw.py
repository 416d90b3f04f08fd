"""What was said, to the letter? Every revision of every label, in the values of labeling.labels.lines."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

from labeling.datasets import choosing
from labeling.datasets.reading.answers import Answers, Form
from labeling.datasets.reading.records import BATCH, Record, in_batches, prompts_of, records_by
from labeling.people.pseudonyms import pseudonym
from labeling.work.models import LETTERS


@dataclass(slots=True)
class Raw(Record):
    prompt_id: str
    line: dict[str, Any]


# Rows of plain values: of a million labels, objects alone would take an hour.
HEAD = (
    "pk",
    "revision",
    "seconds",
    "submitted_at",
    "superseded_at",
    "prompt_said",
    "split_said",
    "owner_said",
    "assignment_id",
    "assignment__task_id",
    "assignment__prompt_tags",
    "assignment__project_id",
    "assignment__project__kind",
    "assignment__purpose",
    "assignment__labeler__pseudonym_key",
    "assignment__cohort",
    "assignment__by_program",
    "assignment__task__is_calibration",
    "assignment__form_version_id",
    "assignment__instructions_version_id",
    "assignment__instructions_version__number",
    "ranking__pk",
    "demonstration__text",
    "demonstration__prompt_type",
    "demonstration__tags",
)
SLOTS = """
SELECT s.id, s.assignment_id, s.place, r.id, e.name, r.text
FROM work_slot s
JOIN work_taskcandidate c ON c.id = s.candidate_id
JOIN candidates_response r ON r.id = c.response_id
LEFT JOIN candidates_modelendpoint e ON e.id = r.endpoint_id
WHERE s.assignment_id = ANY(%s)
ORDER BY s.assignment_id, s.place
"""
PLACES = """
SELECT ranking_id, rank, slot_id FROM labels_place WHERE ranking_id = ANY(%s) ORDER BY ranking_id, rank
"""
RATINGS = """
SELECT label_id, id, overall_quality, notes, slot_id FROM labels_rating WHERE label_id = ANY(%s)
"""


def count(choice):
    return choosing.labels(choice).count()


def by_split(choice):
    return records_by(choosing.labels(choice), "split_said")


def batches(choice, left_out):
    """In the order in which they were made."""
    heads = choosing.labels(choice).order_by("pk").values_list(*HEAD, named=True)
    named, form_of = cache(pseudonym), cache(Form)
    for batch in in_batches(heads.iterator(chunk_size=BATCH)):
        prompts = prompts_of({head.prompt_said for head in batch})
        slots, letters = _slots({head.assignment_id for head in batch})
        rankings = _rankings([head.ranking__pk for head in batch if head.ranking__pk], letters)
        answers = Answers(batch, form_of)
        ratings = _ratings(batch, answers, letters)
        yield [
            _raw(
                head,
                named(head.assignment__labeler__pseudonym_key),
                *prompts[head.prompt_said],
                slots=slots[head.assignment_id],
                ranking=rankings.get(head.ranking__pk),
                ratings=ratings[head.pk],
                prompt_answers=answers.about_prompt(head),
            )
            for head in batch
        ]


def _raw(head, labeler, messages, meta, **said):
    line = {
        "id": head.pk,
        "assignment": str(head.assignment_id),
        "task": head.assignment__task_id,
        "prompt": head.prompt_said,
        "project": head.assignment__project_id,
        "kind": head.assignment__project__kind,
        "purpose": head.assignment__purpose,
        "labeler": labeler,
        "cohort": head.assignment__cohort or None,
        "by_program": head.assignment__by_program,
        "calibration": head.assignment__task__is_calibration,
        "form_version": head.assignment__form_version_id,
        "instructions_version": head.assignment__instructions_version__number,
        "revision": head.revision,
        "seconds": head.seconds,
        "submitted_at": head.submitted_at,
        **said,
        "demonstration": _demonstration(head),
        "prompt_messages": messages,
        "is_standing": head.superseded_at is None,
        "superseded_at": head.superseded_at,
        "split": head.split_said,
        "owner": head.owner_said,
        "meta": meta,
    }
    return Raw(
        split=head.split_said,
        labels=(head.pk,),
        labelers=(labeler,),
        forms=(head.assignment__form_version_id,),
        instructions=(head.assignment__instructions_version_id,),
        prompt_id=str(head.prompt_said),
        line=line,
    )


def _demonstration(head):
    if head.demonstration__text is None:
        return None
    return {
        "text": head.demonstration__text,
        "prompt_type": head.demonstration__prompt_type or None,
        "tags": head.demonstration__tags,
    }


def _slots(assignments):
    """({assignment id: [{slot, response, model, text}, …]} as they were shown, {slot id: letter})"""
    found, letters = defaultdict(list), {}
    for id, assignment, place, response, model, text in _asked(SLOTS, [list(assignments)]):
        letters[id] = letter = LETTERS[place - 1]
        found[assignment].append({"slot": letter, "response": response, "model": model, "text": text})
    return found, letters


def _rankings(ids, letters):
    """{ranking id: groups of letters, best first}; an empty ranking is an empty list."""
    found: dict[int, dict[int, list[str]]] = {id: {} for id in ids}
    for ranking, rank, slot in _asked(PLACES, [ids]):
        found[ranking].setdefault(rank, []).append(letters[slot])
    return {ranking: [sorted(group) for group in groups.values()] for ranking, groups in found.items()}


def _ratings(heads, answers, letters):
    """{label id: [{slot, overall_quality, answers, notes}, …]} by letter."""
    by_label, found = {head.pk: head for head in heads}, defaultdict(list)
    rows = [(letters[slot], *row) for *row, slot in _asked(RATINGS, [list(by_label)])]
    for letter, label, rating, quality, notes in sorted(rows):
        found[label].append(
            {
                "slot": letter,
                "overall_quality": quality,
                "answers": answers.of_rating(by_label[label], rating),
                "notes": notes,
            }
        )
    return found


def _asked(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
