"""Who has to agree to what, before they are given which work?"""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from labeling.labels.models import Label
from labeling.people import consenting
from labeling.people.access import consent_required
from labeling.people.models import Consent, ConsentText
from labeling.work import drafts, queue
from labeling.work.models import Assignment, Draft
from tests.factories import TaskFactory, UserFactory

pytestmark = pytest.mark.django_db

LETTERS = "ABCD"


@pytest.fixture
def text(db):
    return consenting.publish(english="Be **kind**.", korean="**친절**하게.", by=None)


@pytest.fixture
def project():
    project = TaskFactory().project
    TaskFactory(project=project)
    return project


def whole(form=True):
    if not form:
        ratings = [{"slot": one, "overall_quality": 4, "answers": {"fails_task": False}} for one in LETTERS]
        return {"ratings": ratings, "ranking": [list(LETTERS)]}
    said = {"rank": "1", "overall_quality": "4", "fails_task": "no"}
    return {f"{letter}-{name}": value for letter in LETTERS for name, value in said.items()} | {"revision": "1"}


def agree(person, text):
    consenting.agree(person=person, text=text, language="en")


def test_labelers_and_applicants_have_to_agree_and_nobody_else(text, ann, rita, ada, eve, judge, charlie):
    abe = UserFactory(groups=["applicant"])

    assert [consenting.wanted_of(person) for person in (ann, abe)] == [text, text]
    assert [consenting.wanted_of(person) for person in (rita, ada, eve, judge, charlie)] == [None] * 5


def test_nothing_is_asked_for_while_there_is_no_text(ann):
    assert consenting.wanted_of(ann) is None


def test_a_new_text_asks_everybody_anew(text, ann, rita):
    agree(ann, text)
    before = consenting.wanted_of(ann)

    newer = consenting.publish(english="Be kinder.", by=rita)

    assert (before, consenting.wanted_of(ann), newer.number) == (None, newer, 2)


def test_agreeing_twice_is_agreeing_once(text, ann):
    agree(ann, text)
    agree(ann, text)

    assert Consent.objects.filter(person=ann).count() == 1


def test_a_text_is_never_reworded(text):
    with pytest.raises(DatabaseError, match="a published consent text does not change"), transaction.atomic():
        ConsentText.objects.update(english="Be cruel.")


def test_what_was_read_is_what_is_agreed_to(text, ann, client_of):
    ann.locale = "ko"
    ann.save()

    page = client_of(ann).get("/consent/")
    answer = client_of(ann).post("/consent/", {"do": "agree", "number": "1", "next": "/history/"})

    assert "<strong>친절</strong>하게." in page.text
    assert (answer.status_code, answer.url) == (302, "/history/")
    assert Consent.objects.get(person=ann).language == "ko"


def test_the_english_text_is_shown_where_there_is_no_other(ann, client_of):
    consenting.publish(english="Be kind.", by=None)
    ann.locale = "ko"
    ann.save()
    client = client_of(ann)

    page = client.get("/consent/")
    client.post("/consent/", {"do": "agree", "number": "1"})

    assert '<div class="prose" lang="en">' in page.text
    assert Consent.objects.get(person=ann).language == "en"


def test_nobody_agrees_to_a_text_that_they_have_not_seen(text, ann, client_of):
    client = client_of(ann)
    client.get("/consent/")
    consenting.publish(english="Be kinder.", by=None)

    answer = client.post("/consent/", {"do": "agree", "number": "1"})

    assert answer.status_code == 409
    assert "The text has changed since you opened it. Please read it as it is now." in answer.text
    assert "Be kinder." in answer.text
    assert not Consent.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_the_page_leads_nowhere_but_back_here(text, ann, client_of, elsewhere):
    answer = client_of(ann).post("/consent/", {"do": "agree", "number": "1", "next": elsewhere})

    assert answer.url == "/"


def test_the_page_without_a_text_says_so(ann, client_of):
    assert "There is no text to agree to at the moment." in client_of(ann).get("/consent/").text
    assert client_of(ann).post("/consent/", {"do": "agree", "number": "1"}).status_code == 409


@consent_required
def a_page(request):
    return HttpResponse("work")


def asked(person, method="get", **headers):
    request = getattr(RequestFactory(), method)("/somewhere/?page=2", headers=headers)
    request.user, request.htmx = person, bool(headers)
    return a_page(request)


