"""Can anybody tell who said what? Nobody: not by a link, a time, an order or a hidden number."""

import uuid

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import translation

from labeling.surveys import answering, offering
from labeling.surveys.countries import countries
from labeling.surveys.models import STATEMENTS, Asked, Demographics, Satisfaction, Survey
from labeling.work.models import Membership
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory
from tests.factories.labels import assign

pytestmark = pytest.mark.django_db

ABOUT = "/surveys/about-you/"
SAID = {
    "gender": "female",
    "ethnicities": ["east_asian", "white"],
    "nationality": "KR",
    "age_band": "25-34",
    "education": "master",
}


def worked(person, project=None, *, sheets=offering.SHEETS):
    project = project or ProjectFactory(k=2, overlap=None)
    assign(TaskFactory(project=project), person)
    Membership.objects.filter(labeler=person, project=project).update(taken=sheets)
    return project


def test_answers_are_kept_apart_from_who_was_asked(ann):
    answering.answer_demographics(person=ann, **SAID)

    answer, asked = Demographics.objects.get(), Asked.objects.get()
    assert {name: getattr(answer, name) for name in SAID} == SAID
    assert (asked.person, asked.survey, asked.quarter == answer.quarter) == (ann, "demographics", True)


@pytest.mark.parametrize("model", [Demographics, Satisfaction])
def test_no_answer_points_at_a_person_or_a_moment(model):
    kinds = {field.name: field.get_internal_type() for field in model._meta.concrete_fields}

    assert [field.related_model._meta.label for field in model._meta.concrete_fields if field.is_relation] in (
        [],
        ["work.Project"],
    )
    assert not {"DateTimeField", "DateField", "AutoField", "BigAutoField"} & set(kinds.values())


@pytest.mark.django_db(transaction=True)
def test_the_hidden_numbers_of_rows_lead_nowhere():
    people = [LabelerFactory() for _ in range(8)]
    for person in people:
        answering.answer_demographics(person=person, gender="female")

    answers, asked = hidden("surveys_demographics"), hidden("surveys_asked")

    # All answers carry the number of the last transaction; so only one person in Asked shares it, with all of them.
    assert (len(answers), len(set(answers)), len(set(asked))) == (8, 1, 8)


