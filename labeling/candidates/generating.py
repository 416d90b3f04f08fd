"""How are models asked for answers? A job is requested, paused, resumed, cancelled, retried, and brought to its end."""

from django.db import transaction
from django.db.models import Count, F, Min, Sum
from django.utils import timezone

from labeling.candidates import planning, selecting
from labeling.candidates.models import Call, CallState, GenerationJob, JobEndpoint, ModelEndpoint
from labeling.candidates.recipes import recipe
from labeling.events.announcing import announce
from labeling.events.models import Event
from labeling.prompts.models import JobState
from labeling.prompts.refusals import Refused

UNDER_WAY = [JobState.QUEUED, JobState.RUNNING]
# How often models are asked again, once each, where a prompt has fewer different answers than a job wants.
MOST_ROUNDS = 4


@transaction.atomic
def request_generation(*, endpoints, selection, n=1, k=None, sampling=None, seed=None, requested_by=None):
    """Queue a job that asks each of `endpoints` for `n` answers to every prompt of `selection`, and return it.

    What is there already is not asked for again. With `k`, prompts that have so many different answers are passed
    over, and models are asked again where there are fewer. `sampling` is a dict of temperature, top_p, max_tokens and
    stop. Reward models are asked for scores instead. Raises Refused.
    """
    check_endpoints(endpoints)
    selection = selecting.pinned(selection)
    if not selection["up_to"]:
        raise Refused("No prompt is like that.")
    k = None if endpoints[0].is_scorer else k
    job = GenerationJob.objects.create(
        prompts=selection, n=n, k=k, seed=seed, requested_by=requested_by, **(sampling or {})
    )
    JobEndpoint.objects.bulk_create(
        JobEndpoint(job=job, endpoint=endpoint, recipe=recipe(endpoint, job)) for endpoint in endpoints
    )
    _wake(job.pk)
    return job


def check_endpoints(endpoints):
    """Refuse, in a sentence, models that cannot be asked, or not in one job."""
    if not endpoints:
        raise Refused("A job asks at least one model.")
    for endpoint in endpoints:
        if not endpoint.base_url:
            raise Refused(f"{endpoint.name} has no base URL: it cannot be asked.")
    if len({endpoint.is_scorer for endpoint in endpoints}) > 1:
        raise Refused("A job asks either for answers or for scores: start one for the reward models by themselves.")


def pause(*, job, reason=""):
    """Ask nothing more for now; calls in flight are still stored. Returns whether the job was under way."""
    return _move(job, UNDER_WAY, state=JobState.PAUSED, reason=reason)


@transaction.atomic
def resume(*, job):
    """Go on with a paused job, under its models as they are set up now. Returns whether it was paused."""
    if not _move(job, [JobState.PAUSED], state=_under_way(job), reason=""):
        return False
    _renew_recipes(job)
    _try_at_once(job)
    planning.put_back(job=job, causes=["refused", "forbidden"])
    _wake(job.pk)
    return True


@transaction.atomic
def cancel(*, job):
    """Give up what has not been asked; answers stay, those in flight are still stored. Returns whether it was open."""
    if not _move(job, [*UNDER_WAY, JobState.PAUSED], state=JobState.CANCELLED, finished_at=timezone.now()):
        return False
    # By the call's own columns, not over a join: whoever waited for a row must look at its state anew.
    Call.objects.filter(part__in=job.parts.all(), state=CallState.WAITING).update(state=CallState.CANCELLED)
    return True


@transaction.atomic
def retry_failed(*, job):
    """Ask once more for what failed; returns how many calls that is."""
    job = GenerationJob.objects.select_for_update().get(pk=job.pk)
    if job.state == JobState.CANCELLED:
        return 0
    _renew_recipes(job)
    again = planning.put_back(job=job)
    if again:
        state = _under_way(job) if job.is_over else job.state
        GenerationJob.objects.filter(pk=job.pk).update(state=state, finished_at=None, reason="")
        _try_at_once(job)
        _wake(job.pk)
    return again


def failures(job):
    """[(cause, how many, one of their sentences)] of the job's failed calls, most first."""
    failed = Call.objects.filter(part__job=job, state=CallState.FAILED).order_by()
    counts = failed.values_list("cause").annotate(count=Count("pk"), example=Min("error"))
    return list(counts.order_by("-count", "cause"))


def bring_on():
    """Start the next round of jobs whose calls are all over, or end them. Cheap when there is nothing to do."""
    ready = GenerationJob.objects.under_way().filter(planned_at__isnull=False)
    left = Sum(F("parts__total") - F("parts__done") - F("parts__failed"))
    for job in ready.annotate(left=left).filter(left=0):
        _end(job)


def _end(job):
    mine = GenerationJob.objects.filter(pk=job.pk, state__in=UNDER_WAY, planned_at=job.planned_at)
    if job.k and job.rounds < MOST_ROUNDS and planning.falls_short(job):
        if mine.update(rounds=F("rounds") + 1, planned_at=None, planned_to=0):
            _wake(job.pk)
        return
    counts = job.parts.aggregate(done=Sum("done"), failed=Sum("failed"))
    went_wrong = counts["failed"] and not counts["done"]
    facts = {
        "state": JobState.FAILED if went_wrong else JobState.DONE,
        "reason": "Every call failed." if went_wrong else "",
    }
    with transaction.atomic():
        if mine.update(**facts, finished_at=timezone.now()):
            announce(
                Event.JOB_FAILED if went_wrong else Event.JOB_FINISHED,
                kind="generation", job=job.pk, answered=counts["done"] or 0, failed=counts["failed"] or 0,
            )  # fmt: skip


def _move(job, states, **facts):
    return bool(GenerationJob.objects.filter(pk=job.pk, state__in=states).update(**facts))


def _under_way(job):
    return JobState.RUNNING if job.planned_at else JobState.QUEUED


def _renew_recipes(job):
    for part in job.parts.select_related("endpoint"):
        JobEndpoint.objects.filter(pk=part.pk).update(recipe=recipe(part.endpoint, job))


def _try_at_once(job):
    """Somebody has looked at the models of this job: they are asked again now, not when the circuit would."""
    ModelEndpoint.objects.filter(pk__in=job.parts.values("endpoint")).close_circuits()


def _wake(job_id):
    # The tasks import these verbs. A broker that is away costs nothing but time: the sweeper looks again.
    from labeling.candidates import tasks

    transaction.on_commit(lambda: tasks.plan_generation.delay(job_id), robust=True)
