"""Who asks which call now, and what came of it? Leases and their ends, each one statement. The row is the truth."""

from dataclasses import dataclass

import orjson
from django.db import connection, transaction

from labeling.candidates.flags import flags
from labeling.candidates.models import normal_hash
from models_api.endpoint import Cause, Completion, EndpointError

LEASE_SECONDS = 60
MOST_ATTEMPTS = 6


@dataclass(slots=True)
class Leased:
    """A call in hand: all that is needed to make it."""

    id: int
    part: int
    prompt: int
    sample: int
    attempts: int
    messages: list
    answer: str | None  # what is to be scored; None where an answer is asked for


@dataclass(slots=True)
class Answered:
    call: Leased
    completion: Completion
    sampling: dict
    names: tuple[str, ...]  # what would give the model away


@dataclass(slots=True)
class Scored:
    call: Leased
    value: float
    seconds: float


@dataclass(slots=True)
class Missed:
    """A call that brought nothing. With a `delay` in seconds it waits to be asked again, else it has failed."""

    call: Leased
    error: EndpointError
    delay: float | None
    counts: bool = True  # as one of the call's attempts


TAKE = """
WITH next AS (
    SELECT id FROM candidates_call WHERE part_id = %(part)s AND state = 'waiting' AND not_before <= now()
    ORDER BY not_before, id LIMIT %(room)s FOR UPDATE SKIP LOCKED
)
UPDATE candidates_call call SET state = 'leased', holder = %(holder)s,
    lease_until = now() + %(lease)s * interval '1 second'
FROM next, prompts_prompt prompt WHERE call.id = next.id AND prompt.id = call.prompt_id
RETURNING call.id, call.part_id, call.prompt_id, call.sample, call.attempts, prompt.messages::text,
    (SELECT text FROM candidates_response WHERE id = call.scored_id)
"""
RENEW = (
    "UPDATE candidates_call SET lease_until = now() + %s * interval '1 second' WHERE state = 'leased' AND holder = %s"
)
RELEASE = """
UPDATE candidates_call SET state = 'waiting', holder = NULL, lease_until = NULL
WHERE id = ANY(%s) AND state = 'leased' AND holder = %s
"""
# The calls of a job that was cancelled have nobody to wait for.
EXPIRE = """
UPDATE candidates_call call SET holder = NULL, lease_until = NULL,
    state = CASE WHEN job.state = 'cancelled' THEN 'cancelled' ELSE 'waiting' END
FROM candidates_jobendpoint part JOIN candidates_generationjob job ON job.id = part.job_id
WHERE call.state = 'leased' AND call.lease_until < now() AND part.id = call.part_id
"""
# An answer is taken even if its lease has passed, as long as nobody else's came first: it has been paid for.
# DO UPDATE changes nothing; it makes an answer that came from elsewhere meanwhile return its id, and that one stays.
ANSWERS = """
WITH said AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s) AS (call_id bigint, text text, text_hash text, flags jsonb,
        sampling jsonb, meta jsonb, seconds float, prompt_tokens int, completion_tokens int)
), mine AS (
    SELECT call.id, call.part_id, call.prompt_id, call.endpoint_id, call.sample, said.* FROM said
    JOIN candidates_call call ON call.id = said.call_id WHERE call.state IN ('leased', 'waiting')
    ORDER BY call.id FOR UPDATE OF call
), stored AS (
    INSERT INTO candidates_response (prompt_id, endpoint_id, sample, text, text_hash, flags, sampling, meta, created_at)
    SELECT prompt_id, endpoint_id, sample, text, text_hash, ARRAY(SELECT jsonb_array_elements_text(flags)), sampling,
        meta, now() FROM mine
    ON CONFLICT (prompt_id, endpoint_id, sample) DO UPDATE SET sample = excluded.sample
    RETURNING id, prompt_id, endpoint_id, sample
), closed AS (
    UPDATE candidates_call call SET state = 'done', response_id = stored.id, holder = NULL, lease_until = NULL,
        answered_at = now(), seconds = mine.seconds, cause = '', error = ''
    FROM mine JOIN stored USING (prompt_id, endpoint_id, sample) WHERE call.id = mine.id
    RETURNING mine.part_id, mine.prompt_tokens, mine.completion_tokens
)
UPDATE candidates_jobendpoint part SET done = part.done + sums.calls,
    prompt_tokens = part.prompt_tokens + sums.prompt_tokens,
    completion_tokens = part.completion_tokens + sums.completion_tokens
FROM (SELECT part_id, count(*) AS calls, coalesce(sum(prompt_tokens), 0) AS prompt_tokens,
    coalesce(sum(completion_tokens), 0) AS completion_tokens FROM closed GROUP BY part_id) sums
WHERE sums.part_id = part.id
"""
SCORES = """
WITH said AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s) AS (call_id bigint, value float, seconds float)
), mine AS (
    SELECT call.id, call.scored_id, call.endpoint_id, said.value, said.seconds FROM said
    JOIN candidates_call call ON call.id = said.call_id WHERE call.state IN ('leased', 'waiting')
    ORDER BY call.id FOR UPDATE OF call
), stored AS (
    INSERT INTO candidates_score (response_id, endpoint_id, value, scored_at)
    SELECT scored_id, endpoint_id, value, now() FROM mine ON CONFLICT DO NOTHING
), closed AS (
    UPDATE candidates_call call SET state = 'done', holder = NULL, lease_until = NULL, answered_at = now(),
        seconds = mine.seconds, cause = '', error = ''
    FROM mine WHERE call.id = mine.id RETURNING call.part_id
)
UPDATE candidates_jobendpoint part SET done = part.done + sums.calls
FROM (SELECT part_id, count(*) AS calls FROM closed GROUP BY part_id) sums WHERE sums.part_id = part.id
"""
MISSES = """
WITH said AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s) AS (call_id bigint, cause text, error text, delay float, attempt int)
), missed AS (
    UPDATE candidates_call call SET holder = NULL, lease_until = NULL, attempts = call.attempts + said.attempt,
        state = CASE WHEN said.delay IS NULL THEN 'failed' ELSE 'waiting' END,
        not_before = now() + coalesce(said.delay, 0) * interval '1 second', cause = said.cause, error = said.error
    FROM said WHERE call.id = said.call_id AND call.state = 'leased' AND call.holder = %(holder)s
    RETURNING call.part_id, call.state
)
UPDATE candidates_jobendpoint part SET failed = part.failed + sums.calls
FROM (SELECT part_id, count(*) AS calls FROM missed WHERE state = 'failed' GROUP BY part_id) sums
WHERE sums.part_id = part.id
"""


