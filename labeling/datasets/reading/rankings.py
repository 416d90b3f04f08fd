"""How exactly were responses ranked? The chosen rankings, whole."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import orjson
from django.db import connection

from labeling.candidates.models import EndpointRole
from labeling.datasets import choosing
from labeling.datasets.reading.answers import Answers, Form
from labeling.datasets.reading.records import BATCH, HEAD, OfOneLabel, as_it_is, in_batches, prompts_of, records_by
from labeling.people.pseudonyms import pseudonym
from labeling.stats.preference import dense


@dataclass(slots=True)
class Response:
    """One response as one labeler judged it."""

    id: str
    model: str | None
    role: str
    sampling: orjson.Fragment
    text: str
    text_hash: str
    is_empty: bool
    rank: int
    overall_quality: int | None
    answers: orjson.Fragment


@dataclass(slots=True)
class Ranking(OfOneLabel):
    """One labeler's ranking of one task's responses, in the order of the candidates."""

    responses: list[Response]


def count(choice):
    return choosing.labels(choice).count()


def by_split(choice):
    return records_by(choosing.labels(choice), "assignment__task__prompt__owner__split")


def batches(choice, left_out):
    """A task's labelers stand in the order of their pseudonym keys."""
    heads = (
        choosing.labels(choice)
        .order_by("assignment__task_id", "assignment__labeler__pseudonym_key")
        .values_list(*HEAD, named=True)
    )
    named, form_of = cache(pseudonym), cache(Form)
    for batch in in_batches(heads.iterator(chunk_size=BATCH)):
        prompts = prompts_of({head.assignment__task__prompt_id for head in batch})
        responses = _responses(batch, form_of)
        yield [
            Ranking.of(head, prompts[head.assignment__task__prompt_id], named, responses=responses[head.pk])
            for head in batch
        ]


RESPONSES = """
SELECT k.label_id, r.id, e.name, e.role, r.sampling::text, r.text, r.text_hash, r.is_empty, p.rank, g.id,
    g.overall_quality
FROM labels_ranking k
JOIN labels_place p ON p.ranking_id = k.id
JOIN work_slot s ON s.id = p.slot_id
JOIN work_taskcandidate c ON c.id = s.candidate_id
JOIN candidates_response r ON r.id = c.response_id
LEFT JOIN candidates_modelendpoint e ON e.id = r.endpoint_id
LEFT JOIN labels_rating g ON g.label_id = k.label_id AND g.slot_id = p.slot_id
WHERE k.label_id = ANY(%s)
ORDER BY k.label_id, c.ordinal
"""
HUMAN = EndpointRole.HUMAN.value


def _responses(heads, form_of):
    """{label id: [Response, …]} in the order of the candidates."""
    by_label, answers = {head.pk: head for head in heads}, Answers(heads, form_of)
    found = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(RESPONSES, [list(by_label)])
        for label, id, model, role, sampling, text, text_hash, is_empty, rank, rating, quality in cursor.fetchall():
            found[label].append(
                Response(
                    str(id),
                    model,
                    role or HUMAN,
                    as_it_is(sampling),
                    text,
                    text_hash,
                    is_empty,
                    rank,
                    quality,
                    answers.of_rating(by_label[label], rating),
                )
            )
    for responses in found.values():
        for response, rank in zip(responses, dense([one.rank for one in responses]), strict=True):
            response.rank = rank
    return found
