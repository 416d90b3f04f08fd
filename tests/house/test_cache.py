"""Does everybody work on while the cache is away?"""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from labeling.embedded.processes import free_port
from labeling.work import queue
from tests.factories import TaskFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody_answers(settings):
    away = settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {"default": away}


@pytest.mark.usefixtures("nobody_answers")
def test_desk_and_sheet_are_shown_while_the_cache_is_away(ann, client_of):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    client = client_of(ann)

    pages = [client.get(address) for address in (reverse("desk:home"), reverse("labels:sheet", args=[sheet.pk]))]

    assert [page.status_code for page in pages] == [200, 200]


@pytest.mark.usefixtures("nobody_answers")
def test_people_sign_in_while_the_cache_is_away(ann, client):
    ann.set_password("quiet-river-42")
    ann.save()

    answer = client.post(reverse("account_login"), {"login": ann.email, "password": "quiet-river-42"})

    assert (answer.status_code, answer.url) == (302, settings.LOGIN_REDIRECT_URL)


@pytest.mark.usefixtures("nobody_answers")
def test_a_cache_that_is_away_finds_nothing_and_stands_in_nobodys_way():
    assert cache.set("a", 1) is None
    assert (cache.get("a"), cache.get("a", 7), cache.get_many(["a"])) == (None, 7, {})
    assert (cache.set_many({"a": 1}), cache.add("a", 1), cache.delete("a")) == ([], True, False)
    assert cache.incr("a") == 0


def test_a_cache_that_is_there_remembers():
    cache.set("house", "warm")

    assert (cache.get("house"), cache.get_many(["house"])) == ("warm", {"house": "warm"})
    assert (cache.add("house", "cold"), cache.delete("house"), cache.get("house")) == (False, True, None)
