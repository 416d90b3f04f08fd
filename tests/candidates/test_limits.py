"""How calls in flight are shared among engines, on a real Valkey."""

import secrets

import pytest
import redis
from django.conf import settings

from labeling.candidates.limits import Allotment, Limits
from tests.factories import EndpointFactory


@pytest.fixture
def endpoint():
    return EndpointFactory.build(pk=secrets.randbits(40), concurrency=10)


@pytest.fixture
def engines():
    made = [Limits(name) for name in ("one", "two", "three")]
    yield made
    for limits in made:
        limits.close()


def ask(limits, endpoint, wanted, in_flight=0, starts=0):
    return limits.allot(endpoint, wanted=wanted, in_flight=in_flight, starts=starts).in_flight


def test_one_engine_gets_all_that_it_wants_up_to_the_limit(engines, endpoint):
    assert ask(engines[0], endpoint, 4) == 4
    assert ask(engines[0], endpoint, 25) == 10


def test_together_they_never_hold_more_than_the_limit(engines, endpoint):
    one, two, three = engines
    assert ask(one, endpoint, 7) == 7

    assert ask(two, endpoint, 9) == 3
    assert ask(three, endpoint, 9) == 0


def test_a_newcomer_gets_its_share_as_calls_come_back(engines, endpoint):
    one, two, _ = engines
    assert ask(one, endpoint, 10) == 10
    assert ask(two, endpoint, 10) == 0

    assert ask(one, endpoint, 10, in_flight=8) == 5  # eight are still in flight, and no new ones until there are five
    assert ask(two, endpoint, 10) == 2
    assert ask(one, endpoint, 10, in_flight=5) == 5
    assert ask(two, endpoint, 10, in_flight=2) == 5


def test_what_one_does_not_want_the_other_may_have(engines, endpoint):
    one, two, _ = engines
    assert ask(two, endpoint, 2) == 2

    assert ask(one, endpoint, 10) == 8


def test_an_engine_that_has_gone_home_holds_nothing(engines, endpoint):
    one, two, _ = engines
    ask(one, endpoint, 10)
    ask(one, endpoint, 0)

    assert ask(two, endpoint, 10) == 10


def test_an_engine_that_fell_silent_holds_nothing_any_more(engines, endpoint):
    one, two, _ = engines
    ask(one, endpoint, 10)
    with redis.Redis.from_url(settings.REDIS_URL) as counters:
        key = f"attune:models:{endpoint.pk}:held"
        counters.hset(key, "one", "10 10 1000.000000")  # ended long ago

        assert ask(two, endpoint, 10) == 10
        assert counters.hkeys(key) == [b"two"]


def test_a_limit_of_one_lets_one_through(engines, endpoint):
    endpoint.concurrency = 1
    one, two, _ = engines

    assert [ask(one, endpoint, 5), ask(two, endpoint, 5)] == [1, 0]


def test_while_an_endpoint_wants_rest_nothing_is_started(engines, endpoint):
    one, two, _ = engines
    one.hold(endpoint, seconds=60)

    assert ask(one, endpoint, 10, in_flight=3) == 3
    assert ask(two, endpoint, 10) == 0


def test_calls_a_minute_are_counted_over_all_engines(engines, endpoint):
    endpoint.calls_per_minute = 300  # five a second, and as many at once at the beginning
    one, two, _ = engines

    starts = [
        one.allot(endpoint, wanted=9, in_flight=0, starts=3),
        two.allot(endpoint, wanted=9, in_flight=0, starts=9),
    ]

    assert [allotment.starts for allotment in starts] == [3, 2]


def test_fewer_than_one_call_a_second_start_one_at_a_time(engines, endpoint):
    endpoint.calls_per_minute = 6

    first, second = (engines[0].allot(endpoint, wanted=5, in_flight=0, starts=5).starts for _ in range(2))

    assert (first, second) == (1, 0)


def test_without_a_rate_all_may_start_at_once(engines, endpoint):
    assert engines[0].allot(endpoint, wanted=9, in_flight=0, starts=9) == Allotment(9, 9)
