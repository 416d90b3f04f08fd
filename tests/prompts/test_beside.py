"""What goes into files with a prompt is looked at as the prompt is: references that came along, and demonstrations."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from labeling.candidates.importing import add_prompts
from labeling.candidates.models import Response, normal_hash
from labeling.datasets import choosing
from labeling.labels import recording
from labeling.labels.models import Demonstration
from labeling.prompts.hygiene.deciding import keep, redact
from labeling.prompts.models import Finding, Prompt
from labeling.work import queue
from labeling.work.drawing import add_tasks
from tests.candidates.files import counts, imported
from tests.factories import ProjectFactory
from tests.labels.writing import FEW_SHOT, asking_sheet_of

pytestmark = pytest.mark.django_db
LETTER = "Write to lee@attune.kr or 010-1234-5678."
REDACTED = "Write to [E-MAIL] or [PHONE]."


def places():
    found = Finding.objects.order_by("stands_in", "row", "part", "start")
    return list(found.values_list("kind", "stands_in", "row", "part", "start", "end"))


@pytest.fixture
def answered(db):
    """A prompt of the training split whose reference is a letter."""
    imported({"id": "1", "prompt": "Write a letter.", "split": "train", "reference": LETTER})
    return Prompt.objects.get()


@pytest.fixture
def demonstrated(ann):
    """A prompt of the training split to which Ann has written a letter, and its project."""
    imported({"id": "1", "prompt": "Write a letter.", "split": "train"})
    project = ProjectFactory(kind="demonstration")
    add_tasks(project=project, prompts=Prompt.objects.all())
    recording.record(assignment=queue.next_assignment(labeler=ann, project=project), body={"text": LETTER})
    return Prompt.objects.get(), project


def written(project):
    choice = choosing.choose(kind="sft", format="trl", projects=[project])
    return [label.demonstration.text for label in choosing.demonstrations(choice)]


def test_a_reference_is_looked_at_and_holds_its_prompt_back(answered):
    reference = Response.objects.get().pk
    assert places() == [
        ("email", "response", reference, 0, 9, 22),
        ("phone", "response", reference, 0, 26, 39),
    ]
    assert list(Prompt.objects.fit()) == []


def test_an_import_counts_what_it_finds_in_references_with_the_rest():
    rows = [
        {"id": "1", "prompt": "I am ann@attune.kr", "reference": LETTER},
        {"id": "2", "prompt": "Name a lake.", "reference": LETTER},
        {"id": "3", "prompt": "Name a river.", "reference": "The Han.", "responses": {"gpt": "bob@attune.kr"}},
    ]
    job = imported(*rows)
    assert (counts(job), job.finding_count, job.held_back_count) == ((3, 0, 0, 1), 5, 2)
    again = imported(*rows)
    assert (again.finding_count, Finding.objects.count()) == (0, 5)


def test_a_reference_that_comes_later_is_looked_at_too():
    add_prompts(source_name="here", rows=[{"id": "1", "prompt": "Name a lake."}])
    add_prompts(source_name="here", rows=[{"id": "1", "prompt": "Name a lake.", "reference": LETTER}])
    assert Prompt.objects.with_open_findings().count() == 1


def test_redacting_writes_into_the_reference_and_nowhere_else(answered, rita):
    assert redact(prompt=answered, by=rita) == 2
    reference = Response.objects.get()
    assert (reference.text, reference.text_hash) == (REDACTED, normal_hash(REDACTED))
    assert [row[4:] for row in places()] == [(9, 17), (21, 28)]
    assert Prompt.objects.fit().get().messages == answered.messages


def test_a_demonstration_is_looked_at_and_holds_its_prompt_back_until_it_is_decided(demonstrated, rita):
    prompt, project = demonstrated
    assert {row[1:3] for row in places()} == {("demonstration", Demonstration.objects.get().pk)}
    assert (written(project), list(Prompt.objects.unfit())) == ([], [prompt])
    redact(prompt=prompt, by=rita)
    assert written(project) == [REDACTED]


def test_what_is_kept_leaves_as_it_was_written(demonstrated, rita):
    prompt, project = demonstrated
    keep(prompt=prompt, by=rita)
    assert written(project) == [LETTER]


def test_a_demonstration_of_a_prompt_that_its_labeler_wrote_is_decided_with_it(ann, rita):
    sheet = asking_sheet_of(ann)
    recording.record(assignment=sheet, body={"text": LETTER, "prompt": FEW_SHOT | {"text": "I am ann@attune.kr"}})
    prompt = Prompt.objects.get()
    assert redact(prompt=prompt, by=rita) == 3
    prompt.refresh_from_db()
    assert (prompt.messages[0]["content"], Demonstration.objects.get().text) == ("I am [E-MAIL]", REDACTED)


def test_the_page_shows_where_it_stands(answered, rita, client_of):
    page = client_of(rita).get(reverse("admin:prompts_prompt_decide", args=[answered.pk])).content.decode()
    assert re.findall("<strong><bdi>(.*?)</bdi>", page) == ["User", "Reference"]
    assert 'Write to <mark title="e-mail address">lee@attune.kr</mark><sup>1</sup> or' in page


def test_what_goes_takes_its_findings_along(answered, ann):
    sheet = asking_sheet_of(ann)
    recording.record(assignment=sheet, body={"text": LETTER, "prompt": FEW_SHOT})
    assert Finding.objects.count() == 4
    Response.objects.all().delete()
    assert {row[1] for row in places()} == {"demonstration"}
    Demonstration.objects.all().delete()
    assert places() == []


@pytest.mark.parametrize(
    "change",
    [
        {"stands_in": "response"},
        {"row": 7},
        {"stands_in": "letter", "row": 7},
        {"stands_in": "response", "row": 7, "part": 1},
    ],
)
def test_the_database_refuses_a_finding_that_stands_nowhere(change):
    imported({"id": "1", "prompt": LETTER})
    finding = Finding.objects.first()
    with pytest.raises(IntegrityError, match="finding_names_the_text_it_stands_in"), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(**change)
