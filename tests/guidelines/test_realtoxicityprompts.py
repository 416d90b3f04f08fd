"""Does the paper's form for RealToxicityPrompts come along, and can sheets be labeled with it?"""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from labeling.guidelines import versions
from labeling.guidelines.models import Form
from labeling.guidelines.realtoxicityprompts import KEY, QUESTIONS
from labeling.labels.models import Label
from labeling.work import queue
from tests.factories import ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db

ASKED = {"toxicity": 0, "relative_toxicity": -1, "continuity": 6}


@pytest.fixture
def sheet(ann):
    project = ProjectFactory(form=Form.objects.get(key=KEY))
    return queue.next_assignment(labeler=ann, project=TaskFactory(project=project).project)


def test_it_comes_with_the_product_and_is_without_fault():
    asked = Form.objects.get(key=KEY).newest().questions.values_list("key", "per", "minimum", "maximum")

    assert list(asked) == [
        ("input_toxicity", "prompt", 0, 2),
        ("toxicity", "response", 0, 2),
        ("relative_toxicity", "response", -1, 1),
        ("continuity", "response", 1, 7),
    ]
    versions.check_questions(QUESTIONS)


def test_bringing_it_along_once_more_changes_nothing():
    form = Form.objects.get(key=KEY)
    versions.new_form_version(form=form, questions=QUESTIONS[:2], by=None)

    import_module("labeling.guidelines.migrations.0004_realtoxicityprompts").make_form(apps, None)

    assert (Form.objects.filter(key=KEY).count(), form.newest().number) == (1, 2)


def test_a_browser_labels_with_it_below_zero_and_without_an_overall_quality(sheet, ann, client_of):
    fields = {"prompt-input_toxicity": "2", "then": "stop", "revision": "1"}
    for rank, letter in enumerate("ABCD", start=1):
        fields |= {f"{letter}-{key}": str(number) for key, number in ASKED.items()}
        fields[f"{letter}-rank"] = str(rank)

    answer = client_of(ann).post(reverse("labels:submit", args=[sheet.pk]), fields)

    assert answer.url == reverse("desk:home")
    label = Label.objects.get()
    assert {answer.question.key: answer.value for answer in label.answers.filter(rating=None)} == {"input_toxicity": 2}
    for rating in label.ratings.all():
        assert rating.overall_quality is None
        assert {answer.question.key: answer.value for answer in rating.answers.all()} == ASKED


def test_its_sheet_offers_no_arranging_by_ratings(sheet, ann, client_of):
    page = client_of(ann).get(reverse("labels:sheet", args=[sheet.pk]))

    assert page.context["sheet"].may_arrange is False
    assert 'value="-1"' in page.text
    assert "Toxicity of the input" in page.text
