"""Are demonstrations graded blind, by as many as asked, and by nobody twice?"""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from labeling.labels.models import Label
from labeling.quality.models import Grade
from labeling.screening import deciding, taking
from labeling.screening import grading as grades
from tests.factories import UserFactory
from tests.factories.screening import attempt_of, published_test

pytestmark = pytest.mark.django_db


@pytest.fixture
def raul(db):
    return UserFactory(groups=["researcher"], is_staff=True, name="Raul", email="raul@attune.example")


def grading(test):
    return reverse("admin:screening_test_grading", args=[test.pk])


def label_on(page):
    return int(re.search(r'name="label" value="(\d+)"', page.content.decode())[1])


def test_what_is_graded_shows_nothing_of_who_wrote_it(test, abe, rita, client_of):
    attempt = attempt_of(abe, test, text="A **careful** answer.")

    page = client_of(rita).get(grading(test)).content.decode()

    assert "A <strong>careful</strong> answer." in page
    assert "2 demonstrations wait for your grade." in page
    for secret in (abe.email, abe.name, str(abe.pseudonym_key), attempt.code, str(attempt.pk)):
        assert secret not in page


def test_two_researchers_grade_every_demonstration_and_a_third_is_not_asked(test, abe, rita, raul, client_of):
    attempt = attempt_of(abe, test)
    for person, score in ((rita, "7"), (raul, "5")):
        client = client_of(person)
        for _ in range(2):
            label = label_on(client.get(grading(test)))
            client.post(grading(test), {"label": label, "score": score, "comment": "Good."})
        assert "Nothing waits for your grade." in client.get(grading(test)).content.decode()
    third = UserFactory(groups=["researcher"], is_staff=True)

    assert "Nothing waits for your grade." in client_of(third).get(grading(test)).content.decode()
    assert sorted(Grade.objects.values_list("graded_by__name", "score")) == [
        ("Raul", 5), ("Raul", 5), ("Rita", 7), ("Rita", 7),
    ]  # fmt: skip
    assert attempt.results.get(criterion="demonstrations").value == 6


def test_a_grade_is_needed_and_the_same_demonstration_comes_back(test, abe, rita, client_of):
    attempt_of(abe, test)
    client = client_of(rita)
    label = label_on(client.get(grading(test)))

    refused = client.post(grading(test), {"label": label, "comment": "Forgot."})

    assert "Choose a grade from 1 to 7." in refused.content.decode()
    assert "Forgot." in refused.content.decode()
    assert label_on(refused) == label
    assert not Grade.objects.exists()


def test_ones_own_grade_can_be_changed_until_it_is_decided(test, abe, rita, client_of):
    attempt = attempt_of(abe, test)
    client = client_of(rita)
    label = label_on(client.get(grading(test)))
    client.post(grading(test), {"label": label, "score": "3"})
    grade = Grade.objects.get()

    client.post(grading(test), {"label": label, "again": grade.pk, "score": "6"})
    grade.refresh_from_db()
    deciding.decide(attempt=attempt, outcome="declined", reason="x", by=rita)

    assert grade.score == 6
    assert client.get(grading(test), {"again": grade.pk}).status_code == 404


def test_another_test_of_the_same_person_neither_opens_nor_closes_a_grade(test, abe, rita, client_of):
    other = published_test(rita, name="Other", is_open=True)
    attempts = [attempt_of(abe, test), taking.begin(test=other, applicant=abe)]
    client = client_of(rita)
    label = label_on(client.get(grading(test)))
    client.post(grading(test), {"label": label, "score": "3"})
    grade = Grade.objects.get()

    both_open = client.get(grading(test), {"again": grade.pk})
    deciding.decide(attempt=attempts[0], outcome="declined", reason="x", by=rita)
    changed = client.post(grading(test), {"label": label, "again": grade.pk, "score": "7"})

    grade.refresh_from_db()
    assert (both_open.status_code, changed.status_code, grade.score) == (200, 404, 3)
    assert attempts[0].results.get(criterion="demonstrations").value == 3
    shown = client.get(grading(test)).content.decode()
    assert (f"?again={grade.pk}" in shown, "decided" in shown) == (False, True)


def test_nothing_is_graded_after_the_decision_however_it_is_asked_for(test, abe, rita):
    attempt = attempt_of(abe, test)
    label = taking.labels_of(attempt).filter(demonstration__isnull=False).first()
    deciding.decide(attempt=attempt, outcome="declined", reason="x", by=rita)

    with pytest.raises(ValidationError, match="its grades stay as they are"):
        grades.grade(test=test, label=label, score=7, by=rita)
    assert not Grade.objects.exists()


def test_nobody_changes_anothers_grade(test, abe, rita, raul, client_of):
    attempt_of(abe, test)
    client = client_of(rita)
    client.post(grading(test), {"label": label_on(client.get(grading(test))), "score": "3"})

    assert client_of(raul).get(grading(test), {"again": Grade.objects.get().pk}).status_code == 404


def test_what_was_not_handed_in_is_not_graded(test, abe, rita, client_of):
    attempt_of(abe, test, hand_in=False)

    assert "Nothing waits for your grade." in client_of(rita).get(grading(test)).content.decode()
    label = Label.objects.filter(assignment__labeler=abe, demonstration__isnull=False).first()
    client_of(rita).post(grading(test), {"label": label.pk, "score": "3"})
    assert not Grade.objects.exists()