def test_a_page_that_requires_consent_asks_first_and_comes_back(text, ann, rita):
    assert asked(ann).url == "/consent/?next=%2Fsomewhere%2F%3Fpage%3D2"
    assert asked(ann, "post").url == "/consent/?next=%2F"
    assert asked(ann, HX_Request="true").headers["HX-Redirect"].startswith("/consent/")
    assert asked(rita).content == b"work"
    assert asked(AnonymousUser()).url.startswith("/accounts/login/")

    agree(ann, text)

    assert asked(ann).content == b"work"


def test_a_sheet_is_not_opened_before_one_agrees(text, ann, client_of, project):
    sheet = queue.next_assignment(labeler=ann, project=project)
    address = reverse("labels:sheet", args=[sheet.pk])

    before = client_of(ann).get(address)
    agree(ann, text)

    assert before.url == f"/consent/?next={address.replace('/', '%2F')}"
    assert client_of(ann).get(address).status_code == 200


def test_what_is_on_a_sheet_is_always_taken_and_no_further_one_is_given(text, ann, client_of, project):
    sheet = queue.next_assignment(labeler=ann, project=project)
    client = client_of(ann)

    kept = client.post(reverse("labels:draft", args=[sheet.pk]), whole())
    submitted = client.post(reverse("labels:submit", args=[sheet.pk]), whole() | {"then": "next"})

    assert kept.status_code == 200
    assert submitted.url == "/consent/?next=%2F"
    assert Label.objects.filter(assignment=sheet).count() == 1
    assert Assignment.objects.filter(labeler=ann).count() == 1


def test_researchers_and_programs_go_on_without(text, rita, judge, project, rest):
    assert rest(judge, "label").post(f"/api/v1/projects/{project.pk}/next/").status_code == 200
    assert rest(rita, "label").post(f"/api/v1/projects/{project.pk}/next/").status_code == 200


def test_over_rest_a_person_is_told_in_a_sentence(text, ann, project, rest):
    client = rest(ann, "label")

    refused = client.post(f"/api/v1/projects/{project.pk}/next/")
    agree(ann, text)
    sheet = client.post(f"/api/v1/projects/{project.pk}/next/").json()
    consenting.publish(english="Be kinder.", by=None)
    shown = client.get(f"/api/v1/assignments/{sheet['assignment']}/")
    submitted = client.post(f"/api/v1/assignments/{sheet['assignment']}/submit/", whole(form=False) | {"next": True})

    assert (refused.status_code, shown.status_code) == (403, 403)
    sentence = "You are given no sheets before you agree to the text as it stands: http://testserver/consent/"
    assert refused.json()["detail"].startswith(sentence)
    assert (submitted.status_code, submitted.json()["next"]) == (201, None)


def test_who_withdraws_holds_no_sheet_and_goes_on_with_the_draft_after_agreeing_again(text, ann, client_of, project):
    agree(ann, text)
    client = client_of(ann)
    sheet = queue.next_assignment(labeler=ann, project=project)
    drafts.save_draft(assignment=sheet, revision=1, body={"ratings": []})

    page = client.post("/consent/", {"do": "withdraw"}, follow=True)
    sheet.refresh_from_db()
    released = sheet.state, Draft.objects.filter(assignment=sheet).exists()
    sheet.task.refresh_from_db()
    seats = sheet.task.taken
    client.post("/consent/", {"do": "agree", "number": "1"})
    again = queue.next_assignment(labeler=ann, project=project)

    assert "You have withdrawn your consent. You are given no new sheets." in page.text
    assert (released, seats, again.pk) == (("expired", True), 0, sheet.pk)
    assert Consent.objects.filter(person=ann).count() == 2


def test_a_sheet_that_was_on_the_wire_is_still_taken_after_withdrawing(text, ann, client_of, project):
    agree(ann, text)
    sheet = queue.next_assignment(labeler=ann, project=project)
    consenting.withdraw(person=ann)

    client_of(ann).post(reverse("labels:submit", args=[sheet.pk]), whole())

    assert Label.objects.filter(assignment=sheet).count() == 1


@contextmanager
def days_later():
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=False):
        yield


def test_what_arrives_later_is_a_draft_until_they_agree_again(text, ann, client_of, project):
    agree(ann, text)
    sheet = queue.next_assignment(labeler=ann, project=project)
    submit = reverse("labels:submit", args=[sheet.pk])
    consenting.withdraw(person=ann)

    with days_later():
        client = client_of(ann)
        page = client.post(submit, whole(), follow=True)
        stored = Label.objects.count()
        kept = Draft.objects.get(assignment=sheet).body["ranking"]
        client.post("/consent/", {"do": "agree", "number": "1"})
        again = queue.next_assignment(labeler=ann, project=project)
        client.post(submit, whole() | {"revision": str(again.draft.revision)})

    assert "You have withdrawn your consent, so nothing is stored as yours before you agree again." in page.text
    assert (stored, kept, again.pk) == (0, [list(LETTERS)], sheet.pk)
    assert Label.objects.get().assignment_id == sheet.pk


