"""Jobs that run against a real model server, well or badly behaved."""

import threading
from collections import Counter

import pytest
import redis
from django.conf import settings as house

from labeling.candidates import generating, lines
from labeling.candidates.calls import MOST_ATTEMPTS
from labeling.candidates.engine import Engine
from labeling.candidates.models import Call, ModelEndpoint, Response, Score
from labeling.prompts.models import JobState, Prompt
from labeling.sealing import seal
from tests.candidates.generating import answer, asked_of, counts, left, model, questions
from tests.celery_worker import until
from tests.factories import EndpointFactory, ResponseFactory
from tests.model_server import Behaviour, running

pytestmark = pytest.mark.django_db(transaction=True)


def recounted(job):
    """The counters of the job's parts, against its calls."""
    for part in job.parts.all():
        states = Counter(Call.objects.filter(part=part).values_list("state", flat=True))
        assert (part.total, part.done, part.failed) == (states.total(), states["done"], states["failed"])
    return True


def test_every_prompt_is_answered_once_with_where_the_answer_came_from(server):
    source = questions(20)
    first, second = model(server), model(server, protocol="completions", temperature=0.7)

    job = answer(asked_of(first, second, source=source, n=2, sampling={"max_tokens": 50}, seed=7))

    assert (job.state, counts(job), recounted(job)) == (JobState.DONE, (80, 80, 0), True)
    assert max(server.seen.asked.values()) == 1
    response = Response.objects.get(prompt=Prompt.objects.first(), endpoint=second, sample=1)
    assert response.sampling == {"temperature": 0.7, "max_tokens": 50, "seed": 8}
    assert response.call.part.job == job
    assert response.call.part.recipe["protocol"] == "completions"
    assert response.meta == {"model": second.model_id, "finish_reason": "stop"}
    assert all(part.prompt_tokens > 0 and part.completion_tokens > 0 for part in job.parts.all())


def test_a_later_job_fills_what_is_missing(server):
    source, asked = questions(5), model(server)
    answer(asked_of(asked, source=source))

    job = answer(asked_of(asked, source=source, n=3))

    assert (counts(job), Response.objects.count()) == ((10, 10, 0), 15)


def test_a_job_with_nothing_to_ask_is_done(server):
    source, asked = questions(2), model(server)
    answer(asked_of(asked, source=source))

    assert answer(asked_of(asked, source=source)).state == JobState.DONE


def test_models_are_asked_again_until_there_are_enough_different_answers(server):
    source = questions(3)

    job = answer(asked_of(model(server), source=source, n=1, k=3, seed=1))

    assert (job.state, job.rounds, counts(job)) == (JobState.DONE, 2, (9, 9, 0))
    assert set(Response.objects.values_list("sample", flat=True)) == {0, 1, 2}


def test_asking_again_ends_where_a_model_always_says_the_same(server):
    job = answer(asked_of(model(server), source=questions(1), k=2))

    assert (job.state, counts(job)) == (JobState.DONE, (1 + generating.MOST_ROUNDS, 5, 0))


