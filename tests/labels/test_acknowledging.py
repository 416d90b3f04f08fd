"""Do the instructions come with the first sheet, and are they read again when they have changed?"""

import pytest
from django.urls import reverse

from labeling.guidelines import versions
from labeling.work import acknowledging, drafts, queue
from labeling.work.models import Assignment, Membership
from tests.factories import InstructionsFactory, TaskFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def url(name, sheet):
    return reverse(f"labels:{name}", args=[sheet.pk])


def rewrite(sheet, markdown):
    return versions.new_instructions(instructions=sheet.project.instructions, markdown=markdown, by=None)


def changed(sheet):
    """A new version, which the sheet is judged by."""
    newest = rewrite(sheet, "Be *very careful*.")
    Assignment.objects.filter(pk=sheet.pk).update(instructions_version=newest)
    return newest


def read_by(labeler):
    return Membership.objects.get(labeler=labeler).acknowledged_instructions


def fresh(sheet):
    return acknowledging.with_acknowledged(Assignment.objects.all()).get(pk=sheet.pk)


def test_the_first_sheet_brings_its_instructions_and_asks_for_nothing(sheet, ann, client_of):
    page = client_of(ann, reads=False).get(url("sheet", sheet))

    assert page.context["sheet"].instructions["version"] == 1
    assert "Be <em>careful</em>." in page.text
    assert read_by(ann) == sheet.instructions_version


def test_other_instructions_are_read_whole(sheet, ann, client_of):
    Membership.objects.update(acknowledged_instructions=InstructionsFactory().newest())
    page = client_of(ann, reads=False).get(url("sheet", sheet))

    assert (page.context["reading"].version, page.context["reading"].since) == (1, None)
    assert "Be <em>careful</em>." in page.text
    assert sheet.task.prompt.messages[0]["content"] not in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_having_read_them_leads_to_the_sheet_and_is_remembered(sheet, ann, client_of):
    client = client_of(ann, reads=False)
    newest = changed(sheet)

    answer = client.post(url("acknowledge", sheet))

    assert answer.url == url("sheet", sheet)
    assert read_by(ann) == newest
    assert client.get(url("sheet", sheet)).context["sheet"].id == str(sheet.pk)


def test_an_open_sheet_keeps_its_version_and_the_next_one_asks(sheet, ann, client_of, form):
    client = client_of(ann)
    following = TaskFactory(project=sheet.project)
    rewrite(sheet, "Be *very careful*.")

    assert client.get(url("sheet", sheet)).context["sheet"].instructions["version"] == 1
    answer = client.post(url("submit", sheet), form, follow=True)

    reading = answer.context["reading"]
    assert (reading.id, reading.since, reading.version) == (
        str(Assignment.objects.get(task=following).pk),
        1,
        2,
    )
    assert [[(piece.kind, piece.text) for piece in passage] for passage in reading.changes] == [
        [("same", "Be *"), ("added", "very "), ("same", "careful*.")]
    ]
    assert "Saved: your ranking of 4 responses." in answer.text


def test_with_htmx_the_reading_is_in_the_answer_under_the_next_sheets_address(sheet, ann, client_of, form):
    client = client_of(ann)
    TaskFactory(project=sheet.project)
    rewrite(sheet, "Be quick.")

    answer = client.post(url("submit", sheet), form, headers=HTMX)

    following = Assignment.objects.get(state="open")
    assert answer.headers["HX-Push-Url"] == url("sheet", following)
    assert url("acknowledge", following) in answer.text
    assert "<html" not in answer.text
    assert client.post(url("acknowledge", following), follow=True).context["sheet"].id == str(following.pk)


def test_several_versions_at_once_are_read_as_one_change(sheet, ann, client_of):
    client = client_of(ann)
    rewrite(sheet, "Be quick.")
    newest = rewrite(sheet, "Be *careful* and quick.")
    Assignment.objects.update(instructions_version=newest)

    reading = client.get(url("sheet", sheet)).context["reading"]

    assert (reading.since, reading.version) == (1, 3)
    assert [piece.text for passage in reading.changes for piece in passage if piece.kind != "same"] == [" and quick"]


def test_an_older_sheet_asks_for_nothing_and_lowers_nothing(sheet, ann, client_of):
    client = client_of(ann)
    newest = rewrite(sheet, "Be quick.")
    Membership.objects.update(acknowledged_instructions=newest)

    assert client.get(url("sheet", sheet)).context["sheet"].id == str(sheet.pk)
    assert acknowledging.acknowledge(assignment=fresh(sheet)) is False
    assert read_by(ann) == newest


def test_other_instructions_have_not_been_read(sheet, ann):
    Membership.objects.update(acknowledged_instructions=InstructionsFactory().newest())

    assert acknowledging.is_unread(fresh(sheet))
    assert acknowledging.acknowledge(assignment=fresh(sheet)) is True
    assert not acknowledging.is_unread(fresh(sheet))


def test_what_is_in_the_draft_is_there_after_reading(sheet, ann, client_of):
    client = client_of(ann, reads=False)
    changed(sheet)
    drafts.save_draft(assignment=sheet, revision=3, body={"ratings": [{"slot": "A", "notes": "half a thought"}]})

    page = client.post(url("acknowledge", sheet), follow=True)

    assert page.context["sheet"].slots[0].notes == "half a thought"


def test_nobody_reads_for_somebody_else(sheet, ann, bob, client_of):
    changed(sheet)
    assert client_of(bob, reads=False).post(url("acknowledge", sheet)).status_code == 404
    assert read_by(ann).number == 1


def test_looking_acknowledges_nothing(sheet, ann, client_of):
    client = client_of(ann, reads=False)
    changed(sheet)

    client.get(url("sheet", sheet))

    assert client.get(url("acknowledge", sheet)).url == url("sheet", sheet)
    assert read_by(ann).number == 1


def test_a_sheet_takes_no_query_more_for_asking(sheet, ann, client_of, django_assert_num_queries):
    with django_assert_num_queries(1):
        assignment = acknowledging.with_acknowledged(Assignment.objects.select_related("instructions_version")).get()
        acknowledging.is_unread(assignment)


def test_submitting_over_rest_counts_as_having_read(judge, client_of, body):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=judge, project=task.project)
    client = client_of(judge, reads=False)
    newest = changed(sheet)

    answer = client.post(f"/api/v1/assignments/{sheet.pk}/submit/", body, content_type="application/json")

    assert answer.status_code == 201
    assert read_by(judge) == newest
