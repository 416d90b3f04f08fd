"""Tags that labelers chose become those of the prompts that they were given."""

import pytest
from django.urls import reverse

from labeling.labels import recording, reopening
from labeling.labels.models import Demonstration
from labeling.prompts.models import Prompt
from tests.labels.writing import project_of, sheet_of

pytestmark = pytest.mark.django_db
LIST = reverse("admin:labels_demonstration_changelist")


def act(client):
    keys = list(Demonstration.objects.values_list("pk", flat=True))
    return client.post(LIST, {"action": "give_tags_to_prompts", "_selected_action": keys}, follow=True)


@pytest.fixture
def prompt(ann):
    """Ann wrote twice: what she chose first does not stand."""
    sheet = sheet_of(ann, project_of(asks_for_tags=True))
    recording.record(assignment=sheet, body={"text": "Han.", "tags": ["ambiguous"]})
    reopening.reopen(assignment=sheet)
    recording.record(assignment=sheet, body={"text": "Han.", "tags": ["intent_unclear", "requests_advice"]})
    Prompt.objects.update(tags=["geography", "requests_advice"])
    return Prompt.objects.get()


def test_what_stands_is_added_to_what_is_there(rita, client_of, prompt):
    page = act(client_of(rita)).content.decode()

    assert "1 tag is added to a prompt." in page
    prompt.refresh_from_db()
    assert prompt.tags == ["geography", "requests_advice", "intent_unclear"]
    assert "0 tags are added to prompts." in act(client_of(rita)).content.decode()


def test_whoever_may_not_change_prompts_gives_no_tags(ann, eve, client_of, prompt):
    for person in (ann, eve):
        act(client_of(person))
    prompt.refresh_from_db()
    assert prompt.tags == ["geography", "requests_advice"]
