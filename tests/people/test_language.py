"""Which language does whom greet?"""

import pytest
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _the_next_test_reads_english():
    """A request leaves its language behind in the thread."""
    with translation.override("en"):
        yield


def choose(client, language):
    return client.post("/i18n/setlang/", {"language": language, "next": "/"})


def language_of(answer):
    """The language a page says it is in: to the browser, and to a screen reader."""
    assert f'<html lang="{answer.headers["Content-Language"]}"' in answer.text
    return answer.headers["Content-Language"]


def test_the_choice_follows_the_person_to_another_machine(ann, client_of):
    choose(client_of(ann), "ko")

    assert language_of(client_of(ann).get("/", headers={"Accept-Language": "en"})) == "ko"


def test_the_newest_choice_holds(ann, client_of):
    here = client_of(ann)
    choose(here, "ko")

    choose(here, "en")

    assert language_of(here.get("/", headers={"Accept-Language": "ko"})) == "en"


def test_one_persons_choice_is_nobody_elses(ann, bob, client_of):
    choose(client_of(ann), "ko")

    assert language_of(client_of(bob).get("/")) == "en"


def test_whoever_has_not_chosen_is_asked_through_the_browser(ann, client_of):
    assert language_of(client_of(ann).get("/", headers={"Accept-Language": "ko-KR,ko;q=0.9"})) == "ko"


def test_strangers_read_what_their_browser_asks_for():
    assert language_of(Client().get(SIGN_IN, headers={"Accept-Language": "ko-KR"})) == "ko"
    assert language_of(Client().get(SIGN_IN, headers={"Accept-Language": "fr"})) == "en"


def test_strangers_choose_with_a_cookie():
    stranger = Client()

    choose(stranger, "ko")

    assert language_of(stranger.get(SIGN_IN, headers={"Accept-Language": "en"})) == "ko"


@pytest.mark.parametrize("language", ["", "fr", "../ko", "k" * 5_000])
def test_a_language_that_is_not_offered_changes_nothing(ann, client_of, language):
    client = client_of(ann)
    choose(client, "ko")

    choose(client, language)

    ann.refresh_from_db()
    assert ann.locale == "ko"


@pytest.mark.parametrize("locale", ["fr", "xx", "../../ko"])
def test_a_language_that_is_no_longer_offered_falls_back_to_the_browsers(ann, client_of, locale):
    ann.locale = locale
    ann.save()

    assert language_of(client_of(ann).get("/", headers={"Accept-Language": "ko"})) == "ko"


def test_asking_for_the_switch_changes_nothing(ann, client_of):
    client_of(ann).get("/i18n/setlang/?language=ko")

    ann.refresh_from_db()
    assert ann.locale == ""


def test_the_switch_leads_nowhere_but_back_here(ann, client_of):
    answer = client_of(ann).post("/i18n/setlang/", {"language": "ko", "next": "https://elsewhere.example/"})

    assert answer.headers["Location"] == "/"
