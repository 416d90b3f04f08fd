"""How do the answers that came with a batch of prompts come into the database? To be called in a transaction.

What looks personal in a reference, a person's own answer, holds its prompt back as if it stood there.
"""

from collections import Counter
from typing import NamedTuple

import orjson
from django.db import connection

from labeling.candidates.flags import flags
from labeling.candidates.models import EndpointRole, ModelEndpoint, Response, normal_hash
from labeling.prompts.hygiene.looking import Found
from labeling.prompts.hygiene.personal import personal
from labeling.prompts.models import StandsIn
from labeling.prompts.storing import store_findings

SCRATCH = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_responses (
    prompt_id bigint, endpoint_id bigint, sample smallint, text text, text_hash text, sampling jsonb, meta jsonb,
    flags text[]
) ON COMMIT DELETE ROWS
"""
COPY = "COPY incoming_responses FROM STDIN"
INSERT = """
WITH inserted AS (
    INSERT INTO candidates_response (from_import_id, created_at, prompt_id, endpoint_id, sample, text, text_hash,
        sampling, meta, flags)
    SELECT %s, now(), prompt_id, endpoint_id, sample, text, text_hash, sampling, meta, flags
    FROM incoming_responses ORDER BY prompt_id, endpoint_id, sample
    ON CONFLICT (prompt_id, endpoint_id, sample) DO NOTHING
    RETURNING id, prompt_id, endpoint_id
)
SELECT count(endpoint_id), json_object_agg(prompt_id, id) FILTER (
    WHERE endpoint_id IS NULL AND prompt_id = ANY(string_to_array(%s, ',')::bigint[])
) FROM inserted
"""


class Answered(NamedTuple):
    """What came of a batch's answers: how many a model made, and how much was found in references, by the prompt."""

    by_models: int
    found: Counter[int]


def store_answers(created, seen, *, of_import=None):
    """Insert the answers of `created` and `seen`, pairs of (Incoming, prompt key); return an Answered.

    A prompt that already has answers by a model gets no others of that model.
    """
    endpoints = _endpoints({answer.model for row, _prompt in (*created, *seen) for answer in row.answers})
    had = _had([prompt for row, prompt in seen if row.answers])
    rows = []
    for row, prompt in (*created, *seen):
        ours = [(prompt, endpoints[answer.model], answer) for answer in row.answers]
        rows += [_columns(*one) for one in ours if one[:2] not in had]
        had |= {one[:2] for one in ours}
    return _insert(rows, of_import) if rows else Answered(0, Counter())


def _endpoints(names):
    """Primary keys by name; an unknown name becomes a model without an address. A person's answer has none."""
    names = names - {""}
    if not names:
        return {"": None}
    found = dict(ModelEndpoint.objects.filter(name__in=names).values_list("name", "pk"))
    if names - found.keys():
        unknown = [ModelEndpoint(name=name, role=EndpointRole.OTHER) for name in sorted(names - found.keys())]
        ModelEndpoint.objects.bulk_create(unknown, ignore_conflicts=True)
        found = dict(ModelEndpoint.objects.filter(name__in=names).values_list("name", "pk"))
    return found | {"": None}


def _had(prompts):
    return set(Response.objects.filter(prompt__in=prompts).values_list("prompt", "endpoint")) if prompts else set()


def _columns(prompt, endpoint, answer):
    sampling, meta = orjson.dumps(answer.sampling).decode(), orjson.dumps(answer.meta).decode()
    found = flags(answer.text, names=[answer.model])
    return prompt, endpoint, answer.sample, answer.text, normal_hash(answer.text), sampling, meta, found


def _insert(rows, of_import):
    found = {prompt: spans for prompt, endpoint, _, text, *_ in rows if endpoint is None and (spans := personal(text))}
    with connection.cursor() as cursor:
        cursor.execute(SCRATCH)
        with cursor.copy(COPY) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(INSERT, [of_import and of_import.pk, ",".join(map(str, found))])
        by_models, references = cursor.fetchone()
    keys = {int(prompt): key for prompt, key in (references or {}).items()}
    store_findings(
        (prompt, Found(kind, 0, start, end, StandsIn.RESPONSE.value, key))
        for prompt, key in keys.items()
        for kind, start, end in found[prompt]
    )
    return Answered(by_models, Counter({prompt: len(found[prompt]) for prompt in keys}))
