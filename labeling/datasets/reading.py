"""What exactly did labelers say? The chosen rankings, whole, in an order that never depends on who was first."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import islice

import orjson
from django.db import connection

from labeling.candidates.models import EndpointRole
from labeling.datasets import choosing
from labeling.people.pseudonyms import pseudonym
from labeling.stats.preference import dense

# So many rankings are in memory at once. Larger batches were no faster.
BATCH = 200

# JSON that came in is given back as PostgreSQL writes it: no number passes through a float on the way.
as_it_is = orjson.Fragment


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
class Ranking:
    """One labeler's ranking of one task's responses, in the order of the candidates."""

    id: str
    label: int
    task: str
    prompt_id: str
    prompt: list
    responses: list[Response]
    labeler: str
    cohort: str | None
    split: str
    owner: str
    form: int
    instructions: int
    instructions_version: int
    seconds: int
    meta: orjson.Fragment


def batches(choice):
    """Yield lists of up to BATCH rankings. Must run inside a transaction: the rows come from one server-side cursor."""
    heads = iter(_heads(choice).iterator(chunk_size=BATCH))
    named = cache(pseudonym)
    while batch := list(islice(heads, BATCH)):
        prompts = _prompts({head.assignment__task__prompt_id for head in batch})
        responses = _responses([head.pk for head in batch])
        yield [_ranking(head, prompts, responses[head.pk], named) for head in batch]


def _heads(choice):
    """A task's labelers stand in the order of their pseudonym keys."""
    return (
        choosing.labels(choice)
        .order_by("assignment__task_id", "assignment__labeler__pseudonym_key")
        .values_list(
            "pk",
            "seconds",
            "assignment_id",
            "assignment__task_id",
            "assignment__task__prompt_id",
            "assignment__task__prompt__owner__key_hash",
            "assignment__task__prompt__owner__split",
            "assignment__labeler__pseudonym_key",
            "assignment__cohort",
            "assignment__form_version_id",
            "assignment__instructions_version_id",
            "assignment__instructions_version__number",
            named=True,
        )
    )


def _prompts(ids):
    """{id: (messages, meta)}"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, messages::text, meta::text FROM prompts_prompt WHERE id = ANY(%s)", [list(ids)])
        return {id: (orjson.loads(messages), as_it_is(meta)) for id, messages, meta in cursor}


# The answers of a response are one object, in the order of the form; the rule is that of Answer.value. A question that
# was not asked, because the prompt has none of its tags, is null; one that was left open is not there.
RESPONSES = """
WITH each AS (
    SELECT a.rating_id, q.key, q.position, CASE
        WHEN a.is_na THEN NULL
        WHEN a.yes IS NOT NULL THEN to_json(a.yes)
        WHEN a.number IS NOT NULL THEN to_json(a.number)
        WHEN a.chosen IS NOT NULL THEN CASE WHEN q.scale = 'choice' THEN to_json(a.chosen[1]) ELSE to_json(a.chosen) END
        ELSE to_json(a.text)
    END AS answer
    FROM labels_answer a JOIN guidelines_question q ON q.id = a.question_id
    WHERE a.label_id = ANY(%(labels)s) AND a.rating_id IS NOT NULL
    UNION ALL
    SELECT g.id, q.key, q.position, NULL
    FROM labels_rating g
    JOIN labels_label l ON l.id = g.label_id
    JOIN work_assignment s ON s.id = l.assignment_id
    JOIN guidelines_question q ON q.version_id = s.form_version_id AND q.per = 'response' AND q.applies_to_tags <> '{}'
    JOIN work_task t ON t.id = s.task_id
    JOIN prompts_prompt p ON p.id = t.prompt_id AND NOT p.tags && q.applies_to_tags
    WHERE g.label_id = ANY(%(labels)s) AND q.key <> 'overall_quality'
    AND NOT EXISTS (SELECT FROM labels_answer a WHERE a.rating_id = g.id AND a.question_id = q.id)
), said AS (
    SELECT rating_id, json_object_agg(key, answer ORDER BY position)::text AS answers FROM each GROUP BY rating_id
)
SELECT k.label_id, r.id, e.name, e.role, r.sampling::text, r.text, r.text_hash, r.is_empty, p.rank,
    g.overall_quality, said.answers
FROM labels_ranking k
JOIN labels_place p ON p.ranking_id = k.id
JOIN work_slot s ON s.id = p.slot_id
JOIN work_taskcandidate c ON c.id = s.candidate_id
JOIN candidates_response r ON r.id = c.response_id
LEFT JOIN candidates_modelendpoint e ON e.id = r.endpoint_id
LEFT JOIN labels_rating g ON g.label_id = k.label_id AND g.slot_id = p.slot_id
LEFT JOIN said ON said.rating_id = g.id
WHERE k.label_id = ANY(%(labels)s)
ORDER BY k.label_id, c.ordinal
"""


def _responses(labels):
    """{label id: [Response, …]} in the order of the candidates."""
    found = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(RESPONSES, {"labels": labels})
        for label, id, model, role, sampling, text, text_hash, is_empty, rank, quality, answers in cursor:
            found[label].append(
                Response(
                    str(id),
                    model,
                    role or EndpointRole.HUMAN.value,
                    as_it_is(sampling),
                    text,
                    text_hash,
                    is_empty,
                    rank,
                    quality,
                    as_it_is(answers or "{}"),
                )
            )
    for responses in found.values():
        for response, rank in zip(responses, dense([one.rank for one in responses]), strict=True):
            response.rank = rank
    return found


def _ranking(head, prompts, responses, named):
    messages, meta = prompts[head.assignment__task__prompt_id]
    return Ranking(
        id=str(head.assignment_id),
        label=head.pk,
        task=str(head.assignment__task_id),
        prompt_id=str(head.assignment__task__prompt_id),
        prompt=messages,
        responses=responses,
        labeler=named(head.assignment__labeler__pseudonym_key),
        cohort=head.assignment__cohort or None,
        split=head.assignment__task__prompt__owner__split,
        owner=head.assignment__task__prompt__owner__key_hash,
        form=head.assignment__form_version_id,
        instructions=head.assignment__instructions_version_id,
        instructions_version=head.assignment__instructions_version__number,
        seconds=head.seconds,
        meta=meta,
    )
