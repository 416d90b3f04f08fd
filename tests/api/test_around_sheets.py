"""Flagging and reopening over REST."""

import pytest

from labeling.labels import reopening
from labeling.labels.models import Label, Lock
from labeling.work.models import Assignment, SheetFlag
from tests.api.test_sheets import BODY, address, anns, project, sheet  # noqa: F401

pytestmark = pytest.mark.django_db


def flag(client, sheet, body, **headers):  # noqa: F811
    return client.post(address(sheet, "flag/"), body, headers=headers)


def test_a_flag_is_stored_and_the_sheet_goes_on(anns, sheet):  # noqa: F811
    anns.put(address(sheet, "draft/"), {"revision": 1, "seconds": 5})

    answer = flag(anns, sheet, {"kind": "pii", "note": "A phone number."})

    stored = SheetFlag.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"flag": stored.pk})
    assert (stored.kind, stored.note, str(stored.assignment_id)) == ("pii", "A phone number.", sheet["assignment"])
    assert anns.get(address(sheet)).json()["draft"] == {"revision": 1, "body": {"seconds": 5}}


@pytest.mark.parametrize(
    "body", [{}, {"kind": "boring"}, {"kind": "pii", "note": 5_000 * "x"}, {"kind": "pii", "why": ""}]
)
def test_a_flag_of_no_known_kind_is_refused(anns, sheet, body):  # noqa: F811
    assert flag(anns, sheet, body).status_code in {400, 422}
    assert SheetFlag.objects.count() == 0


def test_a_flag_sent_twice_under_one_key_is_answered_twice_and_stored_once(anns, sheet):  # noqa: F811
    first = flag(anns, sheet, {"kind": "other", "note": "odd"}, **{"Idempotency-Key": "f"})
    again = flag(anns, sheet, {"kind": "other", "note": "odd"}, **{"Idempotency-Key": "f"})

    assert first.json() == again.json()
    assert SheetFlag.objects.get().note == "odd"


def test_a_submitted_sheet_opens_again_with_what_was_said(anns, sheet):  # noqa: F811
    anns.post(address(sheet, "submit/"), BODY)

    answer = anns.post(address(sheet, "reopen/"))

    assert (answer.status_code, answer.json()["assignment"]) == (200, sheet["assignment"])
    draft = answer.json()["draft"]["body"]
    assert (draft["ranking"], draft["ratings"]) == (BODY["ranking"], BODY["ratings"])
    assert anns.post(address(sheet, "submit/"), BODY).status_code == 201
    assert list(Label.objects.order_by("pk").values_list("revision", flat=True)) == [1, 2]


def test_a_locked_label_and_a_begun_sheet_refuse_in_a_sentence(anns, sheet, project):  # noqa: F811
    anns.post(address(sheet, "submit/"), BODY)
    following = anns.post(f"/api/v1/projects/{project.pk}/next/").json()
    anns.put(address(following, "draft/"), {"revision": 1})

    begun = anns.post(address(sheet, "reopen/"))
    Assignment.objects.filter(pk=following["assignment"]).update(state="skipped", closed_at="2026-01-01T00:00Z")
    reopening.lock(labels=Label.objects.values_list("pk", flat=True), because=Lock.REVIEWED)
    locked = anns.post(address(sheet, "reopen/"))

    assert (begun.status_code, begun.json()["detail"].split(".")[0]) == (409, "You have begun this sheet")
    assert (locked.status_code, locked.json()["detail"]) == (
        409, "It has been reviewed, so it can no longer be changed.",
    )  # fmt: skip


def test_a_label_locked_meanwhile_keeps_its_words_and_the_new_ones_as_a_draft(anns, sheet):  # noqa: F811
    anns.post(address(sheet, "submit/"), BODY)
    anns.post(address(sheet, "reopen/"))
    reopening.lock(labels=Label.objects.values_list("pk", flat=True), because=Lock.FROZEN)

    answer = anns.post(address(sheet, "submit/"), BODY | {"seconds": 300})

    assert (answer.status_code, Label.objects.get().seconds) == (409, 95)
    kept = Assignment.objects.get(pk=sheet["assignment"])
    assert (kept.state, kept.draft.body["seconds"]) == ("submitted", 300)


def test_a_reopened_sheet_is_not_skipped(anns, sheet):  # noqa: F811
    anns.post(address(sheet, "submit/"), BODY)
    anns.post(address(sheet, "reopen/"))

    assert anns.post(address(sheet, "skip/"), {"reason": "unclear"}).status_code == 409


def test_what_was_never_submitted_is_not_reopened(anns, sheet):  # noqa: F811
    anns.post(address(sheet, "skip/"))

    assert anns.post(address(sheet, "reopen/")).status_code == 409