def test_over_rest_it_is_a_draft_as_well(text, ann, project, rest):
    agree(ann, text)
    sheet = queue.next_assignment(labeler=ann, project=project)
    consenting.withdraw(person=ann)

    with days_later():
        answer = rest(ann, "label").post(f"/api/v1/assignments/{sheet.pk}/submit/", whole(form=False))

    assert (answer.status_code, Label.objects.count()) == (409, 0)
    assert answer.json()["detail"].startswith("You have withdrawn your consent")
    assert Draft.objects.get(assignment=sheet).body == whole(form=False)


def test_a_sheet_that_stayed_open_beside_the_withdrawal_is_not_taken_either(text, ann, project):
    """It was locked in that moment, so it kept its seat."""
    agree(ann, text)
    sheet = queue.next_assignment(labeler=ann, project=project)
    Consent.objects.update(withdrawn_at=timezone.now())

    with days_later(), pytest.raises(queue.SheetGone, match="withdrawn your consent"):
        queue.hand_in(assignment=sheet)


def test_nothing_is_reopened_by_who_has_withdrawn(text, ann, project, rest):
    agree(ann, text)
    sheet = queue.next_assignment(labeler=ann, project=project)
    client = rest(ann, "label")
    client.post(f"/api/v1/assignments/{sheet.pk}/submit/", whole(form=False))
    consenting.withdraw(person=ann)

    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        answer = client.post(f"/api/v1/assignments/{sheet.pk}/reopen/")

    sheet.refresh_from_db()
    assert (answer.status_code, sheet.state) == (409, "submitted")


def test_to_have_withdrawn_is_to_have_agreed_once_and_to_nothing_since(text, ann, bob, rita):
    agree(ann, text)
    agree(rita, text)
    consenting.publish(english="Be kinder.", by=rita)
    stands = consenting.has_withdrawn(ann, until=timezone.now())
    for person in (ann, rita):
        consenting.withdraw(person=person)
    now = timezone.now()

    told = [consenting.has_withdrawn(person, until=now) for person in (ann, bob, rita)]
    earlier = consenting.has_withdrawn(ann, until=now - timedelta(minutes=1))
    agree(ann, consenting.newest_text())

    assert (stands, told, earlier) == (False, [True, False, False], False)
    assert not consenting.has_withdrawn(ann, until=now)


def test_withdrawing_touches_nobody_else(text, ann, bob, project):
    agree(ann, text)
    agree(bob, text)
    sheet = queue.next_assignment(labeler=bob, project=project)

    assert [consenting.withdraw(person=ann), consenting.withdraw(person=ann)] == [True, False]

    sheet.refresh_from_db()
    assert (sheet.state, consenting.wanted_of(bob)) == ("open", None)


def test_a_text_is_looked_at_before_it_is_published(rita, client_of):
    client = client_of(rita)
    add = reverse("admin:people_consenttext_add")
    words = {"english": "Be **kind**.", "korean": ""}

    preview = client.post(add, words | {"_preview": "1"})
    before = ConsentText.objects.count()
    client.post(add, words | {"_save": "1"})

    assert "<strong>kind</strong>" in preview.text
    assert "This will be version 1." in preview.text
    assert before == 0
    published = ConsentText.objects.get()
    assert (published.number, published.english, published.published_by) == (1, "Be **kind**.", rita)


def test_texts_are_added_and_neither_changed_nor_deleted(text, rita, ada, client_of):
    for person in (rita, ada):
        client = client_of(person)
        page = client.get(reverse("admin:people_consenttext_change", args=[text.pk]))
        assert "<strong>kind</strong>" in page.text
        assert client.post(reverse("admin:people_consenttext_change", args=[text.pk]), {}).status_code == 403
        assert client.get(reverse("admin:people_consenttext_delete", args=[text.pk])).status_code == 403


@pytest.mark.parametrize("agreed", [True, False])
def test_asking_costs_a_sheet_no_query(text, ann, client_of, project, agreed, django_assert_num_queries):
    """The question rides on the one that finds the sheet."""
    if agreed:
        agree(ann, text)
    sheet = queue.next_assignment(labeler=ann, project=project)
    from labeling.labels.views import own_assignment

    with django_assert_num_queries(1):
        assert own_assignment(ann, sheet.pk).misses_consent is not agreed
