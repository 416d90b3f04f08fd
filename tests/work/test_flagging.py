"""Labelers say what is wrong with a sheet, go on, and researchers look at it."""

import pytest
from django.db import IntegrityError
from django.urls import reverse

from labeling.work import drafts, flagging, queue
from labeling.work.models import Assignment, Draft, SheetFlag, Task
from tests.factories import ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:work_sheetflag_changelist")


@pytest.fixture
def sheet(ann):
    return queue.next_assignment(labeler=ann, project=TaskFactory().project)


def address(sheet):
    return reverse("labels:flag", args=[sheet.pk])


def act(client, action, flags, **answers):
    chosen = {"action": action, "_selected_action": [flag.pk for flag in flags]}
    return client.post(LIST, chosen | ({"answered": "1", **answers} if answers else {}), follow=True)


def test_a_flag_says_what_and_leaves_sheet_and_draft_alone(sheet, ann, client_of):
    drafts.save_draft(assignment=sheet, revision=1, body={"seconds": 5})

    answer = client_of(ann).post(address(sheet), {"kind": "pii", "note": "A phone\0 number."})

    flag = SheetFlag.objects.get()
    assert (flag.assignment, flag.kind, flag.note, flag.resolved_at) == (sheet, "pii", "A phone number.", None)
    assert (Draft.objects.get().body, Assignment.objects.get().state) == ({"seconds": 5}, "open")
    assert answer.url == reverse("labels:sheet", args=[sheet.pk])


def test_with_htmx_the_sheet_stays_and_is_told(sheet, ann, client_of):
    answer = client_of(ann).post(address(sheet), {"kind": "broken"}, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert 'id="flag-dialog"' in answer.text
    assert "Flagged. The researchers will look at it; you can go on." in answer.text


@pytest.mark.parametrize("fields", [{}, {"kind": "boring"}, {"kind": "pii", "note": "x" * 2_001}])
def test_a_flag_that_says_nothing_known_is_refused_in_its_place(sheet, ann, client_of, fields):
    answer = client_of(ann).post(address(sheet), fields)

    assert answer.status_code == 422
    assert SheetFlag.objects.count() == 0


def test_nobody_flags_somebody_elses_sheet(sheet, bob, client_of):
    assert client_of(bob).post(address(sheet), {"kind": "pii"}).status_code == 404
    assert SheetFlag.objects.count() == 0


def test_the_same_concern_twice_is_one_flag_with_both_notes(sheet):
    flagging.flag(assignment=sheet, kind="pii", note="A name.")
    flagging.flag(assignment=sheet, kind="pii", note="A name.")
    flagging.flag(assignment=sheet, kind="pii", note="And a phone number.")
    flagging.flag(assignment=sheet, kind="broken")

    notes = {flag.kind: flag.note for flag in SheetFlag.objects.all()}
    assert notes == {"pii": "A name.\nAnd a phone number.", "broken": ""}


def test_a_concern_that_was_resolved_can_be_raised_again(sheet, rita):
    flag = flagging.flag(assignment=sheet, kind="pii")
    flagging.resolve(flags=SheetFlag.objects.all(), by=rita)

    assert flagging.flag(assignment=sheet, kind="pii") != flag


def test_the_database_keeps_one_waiting_flag_of_a_kind(sheet):
    flagging.flag(assignment=sheet, kind="pii")

    with pytest.raises(IntegrityError, match="flagged_once_for_each_kind"):
        SheetFlag.objects.create(assignment=sheet, kind="pii")


def test_the_database_knows_no_resolution_without_a_moment(sheet, rita):
    flag = flagging.flag(assignment=sheet, kind="pii")

    with pytest.raises(IntegrityError, match="resolved_when_somebody_says_how"):
        SheetFlag.objects.filter(pk=flag.pk).update(resolution="done")


def test_the_list_shows_what_waits_and_leads_to_the_task(sheet, rita, client_of):
    waiting = flagging.flag(assignment=sheet, kind="pii", note="A name.")
    done = flagging.flag(assignment=sheet, kind="other", note="Done with.")
    flagging.resolve(flags=SheetFlag.objects.filter(pk=done.pk), by=rita)
    client = client_of(rita)

    page = client.get(LIST)

    assert list(page.context["cl"].queryset) == [waiting]
    assert reverse("admin:work_task_change", args=[sheet.task_id]) in page.text
    assert list(client.get(LIST, {"state": "resolved"}).context["cl"].queryset) == [done]
    assert "ann@attune.example" not in page.text


def test_resolving_asks_what_came_of_it_and_keeps_who_and_when(sheet, rita, client_of):
    flag = flagging.flag(assignment=sheet, kind="pii")
    client = client_of(rita)
    assert "What came of it?" in act(client, "resolve", [flag]).text

    page = act(client, "resolve", [flag], resolution="Not a real person.")

    flag.refresh_from_db()
    assert (flag.resolved_by, flag.resolution, flag.resolved_at is None) == (rita, "Not a real person.", False)
    assert "1 flag is resolved." in page.text


def test_setting_the_task_aside_resolves_every_flag_on_it(rita, ann, bob, client_of):
    project = ProjectFactory(overlap=2)
    task = TaskFactory(project=project)
    flags = [
        flagging.flag(assignment=queue.next_assignment(labeler=person, project=project), kind="harmful")
        for person in (ann, bob)
    ]

    page = act(client_of(rita), "set_aside", flags[:1], reason="Harmful.")

    task.refresh_from_db()
    assert (task.set_aside_reason, task.set_aside_by) == ("Harmful.", rita)
    assert set(SheetFlag.objects.values_list("resolution", "resolved_by")) == {("Harmful.", rita.pk)}
    assert "1 task is set aside." in page.text


def test_the_progress_page_counts_what_waits(sheet, rita, client_of):
    flagging.flag(assignment=sheet, kind="pii")
    flagging.flag(assignment=sheet, kind="broken")
    flagging.resolve(flags=SheetFlag.objects.filter(kind="broken"), by=rita)

    page = client_of(rita).get(reverse("admin:work_project_progress", args=[sheet.project_id]))

    assert "1 flag waits for you." in page.text


def test_an_admin_gives_a_skipped_sheet_back(sheet, ann, rita, client_of):
    queue.skip(assignment=sheet, reason="unclear")
    client = client_of(rita)
    fields = {"action": "give_back", "_selected_action": [sheet.pk]}

    page = client.post(reverse("admin:work_assignment_changelist"), fields, follow=True)

    assert "1 sheet returns to its labeler when a seat is free." in page.text
    assert queue.next_assignment(labeler=ann, project=sheet.project) == sheet
    assert Task.objects.get().taken == 1
    again = client.post(reverse("admin:work_assignment_changelist"), fields, follow=True)
    assert "None of these sheets was skipped." in again.text