def hidden(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xmin::text FROM {table}")  # noqa: S608  a table of ours
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_answers_do_not_stand_in_the_order_in_which_they_came():
    codes = [code for code, _name in countries()][:40]
    for code in codes:
        answering.answer_demographics(person=LabelerFactory(), nationality=code)

    with connection.cursor() as cursor:
        cursor.execute("SELECT nationality FROM surveys_demographics ORDER BY ctid")
        stored = [row[0] for row in cursor.fetchall()]

    assert (sorted(stored), stored == codes) == (sorted(codes), False)


def test_keys_are_random_and_new(ann, bob):
    answering.answer_demographics(person=ann, gender="female")
    first = Demographics.objects.get().pk
    answering.answer_demographics(person=bob, gender="male")

    keys = set(Demographics.objects.values_list("pk", flat=True))
    assert (first in keys, {key.version for key in keys}, type(first)) == (False, {4}, uuid.UUID)


def test_what_is_skipped_is_not_there(ann, bob):
    answering.answer_demographics(person=ann, gender="", ethnicities=[], nationality="", age_band="18-24", education="")
    answering.answer_demographics(person=bob, gender="", ethnicities=[], nationality="", age_band="", education="")

    assert [(one.gender, one.age_band) for one in Demographics.objects.all()] == [("", "18-24")]
    assert Asked.objects.count() == 2


def test_nobody_answers_twice(ann):
    said = [answering.answer_demographics(person=ann, gender="female") for _ in range(2)]

    assert (said, Demographics.objects.count()) == ([True, False], 1)


def test_about_themselves_people_are_asked_once_for_good_and_about_work_once_a_quarter(ann):
    project = ProjectFactory()
    with time_machine.travel("2026-02-01", tick=False):
        answering.answer_demographics(person=ann, gender="female")
        answering.answer_satisfaction(person=ann, project=project, clear=4)
    with time_machine.travel("2026-04-01", tick=False):
        said = [
            answering.answer_demographics(person=ann, gender="female"),
            answering.answer_satisfaction(person=ann, project=project, clear=5),
        ]

    assert said == [False, True]
    assert sorted(Satisfaction.objects.values_list("quarter", "clear")) == [("2026Q1", 4), ("2026Q2", 5)]


def test_putting_away_looks_like_answering(ann, bob):
    project = ProjectFactory()
    answering.answer_satisfaction(person=ann, project=project, clear=4)
    put_away = answering.put_away(person=bob, survey=Survey.SATISFACTION, project=project)

    rows = [{name: value for name, value in row.items() if name not in {"id", "person_id"}} for row in _asked()]
    assert (put_away, rows[0] == rows[1], Satisfaction.objects.count()) == (True, True, 1)
    assert not answering.answer_satisfaction(person=bob, project=project, clear=1)


def _asked():
    return list(Asked.objects.values())


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_are_answered_from_1_to_5(name):
    with pytest.raises(IntegrityError, match=f"{name}_from_1_to_5"), transaction.atomic():
        Satisfaction.objects.create(project=ProjectFactory(), quarter="2026Q4", **{name: 6})


def test_after_some_work_the_desk_offers_one_survey(ann, client_of):
    few = worked(ann, sheets=offering.SHEETS - 1)
    none = offering.offer_to(ann)
    enough = worked(ann)

    shown = client_of(ann).get("/").content.decode()

    assert (none, offering.offer_to(ann).project) == (None, enough)
    assert f"/surveys/work/{enough.pk}/" in shown
    assert f"/surveys/work/{few.pk}/" not in shown
    assert "/surveys/about-you/" not in shown


def test_then_the_next_one_until_none_is_left(ann, client_of):
    project = worked(ann)
    client = client_of(ann)

    offered = []
    while offer := offering.offer_to(ann):
        offered.append(offer.survey)
        address = reverse("surveys:work", args=[project.pk]) if offer.project else ABOUT
        client.post(address, {"do": "put_away"})

    assert offered == ["satisfaction", "demographics"]
    assert "/surveys/" not in client.get("/").content.decode()
    assert (Demographics.objects.count(), Satisfaction.objects.count()) == (0, 0)


def test_next_quarter_work_is_asked_about_again_if_there_was_any(ann):
    project = worked(ann)
    answering.put_away(person=ann, survey=Survey.SATISFACTION, project=project)
    answering.put_away(person=ann, survey=Survey.DEMOGRAPHICS)
    with time_machine.travel("2060-04-01", tick=False):
        idle = offering.offer_to(ann)
        assign(TaskFactory(project=project), ann)
        Membership.objects.update(taken=offering.SHEETS)
        at_work = offering.offer_to(ann)

    assert (idle, at_work.project) == (None, project)


def test_of_a_test_nobody_is_asked(ann, rita):
    worked(ann, ProjectFactory(k=2, purpose="screening"))
    worked(rita)

    assert (offering.offer_to(ann), offering.offer_to(rita)) == (None, None)


def test_the_form_about_oneself_is_sent(ann, client_of):
    client = client_of(ann)

    answer = client.post(ABOUT, SAID, follow=True)

    assert "Thank you. What you said is kept without your name." in answer.content.decode()
    assert {name: getattr(Demographics.objects.get(), name) for name in SAID} == SAID
    assert "You have answered this survey or put it away." in client.get(ABOUT).content.decode()


def test_the_form_about_the_work_is_sent(ann, client_of):
    project = worked(ann)

    client_of(ann).post(reverse("surveys:work", args=[project.pk]), {"clear": "5", "repetitive": "2", "glad": ""})

    answer = Satisfaction.objects.get()
    assert [getattr(answer, name) for name in STATEMENTS] == [5, None, 2, None, None]


def test_what_cannot_be_answered_is_said_and_nothing_is_kept(ann, client_of):
    answer = client_of(ann).post(ABOUT, SAID | {"age_band": "7"})

    assert (answer.status_code, Demographics.objects.count(), Asked.objects.count()) == (200, 0, 0)
    assert "Select a valid choice" in answer.content.decode()


def test_of_a_project_one_has_not_worked_in_there_is_no_page(ann, bob, client_of):
    project = worked(bob)

    statuses = [client_of(person).get(reverse("surveys:work", args=[project.pk])).status_code for person in (ann, bob)]

    assert statuses == [404, 200]


@pytest.mark.parametrize("name", ["charlie", "rita", "eve", "judge"])
def test_only_labelers_are_asked(name, request, client_of):
    assert client_of(request.getfixturevalue(name)).get(ABOUT).status_code == 403


def test_countries_are_those_of_the_standard_in_the_readers_language():
    with translation.override("ko"):
        korean = dict(countries())
    english = dict(countries())

    assert (english["KR"], korean["KR"], len(english)) == ("South Korea", "대한민국", 250)
    assert {"EU", "UN", "ZZ"} & set(english) == set()
