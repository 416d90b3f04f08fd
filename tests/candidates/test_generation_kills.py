"""Workers are killed at random while models are asked; so is the broker's memory, and the database. Nothing is lost."""

import multiprocessing
import os
import random
import signal
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from labeling.candidates import calls, generating, limits, tasks
from labeling.candidates.engine import Engine
from labeling.candidates.models import Call, ModelEndpoint, Response
from labeling.prompts.models import JobState
from labeling.sealing import seal
from tests.candidates.generating import asked_of, counts, model, questions
from tests.celery_worker import QUEUES, own_broker, start_worker, until, worker  # noqa: F401
from tests.model_server import model_server  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KILLS, CALLS, CONCURRENCY = 20, 1_000, 8
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def allowed(model_server, settings, monkeypatch):  # noqa: F811
    """The server, also in the environment of workers that are started here; and the dead hold nothing for long."""
    settings.MODEL_HOSTS = [model_server.host]
    monkeypatch.setattr(limits, "HELD_SECONDS", 1)
    before = os.environ.get("MODEL_HOSTS")
    os.environ["MODEL_HOSTS"] = model_server.host
    yield model_server
    os.environ.pop("MODEL_HOSTS") if before is None else os.environ.update(MODEL_HOSTS=before)


def start_engine():
    """An engine in a process of its own: a copy of this one, which shares nothing with it any more."""
    id = uuid4()
    process = FORK.Process(target=_be_engine, args=[id], name=str(id), daemon=True)
    process.start()
    return process


def _be_engine(id):
    connection.connection = None  # our parent's; psycopg closes only what its own process has opened
    try:
        Engine(id=id).run()
    finally:
        os._exit(0)


def let_leases_pass(*living):
    """As if a minute had gone by in which only these engines gave a sign of life."""
    silent = Call.objects.filter(state="leased").exclude(holder__in=[one.name for one in living])
    silent.update(lease_until=timezone.now() - timedelta(seconds=1))
    calls.expire()


def test_engines_killed_twenty_times_in_one_job_answer_every_call_once(allowed):
    allowed.behaviour.latency = 0.1
    job = asked_of(model(allowed, concurrency=CONCURRENCY), source=questions(CALLS))
    tasks.planning.plan(job_id=job.pk)
    randomness, kills = random.Random(2203), 0
    engines = [start_engine(), start_engine()]
    try:
        while counts(job)[1] < CALLS:
            goal = min(CALLS, counts(job)[1] + randomness.randrange(1, 20))
            until(lambda goal=goal: counts(job)[1] >= goal or all(not one.is_alive() for one in engines))
            if kills < KILLS:
                killed = engines.pop(randomness.randrange(2))
                kills += killed.is_alive()
                killed.kill()
                killed.join()
                engines.append(start_engine())
            let_leases_pass(*engines)
    finally:
        for one in engines:
            one.kill()
            one.join()

    generating.bring_on()
    job.refresh_from_db()
    assert (job.state, counts(job), kills) == (JobState.DONE, (CALLS, CALLS, 0), KILLS)
    assert Response.objects.count() == CALLS
    assert Counter(Call.objects.values_list("state", flat=True)) == {"done": CALLS}
    asked_again = sum(times - 1 for times in allowed.seen.asked.values())
    assert asked_again <= KILLS * CONCURRENCY * 2  # in flight, or answered and not yet stored


def test_a_killed_celery_worker_and_a_forgetful_broker_cost_nothing(allowed, worker, own_broker):  # noqa: F811
    allowed.behaviour.latency = 0.1
    job = asked_of(model(allowed, concurrency=4), source=questions(80))
    until(lambda: Response.objects.count() > 5)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    with redis.Redis.from_url(own_broker) as broker:
        broker.flushdb()
    let_leases_pass()
    other = start_worker()
    try:
        tasks.resume_generation()
        until(lambda: counts(job)[1] == 80)
        until(lambda: type(job).objects.get(pk=job.pk).state == JobState.DONE)
    finally:
        other.kill()
        other.wait()

    assert Response.objects.count() == 80
    assert max(allowed.seen.asked.values()) <= 2


def test_a_database_that_drops_every_connection_costs_nothing(allowed):
    allowed.behaviour.latency = 0.05
    job = asked_of(model(allowed, concurrency=4), source=questions(100))
    tasks.planning.plan(job_id=job.pk)
    process = start_engine()
    others = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    for goal in (10, 40, 70):
        until(lambda goal=goal: counts(job)[1] >= goal)
        with connection.cursor() as cursor:
            cursor.execute(others)
    until(lambda: counts(job)[1] == 100)
    process.join(timeout=60)

    assert max(allowed.seen.asked.values()) == 1
    assert Call.objects.aggregate(most=Max("attempts"))["most"] == 0


def test_a_worker_that_is_asked_to_stop_gives_its_calls_back(allowed, own_broker):  # noqa: F811
    allowed.behaviour.latency = 0.3
    job = asked_of(model(allowed, concurrency=4), source=questions(200))
    running = start_worker("-Q", QUEUES, "-P", "threads", "--concurrency", "3")
    try:
        until(lambda: Response.objects.count() > 3)
        running.terminate()
        running.wait(timeout=30)
    finally:
        running.kill()

    states = Counter(Call.objects.values_list("state", flat=True))
    assert set(states) == {"done", "waiting"}
    assert states["done"] == counts(job)[1] < 200


def test_a_job_that_is_taken_up_again_is_asked_at_once_and_not_only_when_somebody_sweeps(allowed, worker):  # noqa: F811
    allowed.behaviour.key = "right"
    job = asked_of(model(allowed), source=questions(3))
    until(lambda: type(job).objects.get(pk=job.pk).state == JobState.FAILED)
    ModelEndpoint.objects.update(sealed_key=seal("right"))

    assert generating.retry_failed(job=job) == 3  # nobody sweeps in this test

    until(lambda: counts(job) == (3, 3, 0))
