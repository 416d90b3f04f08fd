"""Is what the demo consists of there after it was loaded, once however often?"""

import pytest

from labeling.demo import applicants, loading, screening
from labeling.people.models import User
from labeling.screening import balance, publishing, selecting
from labeling.screening.models import Attempt
from labeling.work.models import Project, Task

pytestmark = pytest.mark.django_db(transaction=True)


def test_everything_stands_ready_and_loading_again_changes_nothing():
    loading.load()
    before = list(Task.objects.order_by("pk").values_list("pk", "project", "prompt"))

    project = loading.load()

    assert project.name == "Rank the answers"
    assert list(Project.objects.filter(purpose="training").values_list("name", "kind", "state")) == [
        ("Rank the answers", "ranking", "open"),
        ("Write demonstrations", "demonstration", "open"),
    ]
    assert list(Task.objects.order_by("pk").values_list("pk", "project", "prompt")) == before
    assert User.objects.count() == len(loading.ACCOUNTS)
    nobody_answered_what_is_to_be_written()
    the_tests_are_open_and_whole()
    applicants_wait_for_a_decision()


def nobody_answered_what_is_to_be_written():
    tasks = Task.objects.filter(project__name="Write demonstrations")
    assert tasks.count() == 6
    assert not tasks.filter(prompt__responses__endpoint__isnull=False).exists()
    assert not tasks.filter(candidates__isnull=False).exists()


def the_tests_are_open_and_whole():
    items = [("practice", 3), ("flags", 24), ("rankings", 8), ("demonstrations", 3), ("self_assessment", 1)]
    for language in screening.LANGUAGES:
        test = screening.load(language)
        assert (test.state, test.is_open, publishing.faults(test)) == ("published", True, [])
        assert [(one.criterion, one.project.tasks.in_play().count()) for one in test.sections.all()] == items
        reached = {one.name: one.reaches for one in balance.strategies(test)}
        assert [reached.pop(name) for name in ("always_no", "always_yes", "constant")] == [25 / 48, 23 / 48, 25 / 48]
        assert reached == {"all_tied": None, "one_apart": 1.0}


def applicants_wait_for_a_decision():
    people = {email: ability for email, _name, _language, ability in applicants.APPLICANTS}
    rows = {row.id: row for language in screening.LANGUAGES for row in selecting.rows(screening.load(language))}
    attempts = {str(one.pk): people[one.applicant.email] for one in Attempt.objects.select_related("applicant")}
    assert set(rows) == set(attempts)
    assert {row.state for row in rows.values()} == {"to_decide"}
    assert all(row.is_graded for row in rows.values())
    able = [rows[attempt].cells["flags"].value for attempt, ability in attempts.items() if ability > 0.9]
    others = [rows[attempt].cells["flags"].value for attempt, ability in attempts.items() if ability < 0.5]
    assert min(able) > max(others)