def test_the_limit_of_calls_at_once_holds_over_several_engines(server):
    server.behaviour.latency = 0.05
    job = asked_of(model(server, concurrency=5), source=questions(60))
    from labeling.candidates import planning

    planning.plan(job_id=job.pk)
    engines = [Engine() for _ in range(3)]
    threads = [threading.Thread(target=engine.run) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (counts(job), server.seen.most_in_flight) == ((60, 60, 0), 5)
    assert max(server.seen.asked.values()) == 1
    assert sum(engine.stored for engine in engines) == 60


def test_passing_errors_are_tried_again_until_everything_is_answered(server):
    server.behaviour = Behaviour(fail=0.15, truncate=0.1, mistype=0.1, hang_up=0.1, most_faults=MOST_ATTEMPTS - 1)

    job = answer(asked_of(model(server), source=questions(60)))

    assert (job.state, counts(job), recounted(job)) == (JobState.DONE, (60, 60, 0), True)


def test_a_storm_of_429_is_waited_out_and_costs_no_attempt(server):
    server.behaviour = Behaviour(throttle=0.5, retry_after=0)

    job = answer(asked_of(model(server), source=questions(40)))

    assert (job.state, counts(job)) == (JobState.DONE, (40, 40, 0))
    assert server.seen.statuses[429] > 5
    assert set(Call.objects.values_list("attempts", flat=True)) == {0}


def test_retry_after_holds_everybody_back(server):
    server.behaviour = Behaviour(throttle=1, retry_after=2)
    asked = model(server)
    job = asked_of(asked, source=questions(30))
    engine = threading.Thread(target=answer, args=[job])
    engine.start()
    until(lambda: server.seen.statuses[429])
    with redis.Redis.from_url(house.REDIS_URL) as counters:
        until(lambda: counters.pttl(f"attune:models:{asked.pk}:hold") > 0)
    asked_so_far = server.seen.statuses[429]
    server.behaviour = Behaviour()
    engine.join()

    assert asked_so_far <= 16  # what was in flight when the first was refused
    assert counts(job) == (30, 30, 0)


def test_an_answer_that_is_too_large_fails_for_good(server):
    server.behaviour = Behaviour(flood=1)

    job = answer(asked_of(model(server), source=questions(2)))

    assert (job.state, counts(job), job.reason) == (JobState.FAILED, (2, 0, 2), "Every call failed.")
    [(cause, number, sentence)] = generating.failures(job)
    assert (cause, number) == ("too_large", 2)
    assert sentence.endswith(".")


def test_a_slow_drip_ends_as_a_timeout(server):
    server.behaviour = Behaviour(drip=1, drip_pause=0.2)
    job = asked_of(model(server, timeout_seconds=1), source=questions(1))
    done = threading.Thread(target=answer, args=[job])
    done.start()
    until(lambda: Call.objects.filter(cause="timeout").exists())
    server.behaviour = Behaviour()
    done.join()

    assert counts(job) == (1, 1, 0)


def test_a_dead_endpoint_opens_the_circuit_and_says_so_and_work_goes_on_when_it_answers(quick, settings):
    with running() as gone:
        settings.MODEL_HOSTS = [gone.host]
        asked = model(gone)
        job = asked_of(asked, source=questions(30))
        gone.behaviour = Behaviour(hang_up=1)
        working = threading.Thread(target=answer, args=[job])
        working.start()
        until(lambda: ModelEndpoint.objects.filter(pk=asked.pk, down_at__isnull=False).exists())
        asked.refresh_from_db()
        assert asked.down_reason.endswith(".")
        assert asked.down_until > asked.down_at
        gone.behaviour = Behaviour()
        working.join()
        job.refresh_from_db()

    asked.refresh_from_db()
    assert (counts(job), asked.down_at, asked.down_until, asked.down_reason) == ((30, 30, 0), None, None, "")
    assert set(Call.objects.values_list("state", flat=True)) == {"done"}


def test_an_endpoint_that_cannot_be_reached_costs_no_attempts(server, settings, monkeypatch):
    settings.MODEL_HOSTS = ["127.0.0.1:9"]
    asked = EndpointFactory(base_url="http://127.0.0.1:9/v1")
    job = asked_of(asked, source=questions(3))
    stop = threading.Event()
    working = threading.Thread(target=answer, args=[job], kwargs={"stop": stop})
    working.start()
    until(lambda: ModelEndpoint.objects.filter(pk=asked.pk, down_at__isnull=False).exists())
    stop.set()
    working.join()

    assert (counts(job), left(job)) == ((3, 0, 0), 3)
    assert set(Call.objects.values_list("attempts", "cause")) == {(0, "unreachable")}


def test_wrong_credentials_pause_the_job_and_a_resumed_one_finishes(server):
    server.behaviour.key = "right"
    asked = model(server, sealed_key=seal("wrong"))

    job = answer(asked_of(asked, source=questions(20)))

    assert job.state == JobState.PAUSED
    assert job.reason.startswith(f"{asked.name} turns us away.")
    assert "wrong" not in job.reason
    ModelEndpoint.objects.update(sealed_key=seal("right"))
    assert generating.resume(job=job)
    assert (answer(job).state, counts(job)) == (JobState.DONE, (20, 20, 0))


def test_a_forbidden_address_pauses_the_job(server, settings):
    settings.MODEL_HOSTS = []

    job = answer(asked_of(model(server), source=questions(9)))

    assert job.state == JobState.PAUSED
    assert "MODEL_HOSTS" in job.reason
    assert server.seen.statuses == {}


def test_a_model_changed_in_mid_job_pauses_it_until_somebody_agrees(server):
    server.behaviour.latency = 0.2
    asked = model(server, concurrency=2)
    job = asked_of(asked, source=questions(12))
    working = threading.Thread(target=answer, args=[job])
    working.start()
    until(lambda: Response.objects.exists())
    ModelEndpoint.objects.update(system_text="Answer in verse.")
    working.join()
    job.refresh_from_db()

    assert job.state == JobState.PAUSED
    assert job.reason.startswith(f"{asked.name} was changed after this job began.")
    done = counts(job)[1]
    assert 0 < done < 12
    server.behaviour.latency = 0
    generating.resume(job=job)
    assert (answer(job).state, counts(job)) == (JobState.DONE, (12, 12, 0))


def test_a_model_that_moved_in_mid_job_is_asked_at_its_new_address(server, settings):
    with running() as other:
        settings.MODEL_HOSTS = [server.host, other.host]
        server.behaviour.latency = 0.2
        job = asked_of(model(server, concurrency=2), source=questions(12))
        working = threading.Thread(target=answer, args=[job])
        working.start()
        until(lambda: Response.objects.exists())
        ModelEndpoint.objects.update(base_url=other.url)
        working.join()

        assert counts(job) == (12, 12, 0)
        assert other.seen.statuses[200] > 0
        assert server.seen.statuses[200] + other.seen.statuses[200] == 12


def test_a_paused_job_asks_no_more_and_goes_on_when_resumed(server):
    server.behaviour.latency = 0.2
    job = asked_of(model(server, concurrency=2), source=questions(12))
    working = threading.Thread(target=answer, args=[job])
    working.start()
    until(lambda: Response.objects.exists())
    assert generating.pause(job=job)
    working.join()
    paused_at = counts(job)[1]

    assert 0 < paused_at < 12
    assert recounted(job)
    assert not Call.objects.filter(state="leased").exists()
    server.behaviour.latency = 0
    assert generating.resume(job=job)
    assert (answer(job).state, counts(job)) == (JobState.DONE, (12, 12, 0))


def test_a_cancelled_job_keeps_what_was_answered(server):
    server.behaviour.latency = 0.2
    job = asked_of(model(server, concurrency=2), source=questions(12))
    working = threading.Thread(target=answer, args=[job])
    working.start()
    until(lambda: Response.objects.exists())
    assert generating.cancel(job=job)
    working.join()
    job.refresh_from_db()

    states = Counter(Call.objects.values_list("state", flat=True))
    assert job.state == JobState.CANCELLED
    assert states["done"] == Response.objects.count() == counts(job)[1]
    assert states["done"] + states["cancelled"] + states["waiting"] == 12
    assert recounted(job)


def test_an_engine_that_is_told_to_stop_gives_back_what_it_did_not_ask(server):
    server.behaviour.latency = 0.3
    job = asked_of(model(server, concurrency=4), source=questions(40))
    stop = threading.Event()
    working = threading.Thread(target=answer, args=[job], kwargs={"stop": stop})
    working.start()
    until(lambda: Response.objects.exists())
    stop.set()
    working.join()

    states = Counter(Call.objects.values_list("state", flat=True))
    assert set(states) == {"done", "waiting"}
    assert states["done"] == server.seen.statuses[200]


def test_lost_counters_cost_nothing(server):
    server.behaviour.latency = 0.05
    job = asked_of(model(server, concurrency=4), source=questions(60))
    working = threading.Thread(target=answer, args=[job])
    working.start()
    with redis.Redis.from_url(house.REDIS_URL) as counters:
        for _ in range(3):
            seen = Response.objects.count()
            until(lambda seen=seen: Response.objects.count() > seen or not working.is_alive())
            for key in counters.scan_iter("attune:models:*"):
                counters.delete(key)
    working.join()

    assert (counts(job), max(server.seen.asked.values())) == ((60, 60, 0), 1)
    assert server.seen.most_in_flight == 4


def test_a_call_whose_worker_died_is_asked_by_another(server):
    from datetime import timedelta

    from django.utils import timezone

    from labeling.candidates import calls, planning

    job = asked_of(model(server), source=questions(3))
    planning.plan(job_id=job.pk)
    dead = Engine().id
    taken = calls.take(part=job.parts.get().pk, room=2, holder=dead)
    assert len(taken) == 2
    assert calls.expire() == 0
    Call.objects.filter(holder=dead).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert calls.expire() == 2
    assert (answer(job).state, counts(job)) == (JobState.DONE, (3, 3, 0))


def test_reward_models_score_what_was_answered(server):
    source, asked = questions(3), model(server)
    answer(asked_of(asked, source=source))
    scorer = model(server, protocol="score", role="rm")

    job = answer(asked_of(scorer, source=source))

    assert (job.state, counts(job)) == (JobState.DONE, (3, 3, 0))
    assert Score.objects.filter(endpoint=scorer, response__endpoint=asked).count() == 3
    assert len(set(Score.objects.values_list("response", flat=True))) == 3


def test_an_answer_that_came_from_a_file_meanwhile_stays(server):
    server.behaviour.latency = 0.3
    asked = model(server)
    job = asked_of(asked, source=questions(1))
    working = threading.Thread(target=answer, args=[job])
    working.start()
    until(lambda: server.seen.in_flight)
    ResponseFactory(prompt=Prompt.objects.get(), endpoint=asked, sample=0, text="From a file.")
    working.join()

    assert (counts(job), Response.objects.get().text) == ((1, 1, 0), "From a file.")


def test_text_that_a_database_cannot_hold_is_made_to_fit(quick, settings):
    row = {"prompt": "Odd?", "responses": {"odd": "a\0b"}}
    with running(answers=[row]) as odd:
        settings.MODEL_HOSTS = [odd.host]
        source = questions(1)
        Prompt.objects.update(messages=[{"role": "user", "content": "Odd?"}])

        job = answer(asked_of(model(odd, name="odd"), source=source))

    assert (job.state, Response.objects.get().text) == (JobState.DONE, "a\N{REPLACEMENT CHARACTER}b")


def test_the_pause_before_the_next_attempt_grows_and_is_spread():
    pauses = [[lines.pause(attempts) for _ in range(200)] for attempts in range(10)]

    assert all(min(few) >= lines.FIRST_PAUSE * 2**n / 2 for n, few in enumerate(pauses[:5]))
    assert max(map(max, pauses)) <= lines.LONGEST_PAUSE
    assert len(set(pauses[3])) > 100
