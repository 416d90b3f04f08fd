"""What was said of each response by itself, and by whom?"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import orjson
from django.db import connection

from labeling.candidates.models import EndpointRole
from labeling.datasets import choosing
from labeling.datasets.reading.answers import Answers, Form
from labeling.datasets.reading.records import BATCH, HEAD, OfOneLabel, as_it_is, in_batches, prompts_of, records_by
from labeling.labels.models import Rating as Rated
from labeling.people.pseudonyms import pseudonym


@dataclass(slots=True)
class Response:
    id: str
    model: str | None
    role: str
    sampling: orjson.Fragment
    text: str
    overall_quality: int | None
    answers: orjson.Fragment


@dataclass(slots=True)
class Rating(OfOneLabel):
    """One response as one labeler judged it. `likert` is {key: (answer, lowest, highest)}."""

    response: Response
    notes: str
    prompt_answers: orjson.Fragment
    likert: dict

    def likert_from_0_to(self, largest):
        """Return the answers on Likert scales, each brought from its own range to 0–`largest` and rounded."""
        said = {
            key: round((answer - lowest) * largest / (highest - lowest))
            for key, (answer, lowest, highest) in self.likert.items()
        }
        if self.response.overall_quality is not None:
            said["overall_quality"] = round((self.response.overall_quality - 1) * largest / 6)
        return said


def count(choice):
    return Rated.objects.filter(label__in=choosing.labels(choice)).count()


def by_split(choice):
    return records_by(
        Rated.objects.filter(label__in=choosing.labels(choice)), "label__assignment__task__prompt__owner__split"
    )


def batches(choice, left_out):
    """A task's labelers stand in the order of their pseudonym keys, and its responses in that of the candidates."""
    heads = (
        choosing.labels(choice)
        .order_by("assignment__task_id", "assignment__labeler__pseudonym_key")
        .values_list(*HEAD, named=True)
    )
    named, form_of = cache(pseudonym), cache(Form)
    for batch in in_batches(heads.iterator(chunk_size=BATCH)):
        prompts = prompts_of({head.assignment__task__prompt_id for head in batch})
        answers, rated = Answers(batch, form_of), _rated(batch)
        yield [
            _rating(head, prompts[head.assignment__task__prompt_id], named, answers, row)
            for head in batch
            for row in rated[head.pk]
        ]


def _rating(head, prompt, named, answers, row):
    rating, id, model, role, sampling, text, quality, notes = row
    said = answers.of_rating(head, rating)
    return Rating.of(
        head,
        prompt,
        named,
        response=Response(str(id), model, role or HUMAN, as_it_is(sampling), text, quality, said),
        notes=notes,
        prompt_answers=answers.about_prompt(head),
        likert=answers.likert(head, rating),
    )


RATINGS = """
SELECT g.label_id, g.id, r.id, e.name, e.role, r.sampling::text, r.text, g.overall_quality, g.notes
FROM labels_rating g
JOIN work_slot s ON s.id = g.slot_id
JOIN work_taskcandidate c ON c.id = s.candidate_id
JOIN candidates_response r ON r.id = c.response_id
LEFT JOIN candidates_modelendpoint e ON e.id = r.endpoint_id
WHERE g.label_id = ANY(%s)
ORDER BY g.label_id, c.ordinal
"""
HUMAN = EndpointRole.HUMAN.value


def _rated(heads):
    """{label id: what is known of each of its ratings}, in the order of the candidates."""
    found = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(RATINGS, [[head.pk for head in heads]])
        for label, *row in cursor.fetchall():
            found[label].append(row)
    return found