def take(*, part, room, holder):
    """Lease up to `room` calls of a part that are due, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"part": part, "room": room, "holder": holder, "lease": LEASE_SECONDS})
        found = [
            Leased(id, part, prompt, sample, attempts, orjson.loads(messages), answer)
            for id, part, prompt, sample, attempts, messages, answer in cursor
        ]
    return sorted(found, key=lambda call: call.id)


def renew(*, holder):
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [LEASE_SECONDS, holder])


def release(*, calls, holder):
    """Give back calls that were not made."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [[call.id for call in calls], holder])


def expire():
    """Let others have the calls whose holder fell silent; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE)
        return cursor.rowcount


@transaction.atomic
def settle(*, outcomes, holder):
    """Store what came of calls, all or nothing: answers, scores, and those that brought neither."""
    kinds = [(Answered, ANSWERS, _answer), (Scored, SCORES, _score), (Missed, MISSES, _miss)]
    with connection.cursor() as cursor:
        for kind, statement, row in kinds:
            rows = [row(one) for one in outcomes if isinstance(one, kind)]
            if rows:
                cursor.execute(statement, {"rows": orjson.dumps(rows).decode(), "holder": holder})


def missed(call, error, *, pause):
    """Say what becomes of a call that brought nothing; `pause` is the seconds to wait where the server names none."""
    delay = error.retry_after if error.retry_after is not None else pause
    if error.cause in {Cause.UNREACHABLE, Cause.THROTTLED} and not error.permanent:
        return Missed(call, error, delay, counts=False)
    gives_up = error.permanent or call.attempts + 1 >= MOST_ATTEMPTS
    return Missed(call, error, None if gives_up else delay)


def _answer(one):
    text = storable(one.completion.text)
    meta = {"model": one.completion.served_by, "finish_reason": one.completion.finish_reason}
    meta |= {"reasoning": storable(one.completion.reasoning)}
    return {
        "call_id": one.call.id,
        "text": text,
        "text_hash": normal_hash(text),
        "flags": flags(text, finish_reason=one.completion.finish_reason, names=one.names),
        "sampling": one.sampling,
        "meta": {key: storable(said) for key, said in meta.items() if said},
        "seconds": one.completion.seconds,
        "prompt_tokens": one.completion.prompt_tokens,
        "completion_tokens": one.completion.completion_tokens,
    }


def _score(one):
    return {"call_id": one.call.id, "value": one.value, "seconds": one.seconds}


def _miss(one):
    return {
        "call_id": one.call.id,
        "cause": str(one.error.cause),
        "error": storable(str(one.error))[:500],
        "delay": one.delay,
        "attempt": int(one.counts),
    }


def storable(text):
    """The text without what PostgreSQL cannot hold: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
