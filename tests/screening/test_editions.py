"""Is a new edition of a test a copy that stands by itself, down to the key?"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.guidelines.versions import new_form_version
from labeling.labels.models import Label
from labeling.quality.models import Gold
from labeling.screening import balance, building, editions, keys, publishing, scoring
from labeling.screening.models import Criterion, Test
from labeling.work import projects, queue, steering
from labeling.work.models import Membership, Task, TaskCandidate
from tests.factories.screening import _item, attempt_of, draft_test, work_through
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(test, rita):
    return editions.new_edition(test=test, by=rita)


def said_of(test):
    """What a test consists of, without the numbers of its rows."""
    return [
        (
            section.position, section.criterion, section.title, section.minutes, section.project.kind,
            section.project.form, section.project.instructions.newest().markdown,
            [
                (task.prompt, task.priority, task.position, task.seed, list(task.candidates.values_list("response")))
                for task in section.project.tasks.in_play().order_by("position", "prompt")
            ],
        )
        for section in test.sections.select_related("project__form")
    ]  # fmt: skip


def key_of(test):
    """The right answers by prompt, said of responses rather than of their places."""
    found = {}
    for gold in Gold.objects.filter(task__project__section__test=test).select_related("task"):
        responses = dict(TaskCandidate.objects.filter(task=gold.task).values_list("pk", "response"))
        answers = keys.answers_of([gold.label_id])[gold.label_id]
        found[gold.task.prompt_id] = (gold.explanation, gold.set_by, gold.label.submitted_at, {
            (question, responses.get(candidate)): [sorted(responses[one] for one in tied) for tied in answer]
            if question == "ranking" else answer
            for (question, candidate), answer in answers.items()
        })  # fmt: skip
    return found


def test_it_is_a_draft_with_the_same_sections_and_items(test, edition, rita):
    assert (edition.state, edition.edition, edition.came_from, edition.created_by) == ("draft", 2, test, rita)
    assert edition.name == "Screening, edition 2"
    assert said_of(edition) == said_of(test)
    assert not set(edition.sections.values_list("project")) & set(test.sections.values_list("project"))


def test_its_key_is_agreed_already(test, edition):
    assert len(key_of(test)) == 7
    assert key_of(edition) == key_of(test)
    assert [(one.name, one.reaches) for one in balance.strategies(edition)] == [
        (one.name, one.reaches) for one in balance.strategies(test)
    ]
    for section in edition.sections.filter(criterion__in=keys.KEYED).select_related("project", "test"):
        for item in keys.items(section):
            assert (item.is_agreed, [label.pk for label in item.labels]) == (True, [item.gold.label_id])


def test_whoever_answered_is_given_only_what_is_new(edition, rita):
    flags = section_of(edition, Criterion.FLAGS)
    _item(flags, "f1", ["f1 answered"])
    projects.open_project(project=flags.project)

    labels = work_through(flags, rita)

    assert len(labels) == 1
    assert Membership.objects.get(project=flags.project, labeler=rita).taken == 5
    assert list(flags.project.tasks.values_list("taken", flat=True)) == [1] * 5


def test_it_is_published_and_measures_like_the_first(test, edition, rita, abe, cleo):
    first = attempt_of(abe, test)
    Test.objects.filter(pk=publishing.publish(test=edition, by=rita).pk).update(is_open=True)
    edition.refresh_from_db()

    second = attempt_of(cleo, edition)

    for criterion in (Criterion.FLAGS, Criterion.RANKINGS):
        assert [one.results.get(criterion=criterion).value for one in (first, second)] == [1, 1]
    assert Label.objects.filter(gold__isnull=False, locked_because="key").count() == 14


def test_what_is_changed_in_it_leaves_the_first_as_it_was(test, edition, rita, abe):
    attempt = attempt_of(abe, test)
    before, flags = (said_of(test), key_of(test)), section_of(edition, Criterion.FLAGS)

    steering.set_aside(tasks=Task.objects.filter(pk=flags.project.tasks.first().pk), reason="Too hard.", by=rita)
    projects.change_project(project=flags.project, by=rita, markdown="Read twice.")
    Gold.objects.filter(task__project=section_of(edition, Criterion.RANKINGS).project).delete()
    scoring.score(attempt=attempt)

    assert (said_of(test), key_of(test)) == before
    assert (attempt.test, attempt.results.get(criterion="flags").n) == (test, 4)


def test_an_item_may_be_mended_and_only_that_is_answered_anew(edition, rita):
    rankings = section_of(edition, Criterion.RANKINGS)
    steering.set_aside(tasks=Task.objects.filter(pk=rankings.project.tasks.first().pk), reason="Broken.", by=rita)
    _item(rankings, "r0", [f"other {letter}" for letter in "abcd"])
    projects.open_project(project=rankings.project)
    with pytest.raises(ValidationError, match="1 of 2 items have no right answer yet"):
        publishing.publish(test=edition, by=rita)

    work_through(rankings, rita)
    keys.agree_where_unanimous(section=rankings, by=rita)

    assert publishing.publish(test=edition, by=rita).state == "published"


def test_what_was_set_aside_does_not_come_along(rita):
    test = draft_test(rita)
    writing = section_of(test, Criterion.DEMONSTRATIONS).project
    steering.set_aside(tasks=Task.objects.filter(pk=writing.tasks.first().pk), reason="Broken.", by=rita)
    for section in test.sections.filter(criterion__in=keys.KEYED).select_related("project", "test"):
        projects.open_project(project=section.project)
        work_through(section, rita)
        for item in keys.items(section):
            keys.agree(task=item.task, label=item.labels[0], by=rita, explanation="Because.")

    edition = editions.new_edition(test=publishing.publish(test=test, by=rita), by=rita)

    assert section_of(edition, Criterion.DEMONSTRATIONS).project.tasks.count() == 1


def test_a_form_that_has_moved_on_is_answered_anew(test, rita):
    form = section_of(test, Criterion.RANKINGS).project.form
    new_form_version(
        form=form,
        by=rita,
        questions=[{"key": "overall_quality", "wording": "How good?", "scale": "likert", "minimum": 1, "maximum": 7}],
    )

    edition = editions.new_edition(test=test, by=rita)

    rankings = section_of(edition, Criterion.RANKINGS)
    assert (rankings.project.tasks.count(), Gold.objects.filter(task__project=rankings.project).count()) == (2, 0)
    assert Gold.objects.filter(task__project__section__test=edition).count() == 5


def test_a_draft_has_no_editions(rita):
    with pytest.raises(ValidationError, match="is a draft still: change it as it is"):
        editions.new_edition(test=draft_test(rita), by=rita)


def test_editions_are_counted_from_the_first_and_named_after_it(test, edition, rita):
    second = publishing.publish(test=edition, by=rita)

    third = editions.new_edition(test=second, by=rita)
    other = editions.new_edition(test=second, by=rita)

    assert [(one.name, one.edition) for one in (third, other)] == [
        ("Screening, edition 3", 3),
        ("Screening, edition 3 (2)", 3),
    ]


def test_a_later_edition_is_always_made_from_one(rita):
    with pytest.raises(IntegrityError, match="later_editions_are_made_from_earlier_ones"), transaction.atomic():
        Test.objects.create(name="Second", edition=2)


def queries_of(test, by):
    with CaptureQueriesContext(connection) as queries:
        editions.new_edition(test=test, by=by)
    return len(queries)


def test_the_queries_do_not_grow_with_the_items(test, rita):
    few = queries_of(test, rita)
    flags = section_of(editions.new_edition(test=test, by=rita), Criterion.FLAGS)
    for name in ("f1", "f2", "f3", "f4"):
        _item(flags, name, [f"{name} answered"])
    projects.open_project(project=flags.project)
    work_through(flags, rita)
    keys.agree_where_unanimous(section=flags, by=rita)
    larger = publishing.publish(test=flags.test, by=rita)

    assert queries_of(larger, rita) <= few + 1  # for the way to the first edition


def test_it_is_made_on_a_page_that_says_what_comes_along(test, rita, client_of):
    client, address = client_of(rita), reverse("admin:screening_test_new_edition", args=[test.pk])
    assert address in client.get(reverse("admin:screening_test_change", args=[test.pk])).text

    page = client.get(address)
    made = client.post(address, {"name": "Screening, spring", "korean_name": ""}, follow=True)

    edition = Test.objects.get(name="Screening, spring")
    assert "the same texts, sections, items and key" in page.text
    assert 'value="Screening, edition 2"' in page.text
    assert made.redirect_chain[-1][0] == reverse("admin:screening_test_change", args=[edition.pk])
    assert f">{test}</a>" in made.text
    assert edition.name in client.get(reverse("admin:screening_test_change", args=[test.pk])).text


def test_a_name_that_is_taken_is_refused_on_the_page(test, rita, client_of):
    address = reverse("admin:screening_test_new_edition", args=[test.pk])

    page = client_of(rita).post(address, {"name": test.name})

    assert (page.status_code, Test.objects.count()) == (200, 1)
    assert "already exists" in page.text


def test_of_a_draft_the_page_leads_back(rita, client_of):
    test = building.new_test(name="Draft", by=rita)

    page = client_of(rita).get(reverse("admin:screening_test_new_edition", args=[test.pk]), follow=True)

    assert "is a draft still" in page.text


def test_only_those_who_run_tests_make_editions(test, ann, eve, client_of):
    address = reverse("admin:screening_test_new_edition", args=[test.pk])

    for person in (ann, eve):
        assert client_of(person).post(address, {"name": "Mine"}).status_code in (302, 403)
    assert Test.objects.count() == 1


def test_the_earlier_edition_still_takes_whoever_has_begun(test, edition, rita, abe):
    attempt = attempt_of(abe, test, hand_in=False, sections=[section_of(test, Criterion.PRACTICE)])
    publishing.publish(test=edition, by=rita)
    publishing.close(test=test)

    flags = section_of(test, Criterion.FLAGS)
    attempt_of(abe, test, sections=[flags])

    attempt.refresh_from_db()
    assert attempt.handed_in_at
    assert queue.why_nothing(labeler=abe, project=flags.project)


def test_each_edition_says_which_came_before_and_after_it(test, edition, rita, client_of):
    pages = [client_of(rita).get(reverse("admin:screening_test_change", args=[one.pk])) for one in (test, edition)]

    links = [f'<a href="{reverse("admin:screening_test_change", args=[one.pk])}">{one}</a>' for one in (edition, test)]
    assert f"1 · later: {links[0]}" in pages[0].text
    assert f"2 · made from {links[1]}" in pages[1].text
