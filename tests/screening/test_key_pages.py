"""Do researchers build, key, publish and close a test by its pages?"""

import pytest
from django.urls import reverse

from labeling.labels import reopening
from labeling.quality.models import Gold
from labeling.screening import keys
from labeling.screening.models import Criterion, Section, Test
from labeling.work import projects
from labeling.work.models import Assignment
from tests.factories import UserFactory
from tests.factories.screening import draft_test, keyed_test, work_through
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db


def page(name, test):
    return reverse(f"admin:screening_test_{name}", args=[test.pk])


@pytest.fixture
def draft(rita):
    return draft_test(rita)


def test_a_section_is_started_with_a_project_that_fits(rita, client_of):
    test = Test.objects.create(name="New")
    said = {"criterion": "self_assessment", "title": "About you", "korean_title": "자기 평가", "instructions": "Say."}

    answer = client_of(rita).post(page("start_section", test), said)

    section = Section.objects.get()
    assert answer["Location"] == reverse("admin:work_project_add_tasks", args=[section.project_id])
    assert (section.project.purpose, section.project.kind, section.project.overlap, section.project.k) == (
        "screening", "rating", None, 0,
    )  # fmt: skip


def test_a_project_that_does_not_fit_is_refused_on_the_tests_page(rita, client_of, draft):
    flags, rankings = section_of(draft, Criterion.FLAGS), section_of(draft, Criterion.RANKINGS)
    sections = list(draft.sections.all())
    data = {"name": draft.name, "cutoff_flags": "0.75", "cutoff_rankings": "0.75", "cutoff_demonstrations": "6",
            "ranking_variant": "without_ties", "graders": "2", "sections-TOTAL_FORMS": str(len(sections)),
            "sections-INITIAL_FORMS": str(len(sections))}  # fmt: skip
    for n, section in enumerate(sections):
        criterion = Criterion.RANKINGS if section == flags else section.criterion
        data |= {f"sections-{n}-id": section.pk, f"sections-{n}-test": draft.pk, f"sections-{n}-title": section.title,
                 f"sections-{n}-position": section.position, f"sections-{n}-criterion": criterion,
                 f"sections-{n}-project": section.project_id}  # fmt: skip

    answer = client_of(rita).post(page("change", draft), data)

    assert answer.status_code == 200
    assert "is of another kind than rankings need: ranking." in answer.content.decode()
    assert rankings.project_id


def test_what_researchers_agree_on_becomes_the_key_with_one_button(rita, client_of, draft):
    raul = UserFactory(groups=["researcher"], is_staff=True, name="Raul")
    flags = section_of(draft, Criterion.FLAGS)
    projects.open_project(project=flags.project)
    for person in (rita, raul):
        work_through(flags, person)
    client = client_of(rita)

    before = client.get(page("key", draft)).content.decode()
    client.post(page("key", draft), {"unanimous": flags.pk})

    assert "0 of 4 have their right answer" in before
    assert "Take all that are agreed" in before
    assert Gold.objects.count() == 4
    assert "4 of 4 have their right answer" in client.get(page("key", draft)).content.decode()


def test_where_they_differ_one_is_chosen_and_explained(rita, client_of, draft):
    raul = UserFactory(groups=["researcher"], is_staff=True)
    rankings = section_of(draft, Criterion.RANKINGS)
    projects.open_project(project=rankings.project)
    work_through(rankings, rita)
    work_through(rankings, raul, reverse=True)
    item = keys.items(rankings)[0]
    client = client_of(rita)

    shown = client.get(page("key", draft)).content.decode()
    chosen = {
        "task": item.task.pk,
        "label": item.labels[1].pk,
        "explanation": "Kinder.",
        "korean_explanation": "더 친절.",
    }
    client.post(page("key", draft), chosen)

    gold = Gold.objects.get()
    assert "they differ" in shown
    assert (gold.label, gold.explanation, gold.korean_explanation, gold.set_by) == (
        item.labels[1], "Kinder.", "더 친절.", rita,
    )  # fmt: skip


def test_the_key_page_says_which_right_answer_was_reopened_since(rita, client_of):
    test = keyed_test(rita)
    gold = Gold.objects.filter(task__project__section__criterion=Criterion.FLAGS).first()
    reopening.reopen(assignment=Assignment.objects.select_related("project", "labeler").get(labels=gold.label))

    shown = client_of(rita).get(page("key", test)).content.decode()

    assert shown.count("the right answer has been corrected or reopened since: choose again") == 1
    assert "3 of 4 have their right answer" in shown


def test_publishing_is_asked_for_and_refused_with_every_reason(rita, client_of, draft):
    client = client_of(rita)

    shown = client.get(page("publish", draft)).content.decode()
    client.post(page("publish", draft))

    draft.refresh_from_db()
    assert "“Flags”: 4 of 4 items have no right answer yet." in shown
    assert 'value="Publish"' not in shown
    assert draft.state == "draft"


def test_a_balanced_test_is_published_and_closed(rita, client_of):
    test = keyed_test(rita)
    client = client_of(rita)

    shown = client.get(page("publish", test)).content.decode()
    client.post(page("publish", test))
    test.refresh_from_db()
    published = test.state
    change = client.get(page("change", test)).content.decode()
    client.post(page("close", test))
    test.refresh_from_db()

    assert "always No" in shown
    assert (published, test.state, test.is_open) == ("published", "closed", False)
    assert page("close", test) in change


def test_a_test_with_an_unbalanced_key_shows_what_would_pass(rita, client_of):
    test = keyed_test(rita, cutoff_flags="0.50")

    shown = client_of(rita).get(page("publish", test)).content.decode()

    assert "Somebody who always says no would reach 50% of 50%: balance the key." in shown
    assert "would pass: balance the key" in shown


def test_labelers_applicants_and_engineers_see_none_of_it(client_of, draft, ann, hal, eve, judge, abe):
    for person in (ann, hal, eve, judge, abe):
        for name in ("key", "publish", "start_section", "grading", "selection"):
            answer = client_of(person).get(page(name, draft))
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")
