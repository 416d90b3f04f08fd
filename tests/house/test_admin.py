"""Every table has a place in the admin, and its list asks as many questions for three rows as for one."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.labels import recording
from labeling.work import drafts, queue
from labeling.work.models import Assignment
from tests.factories import LabelerFactory, TaskFactory

# Single answers about people are shown to nobody, only totals.
NEVER_ROW_BY_ROW = {"surveys.Demographics", "surveys.Satisfaction"}
OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("labeling.") and model._meta.label not in NEVER_ROW_BY_ROW
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_table_is_registered(model):
    assert model in admin.site._registry


def label_of_somebody(project):
    sheet = queue.next_assignment(labeler=LabelerFactory(), project=project)
    drafts.save_draft(assignment=sheet, revision=1, body={})
    sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)
    letters = [slot.letter for slot in sheet.slots.all()]
    ratings = [{"slot": letter, "overall_quality": 4, "answers": {"fails_task": True}} for letter in letters]
    recording.record(assignment=sheet, body={"ratings": ratings, "ranking": [letters]})


@pytest.mark.django_db
def test_lists_ask_the_same_questions_whatever_their_length(ada, client_of):
    client = client_of(ada)

    def counted():
        return {model._meta.label: _queries(client, model) for model in OURS}

    project = TaskFactory().project
    label_of_somebody(project)
    counted()  # what is asked once, of content types say, is asked here
    few = counted()
    for _ in range(3):
        TaskFactory(project=project)
        label_of_somebody(project)

    assert counted() == few


def _queries(client, model):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
