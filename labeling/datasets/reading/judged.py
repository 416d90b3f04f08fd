"""Which responses are good by themselves, and which are not? By the median of what people gave each.

What they gave is the overall quality, or the answer to another Likert question where the choice names one.
"""

from dataclasses import dataclass
from functools import cache

from django.db import connection

from labeling.datasets import choosing
from labeling.datasets.reading.records import Record, in_batches, prompts_of, rows_of
from labeling.people.pseudonyms import pseudonym

THRESHOLD = 4  # the middle of 1–7


@dataclass(slots=True)
class Judged(Record):
    """A response with the median of what it was given, and by how many. `is_good` is above the threshold."""

    id: str
    prompt_id: str
    prompt: list
    completion: str
    model: str | None
    rating: float
    n: int
    is_good: bool
    owner: str

    @property
    def side(self):
        return self.is_good


# Responses that are judged, and empty or not. The bounds are of the median; null is none.
JUDGED = """
SELECT r.id, r.prompt_id, r.text, e.name, o.split, o.key_hash,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY {given}) AS rating, count(*) AS n,
    array_agg(DISTINCT g.label_id), array_agg(DISTINCT person.pseudonym_key),
    array_agg(DISTINCT a.form_version_id), array_agg(DISTINCT a.instructions_version_id)
FROM ({chosen}) AS chosen (id)
JOIN labels_rating g ON g.label_id = chosen.id
{answers}
JOIN labels_label l ON l.id = g.label_id
JOIN work_assignment a ON a.id = l.assignment_id
JOIN people_user person ON person.id = a.labeler_id
JOIN work_slot s ON s.id = g.slot_id
JOIN work_taskcandidate c ON c.id = s.candidate_id
JOIN candidates_response r ON r.id = c.response_id AND r.is_empty = {empty}
JOIN prompts_prompt p ON p.id = r.prompt_id
JOIN prompts_owner o ON o.id = p.owner_id
LEFT JOIN candidates_modelendpoint e ON e.id = r.endpoint_id
WHERE {given} IS NOT NULL
GROUP BY r.id, e.name, o.split, o.key_hash
HAVING percentile_cont(0.5) WITHIN GROUP (ORDER BY {given}) {bound}
ORDER BY r.id
"""
# The answers to another question than the one that has a column of its own.
OF_QUESTION = """
JOIN labels_answer said ON said.rating_id = g.id
JOIN guidelines_question q ON q.id = said.question_id AND q.key = %s
"""


EMPTY = "rated responses that are empty"
NEITHER = "responses whose median rating is the threshold itself"


def count(choice):
    return number(choice, "<> %s", threshold_of(choice))


def by_split(choice):
    sql, params = _judged_by(choice, "<> %s", threshold_of(choice), empty=False)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT split, count(*) FROM ({sql}) AS judged GROUP BY split", params)  # noqa: S608
        return dict(cursor.fetchall())


def batches(choice, left_out):
    """In the order of the responses. One whose median is the threshold itself is neither good nor bad."""
    left_out[NEITHER] += number(choice, "= %s", threshold_of(choice))
    return judged(choice, "<> %s", threshold_of(choice), left_out)


def threshold_of(choice):
    return choice.filters.get("threshold", THRESHOLD)


def judged(choice, bound, value, left_out):
    """Yield lists of those whose median fulfils `bound`, a comparison with a place for the `value`."""
    left_out[EMPTY] += number(choice, bound, value, empty=True)
    named = cache(pseudonym)
    for batch in in_batches(_rows(choice, bound, value)):
        prompts = prompts_of({row[1] for row in batch})
        yield [_judged(row, prompts[row[1]][0], named, value) for row in batch]


def number(choice, bound, value, *, empty=False):
    """Return how many there are of those whose median fulfils `bound`."""
    sql, params = _judged_by(choice, bound, value, empty=empty)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS judged", params)  # noqa: S608  # names of our own alone
        return cursor.fetchone()[0]


def _rows(choice, bound, value):
    return rows_of(*_judged_by(choice, bound, value, empty=False))


def _judged_by(choice, bound, value, *, empty):
    chosen, params = choosing.labels(choice).values("pk").query.sql_with_params()
    question = choice.filters.get("question")
    given, answers = ("said.number", OF_QUESTION) if question else ("g.overall_quality", "")
    sql = JUDGED.format(chosen=chosen, bound=bound, given=given, answers=answers, empty=empty)
    return sql, [*params, *([question] if question else []), value]


def _judged(row, messages, named, threshold):
    id, prompt, text, model, split, owner, rating, n, labels, keys, forms, instructions = row
    return Judged(
        split=split,
        labels=labels,
        labelers=[named(key) for key in keys],
        forms=forms,
        instructions=instructions,
        id=str(id),
        prompt_id=str(prompt),
        prompt=messages,
        completion=text,
        model=model,
        rating=rating,
        n=n,
        is_good=rating > threshold,
        owner=owner,
    )
