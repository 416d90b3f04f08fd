"""Which calls does a job make? Those whose answers are missing, and nothing that is there or being asked already."""

from django.db import connection, transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from labeling.candidates.models import GenerationJob, Response
from labeling.candidates.selecting import selected
from labeling.prompts.models import JobState

CALLS_AT_ONCE = 10_000  # about a second's work for the database

COUNTED = """
UPDATE candidates_jobendpoint part SET total = part.total + asked.calls
FROM (SELECT part_id, count(*) AS calls FROM asked GROUP BY part_id) asked WHERE asked.part_id = part.id
"""
ANSWERS = f"""
WITH asked AS (
    INSERT INTO candidates_call (part_id, endpoint_id, prompt_id, sample, state, attempts, not_before, cause, error)
    SELECT part.id, part.endpoint_id, wanted.prompt_id, nth.sample, 'waiting', 0, now(), '', ''
    FROM unnest(%(prompts)s::bigint[]) WITH ORDINALITY wanted(prompt_id, place)
    CROSS JOIN generate_series(%(first)s, %(last)s) nth(sample)
    CROSS JOIN candidates_jobendpoint part
    WHERE part.job_id = %(job)s AND NOT EXISTS (
        SELECT FROM candidates_response there WHERE there.prompt_id = wanted.prompt_id
        AND there.endpoint_id = part.endpoint_id AND there.sample = nth.sample)
    ORDER BY wanted.place, nth.sample, part.id
    ON CONFLICT DO NOTHING
    RETURNING part_id
) {COUNTED}
"""  # noqa: S608  of our own constants
SCORES = f"""
WITH asked AS (
    INSERT INTO candidates_call (part_id, endpoint_id, prompt_id, sample, scored_id, state, attempts, not_before, cause,
        error)
    SELECT part.id, part.endpoint_id, answer.prompt_id, 0, answer.id, 'waiting', 0, now(), '', ''
    FROM candidates_response answer CROSS JOIN candidates_jobendpoint part
    WHERE part.job_id = %(job)s AND answer.prompt_id = ANY(%(prompts)s) AND NOT answer.is_empty AND NOT EXISTS (
        SELECT FROM candidates_score there WHERE there.response_id = answer.id
        AND there.endpoint_id = part.endpoint_id)
    ORDER BY answer.prompt_id, answer.id, part.id
    ON CONFLICT DO NOTHING
    RETURNING part_id
) {COUNTED}
"""  # noqa: S608  as above
# A call of the same answer that waits, is asked or was answered has taken the failed one's place.
PUT_BACK = """
WITH again AS (
    UPDATE candidates_call call SET state = 'waiting', attempts = 0, not_before = now(), cause = '', error = ''
    FROM candidates_jobendpoint mine WHERE mine.job_id = %(job)s AND call.part_id = mine.id
    AND call.state = 'failed' AND (%(causes)s::text[] IS NULL OR call.cause = ANY(%(causes)s)) AND NOT EXISTS (
        SELECT FROM candidates_call other WHERE other.prompt_id = call.prompt_id AND other.sample = call.sample
        AND other.endpoint_id = call.endpoint_id AND other.scored_id IS NOT DISTINCT FROM call.scored_id
        AND other.state IN ('waiting', 'leased', 'done'))
    RETURNING call.part_id
), counted AS (
    UPDATE candidates_jobendpoint part SET failed = part.failed - again.calls
    FROM (SELECT part_id, count(*) AS calls FROM again GROUP BY part_id) again WHERE again.part_id = part.id
)
SELECT count(*) FROM again
"""


def plan(*, job_id, each_batch=lambda: None):
    """Write down the job's calls, a batch of prompts in a transaction; a killed worker's successor goes on behind it.

    Returns whether this worker brought the plan to its end.
    """
    while (job := _plan_batch(job_id)) is not None:
        each_batch()
        if job.planned_at:
            return True
    return False


@transaction.atomic
def _plan_batch(job_id):
    job = GenerationJob.objects.unplanned().select_for_update(skip_locked=True).filter(pk=job_id).first()
    if job is None:
        return None
    parts = job.parts.count()
    samples = 1 if job.rounds else job.n
    ahead = wanting(job).filter(pk__gt=job.planned_to).values_list("pk", flat=True)
    prompts = list(ahead[: max(1, CALLS_AT_ONCE // (parts * samples))])
    if prompts:
        _write_down(job, prompts)
        job.planned_to = prompts[-1]
    else:
        job.planned_at = timezone.now()
    job.state = JobState.RUNNING
    job.started_at = job.started_at or timezone.now()
    job.save(update_fields=["planned_to", "planned_at", "state", "started_at"])
    return job


def _write_down(job, prompts):
    """The samples of the first round are 0 to n - 1; every further round asks for one more."""
    first = 0 if not job.rounds else job.n + job.rounds - 1
    last = job.n - 1 if not job.rounds else first
    scores = job.parts.first().endpoint.is_scorer
    with connection.cursor() as cursor:
        cursor.execute(SCORES if scores else ANSWERS, {"job": job.pk, "prompts": prompts, "first": first, "last": last})


def wanting(job):
    """The selected prompts that want answers: all, or those with fewer than k different ones."""
    prompts = selected(job.prompts)
    return fewer_than(job.k, prompts) if job.k else prompts


def fewer_than(k, prompts):
    """Those of the queryset `prompts` with fewer than `k` different answers by models."""
    answers = Response.objects.by_models().filter(prompt=OuterRef("pk"), is_empty=False).order_by().values("prompt")
    found = Subquery(answers.annotate(texts=Count("text_hash", distinct=True)).values("texts"))
    return prompts.annotate(texts=Coalesce(found, 0)).filter(texts__lt=k)


def falls_short(job):
    """Has any prompt still fewer different answers than the job wants?"""
    return wanting(job).exists()


def put_back(*, job, causes=None):
    """Let the job's failed calls, or those of these causes, wait again, unless another job has asked for the same
    meanwhile; returns how many did."""
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK, {"job": job.pk, "causes": causes})
        return cursor.fetchone()[0]
