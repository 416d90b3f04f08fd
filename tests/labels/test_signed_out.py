"""Signed out in the middle of a sheet: after signing in again nobody meets an empty page, and no word is lost."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from labeling.labels.models import Label
from labeling.work import drafts
from labeling.work.models import Assignment, Draft, SheetFlag
from tests.factories.reading import has_read

pytestmark = pytest.mark.django_db

PASSWORD = "attune-demo"


@pytest.fixture
def written(form):
    return form | {"A-notes": "쓰다 만 생각", "csrfmiddlewaretoken": "as in the page"}


def sign_in(client, person, following):
    """As somebody does at the page that a redirect to sign in leads to."""
    has_read(person)
    person.set_password(PASSWORD)
    person.save()
    fields = {"login": person.email, "password": PASSWORD, "next": following}
    return client.post(reverse("account_login"), fields, follow=True)


def next_of(answer):
    address, _, following = answer.url.partition("?next=")
    assert (answer.status_code, address) == (302, reverse("account_login"))
    return following


@pytest.mark.parametrize("page", ["submit", "turn", "preview", "reopen", "leave", "take-up"])
def test_what_is_posted_from_a_sheet_leads_back_to_it_by_get(sheet, ann, client_of, page):
    answer = client_of(ann).get(reverse(f"labels:{page}", args=[sheet.pk]))

    assert (answer.status_code, answer.url) == (302, reverse("labels:sheet", args=[sheet.pk]))


def test_start_leads_back_to_the_desk_by_get(sheet, ann, client_of):
    answer = client_of(ann).get(reverse("desk:start", args=[sheet.project_id]))

    assert (answer.status_code, answer.url) == (302, reverse("desk:home"))


@pytest.mark.parametrize("page", ["submit", "turn"])
def test_what_was_on_the_sheet_is_on_it_after_signing_in(sheet, ann, written, page):
    client = Client()
    following = next_of(client.post(reverse(f"labels:{page}", args=[sheet.pk]), written))
    assert "You have been signed out." in client.get(reverse("account_login")).text

    answer = sign_in(client, ann, following)

    assert "쓰다 만 생각" in answer.text
    assert "Nothing was submitted yet." in answer.text
    assert Draft.objects.get().body["ratings"][0]["notes"] == "쓰다 만 생각"
    assert not Label.objects.exists()
    assert client.get(following).url == reverse("labels:sheet", args=[sheet.pk])  # once is enough


def test_a_newer_draft_from_elsewhere_stays_and_both_can_be_read(sheet, ann, written):
    client = Client()
    following = next_of(client.post(reverse("labels:submit", args=[sheet.pk]), written))
    drafts.save_draft(assignment=sheet, revision=9, body={"ratings": [{"slot": "A", "notes": "newer"}]})

    answer = sign_in(client, ann, following)

    assert (answer.status_code, "쓰다 만 생각" in answer.text) == (409, True)
    assert Draft.objects.get().body["ratings"][0]["notes"] == "newer"


def test_what_was_written_in_a_flag_is_there_after_signing_in(sheet, ann):
    client, page = Client(), reverse("labels:flag", args=[sheet.pk])
    fields = {"kind": "broken", "note": "It ends in the middle.", "csrfmiddlewaretoken": "as in the page"}

    answer = sign_in(client, ann, next_of(client.post(page, fields)))

    assert answer.request["PATH_INFO"] == page
    assert answer.context["form"].initial.dict() == fields
    assert "It ends in the middle." in answer.text
    assert not SheetFlag.objects.exists()


def test_somebody_else_who_signs_in_finds_none_of_it(sheet, bob, written):
    client = Client()
    following = next_of(client.post(reverse("labels:submit", args=[sheet.pk]), written))

    answer = sign_in(client, bob, following)

    assert answer.status_code == 404
    assert not Draft.objects.exists()


def test_nothing_waits_for_a_sheet_that_is_not_open(sheet, written):
    Assignment.objects.update(state="skipped", closed_at=sheet.leased_at)

    next_of(Client().post(reverse("labels:submit", args=[sheet.pk]), written))

    assert not Session.objects.exists()


def test_nothing_waits_for_a_script_which_keeps_its_words_itself(sheet, written):
    next_of(Client().post(reverse("labels:submit", args=[sheet.pk]), written, headers={"HX-Request": "true"}))

    assert not Session.objects.exists()
