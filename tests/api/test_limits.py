"""Who asks too often is told when to ask again; nobody else notices."""

import pytest
import time_machine
from django.core.cache import cache
from rest_framework.test import APIClient

from tests.api.test_problems import problem_of
from tests.factories import TaskFactory

pytestmark = pytest.mark.django_db
HERE = "/api/v1/projects/"


@pytest.fixture(autouse=True)
def clock():
    """A quarter past a minute that nobody has counted in yet."""
    cache.clear()
    with time_machine.travel("2026-11-29T12:00:15Z", tick=False) as travel:
        yield travel


def asked(client, times, address=HERE):
    return [client.get(address) for _ in range(times)]


def test_more_calls_than_a_minute_holds_are_429_and_the_next_minute_has_its_own(rest, eve, settings, clock):
    settings.API_RATE = 2
    client = rest(eve)

    *allowed, refused = asked(client, 3)
    clock.shift(45)
    later = client.get(HERE)

    assert [answer.status_code for answer in (*allowed, later)] == [200, 200, 200]
    assert problem_of(refused, 429) == {
        "type": "about:blank", "title": "Too Many Requests", "status": 429,
        "detail": "This is too often: ask again in 45 seconds.",
    }  # fmt: skip
    assert refused["Retry-After"] == "45"


def test_another_token_is_not_another_allowance_and_another_account_is(rest, eve, rita, settings):
    settings.API_RATE = 2
    asked(rest(eve), 2)

    assert rest(eve, "read").get(HERE).status_code == 429
    assert rest(rita, "read").get(HERE).status_code == 200


def test_sheets_and_the_document_are_counted_like_everything_else(rest, judge, settings):
    settings.API_RATE = 1
    client, project = rest(judge), TaskFactory().project

    answers = [client.post(f"{HERE}{project.pk}/next/"), client.post(f"{HERE}{project.pk}/next/")]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert client.get("/api/schema/").status_code == 429


def test_whoever_is_not_known_is_refused_more_and_more_curtly(settings, clock):
    settings.API_ANONYMOUS_RATE = 3
    nobody = APIClient()
    stranger = APIClient()
    stranger.credentials(HTTP_AUTHORIZATION="Token not-known-here")

    refusals = [client.get(HERE) for client in (nobody, stranger, nobody, stranger, nobody)]

    assert [answer.status_code for answer in refusals] == [401, 401, 401, 429, 429]
    assert refusals[-1]["Retry-After"] == "45"
    clock.shift(45)
    assert stranger.get(HERE).status_code == 401


def test_a_token_is_good_at_an_address_from_which_others_ask_in_vain(rest, eve, settings):
    settings.API_ANONYMOUS_RATE = 1
    asked(APIClient(), 2)

    assert rest(eve).get(HERE).status_code == 200


def test_addresses_are_told_apart_behind_as_many_proxies_as_there_are(settings):
    settings.API_ANONYMOUS_RATE = 1
    client = APIClient()

    directly = [
        client.get(HERE, headers={"X-Forwarded-For": claimed}).status_code for claimed in ("1.1.1.1", "2.2.2.2")
    ]
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    proxied = [
        client.get(HERE, headers={"X-Forwarded-For": claimed}).status_code
        for claimed in ("9.9.9.9, 1.1.1.1", "9.9.9.9, 2.2.2.2", "8.8.8.8, 2.2.2.2")
    ]

    assert (directly, proxied) == ([401, 429], [401, 401, 429])


def test_no_limit_is_zero(rest, eve, settings):
    settings.API_RATE = settings.API_ANONYMOUS_RATE = 0

    assert {answer.status_code for answer in asked(rest(eve), 5)} == {200}
    assert {answer.status_code for answer in asked(APIClient(), 5)} == {401}


def test_without_the_cache_nobody_is_counted(rest, eve, settings):
    settings.API_RATE = settings.API_ANONYMOUS_RATE = 1
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}}

    assert [answer.status_code for answer in asked(rest(eve), 3)] == [200, 200, 200]
    assert [answer.status_code for answer in asked(APIClient(), 3)] == [401, 401, 401]
