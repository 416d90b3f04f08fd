"""Agreement over REST: numbers with their intervals, or why there are none."""

import pytest

from tests.factories import ProjectFactory, TaskFactory
from tests.factories.labels import rank

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "read")


@pytest.fixture
def project(ann, bob):
    project = ProjectFactory(overlap=2)
    for theirs in ("A > B > D > C", "A > B > C > D"):
        task = TaskFactory(project=project)
        rank(task, ann, "A > B > C > D", answers={"A": {"fails_task": False}})
        rank(task, bob, theirs, answers={"A": {"fails_task": False}})
    return project


def test_two_people_who_rank_alike_but_for_one_pair(engineer, project):
    told = engineer.get(f"/api/v1/projects/{project.pk}/agreement/").json()

    rankings = told["rankings"]
    assert (told["project"], told["kind"], told["with_programs"]) == (project.pk, "ranking", False)
    assert (rankings["pairs"], rankings["tasks"]) == (12, 2)
    assert rankings["without_ties"]["value"] == pytest.approx(11 / 12)
    assert rankings["without_ties"]["low"] < 11 / 12 < rankings["without_ties"]["high"] == 1.0
    [question] = told["questions"]
    assert (question["key"], question["units"], question["agreement"]["value"]) == ("fails_task", 2, 1.0)
    assert question["positive_agreement"] == {"value": None, "low": None, "high": None, "n": 2, "why": "one_sided"}
    assert question["within_1"] is None


def test_a_project_that_nobody_labeled_has_nothing_to_compare(engineer):
    told = engineer.get(f"/api/v1/projects/{ProjectFactory().pk}/agreement/").json()

    assert (told["rankings"], told["questions"]) == (None, [])


def test_programs_are_compared_with_people_where_that_is_asked_for(engineer, project, judge):
    rank(TaskFactory(project=project), judge, "D > C > B > A")
    rank(project.tasks.first(), judge, "D > C > B > A")

    told = engineer.get(f"/api/v1/projects/{project.pk}/agreement/?with_programs=true").json()

    assert (told["with_programs"], told["rankings"]["pairs"]) == (True, 24)


def test_what_is_no_yes_or_no_is_refused(engineer, project):
    answer = engineer.get(f"/api/v1/projects/{project.pk}/agreement/?with_programs=perhaps")

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "with_programs")
