"""A label can be changed until it locks; what it was before stays; and the database refuses the rest."""

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from labeling.labels import recording, reopening
from labeling.labels.models import Demonstration, Label, Lock
from labeling.labels.saying import in_short, said
from labeling.work import drafts, queue
from labeling.work.models import Assignment, Draft, Kind
from tests.factories import FormVersionFactory, LabelerFactory, ProjectFactory, TaskFactory
from tests.house.test_books import recount
from tests.work.test_many_hands import in_threads

pytestmark = pytest.mark.django_db

BODY = {
    "ratings": [
        {"slot": letter, "overall_quality": quality, "answers": {"fails_task": quality < 3}, "notes": note}
        for letter, quality, note in [("A", 5, ""), ("B", 5, "good"), ("C", 1, ""), ("D", 7, "")]
    ],
    "ranking": [["D"], ["A", "B"], ["C"]],
    "seconds": 95,
    "prompt_answers": {},
    "arranged_by_ratings": True,
}


def fresh(sheet):
    return Assignment.objects.select_related("project", "task__prompt", "labeler").get(pk=sheet.pk)


def submit(sheet, body):
    return recording.record(assignment=fresh(sheet), body=body)


def reopen(sheet):
    return reopening.reopen(assignment=fresh(sheet))


def url(name, sheet):
    return reverse(f"labels:{name}", args=[sheet.pk])


def test_a_reopened_sheet_shows_what_was_said(sheet):
    submit(sheet, BODY)

    reopen(sheet)

    assert Draft.objects.get().body == BODY


def test_submitting_again_appends_a_revision_and_supersedes_the_first(sheet, body):
    first = submit(sheet, body)
    reopen(sheet)
    assert Label.objects.standing().get() == first

    second = submit(sheet, body | {"ranking": [["A", "B", "C", "D"]]})

    first.refresh_from_db()
    assert (first.revision, first.superseded_at, second.revision) == (1, second.submitted_at, 2)
    assert Label.objects.standing().get() == second
    assert {place.rank for place in first.ranking.places.all()} == {1, 2, 3}
    assert (Draft.objects.count(), fresh(sheet).state, recount()) == (0, "submitted", [])


def test_a_sheet_may_be_reopened_again_and_again(sheet, body):
    for _ in range(3):
        submit(sheet, body)
        reopen(sheet)

    assert list(Label.objects.order_by("pk").values_list("revision", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize("scale", [{"key": "good", "wording": "Good?", "scale": "binary", "allows_na": True}])
@pytest.mark.parametrize("answer", [True, False, None])
def test_what_a_label_says_makes_the_same_label_again(ann, scale, answer):
    about_prompt = {"key": "use", "wording": "What for?", "scale": "text", "per": "prompt"}
    form = FormVersionFactory(questions=[scale, about_prompt]).form
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory(project=ProjectFactory(form=form, k=2)).project)
    body = {
        "ratings": [
            {"slot": letter, "overall_quality": None, "answers": {"good": answer}, "notes": ""} for letter in "AB"
        ],
        "ranking": [["B"], ["A"]],
        "prompt_answers": {"use": "rivers"},
        "seconds": 3,
        "arranged_by_ratings": False,
    }

    assert said(submit(sheet, body)) == body


def test_a_demonstration_comes_back_as_it_was_written(ann):
    sheet = queue.next_assignment(
        labeler=ann, project=TaskFactory(project=ProjectFactory(kind="demonstration")).project
    )
    queue.hand_in(assignment=sheet)
    label = Label.objects.create(assignment=sheet, seconds=7)
    Demonstration.objects.create(label=label, text="The Han.")

    reopen(sheet)

    assert Draft.objects.get().body == {"text": "The Han.", "seconds": 7}
    assert in_short(label) == "The Han."


def test_a_label_in_short_is_its_order_or_its_grades(sheet, ann, body):
    ranked = submit(sheet, body)
    graded = TaskFactory(project=ProjectFactory(kind=Kind.RATING, k=2)).project
    other = queue.next_assignment(labeler=ann, project=graded)
    ratings = [
        {"slot": letter, "overall_quality": n, "answers": {"fails_task": False}} for letter, n in [("A", 3), ("B", 6)]
    ]

    assert in_short(ranked) == "D > A = B > C"
    assert in_short(submit(other, {"ratings": ratings})) == "A: 3, B: 6"


@pytest.mark.parametrize("because", Lock)
def test_a_locked_label_is_not_reopened(sheet, body, because):
    label = submit(sheet, body)
    reopening.lock(labels=[label.pk], because=because)

    with pytest.raises(reopening.Locked, match="so it can no longer be changed"):
        reopen(sheet)

    assert (fresh(sheet).state, Draft.objects.count(), recount()) == ("submitted", 0, [])


@pytest.mark.parametrize(("hours", "is_open"), [(23.9, True), (24.1, False)])
def test_a_label_locks_when_it_is_a_day_old(sheet, body, hours, is_open):
    label = submit(sheet, body)

    with time_machine.travel(label.submitted_at + timezone.timedelta(hours=hours)):
        assert reopening.is_locked(label) is not is_open
        assert Label.objects.open_to_change().exists() is is_open


def test_what_is_superseded_or_locked_is_not_open_to_change(sheet, body):
    first = submit(sheet, body)
    reopen(sheet)
    second = submit(sheet, body)
    assert list(Label.objects.open_to_change()) == [second]

    reopening.lock(labels=[first.pk, second.pk], because=Lock.FROZEN)

    assert list(Label.objects.open_to_change()) == []


def test_what_was_locked_first_keeps_its_reason(sheet, body):
    label = submit(sheet, body)
    reopening.lock(labels=[label.pk], because=Lock.REVIEWED)

    reopening.lock(labels=[label.pk], because=Lock.FROZEN)

    label.refresh_from_db()
    assert label.locked_because == Lock.REVIEWED


@pytest.mark.parametrize(
    "change",
    [{"superseded_at": timezone.now()}, {"locked_at": None, "locked_because": ""}, {"seconds": 1}],
    ids=["superseded", "unlocked", "changed"],
)
def test_the_database_refuses_to_change_a_locked_label(sheet, body, change):
    label = submit(sheet, body)
    reopening.lock(labels=[label.pk], because=Lock.FROZEN)

    with pytest.raises(IntegrityError, match="a locked label does not change"):
        Label.objects.filter(pk=label.pk).update(**change)


def test_the_database_refuses_a_lock_without_a_reason(sheet, body):
    label = submit(sheet, body)

    with pytest.raises(IntegrityError, match="locked_for_a_reason"):
        Label.objects.filter(pk=label.pk).update(locked_at=timezone.now())


def test_a_label_that_is_locked_while_its_sheet_is_open_again_stays_and_the_words_are_kept(
    sheet, body, ann, client_of, form
):
    label = submit(sheet, body)
    reopen(sheet)
    reopening.lock(labels=[label.pk], because=Lock.FROZEN)

    page = client_of(ann).post(url("submit", sheet), form | {"revision": "1000001", "A-notes": "too late"}, follow=True)

    assert "It is part of a dataset" in page.text
    assert (Label.objects.get(), fresh(sheet).state, recount()) == (label, "submitted", [])
    assert Draft.objects.get().body["ratings"][0]["notes"] == "too late"


def test_a_sheet_that_was_reopened_in_time_may_be_submitted_when_its_label_is_a_day_old(sheet, body):
    label = submit(sheet, body)
    with time_machine.travel(label.submitted_at + timezone.timedelta(hours=23.9)):
        reopen(sheet)

    with time_machine.travel(label.submitted_at + timezone.timedelta(hours=24.5)):
        assert submit(sheet, body).revision == 2


def test_leaving_it_as_it_was_drops_the_draft_and_keeps_the_label(sheet, body):
    label = submit(sheet, body)
    reopen(sheet)

    assert reopening.leave_as_it_was(assignment=fresh(sheet)) is True

    assert (Label.objects.get(), Draft.objects.count(), fresh(sheet).state) == (label, 0, "submitted")
    assert reopening.leave_as_it_was(assignment=fresh(sheet)) is False


def test_words_typed_before_the_time_ran_out_come_back_when_it_is_reopened_once_more(sheet, body):
    submit(sheet, body)
    reopen(sheet)
    drafts.save_draft(assignment=sheet, revision=1_000_001, body={"seconds": 5})
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")
    queue.expire_due()

    reopen(sheet)

    assert Draft.objects.get().body == {"seconds": 5}


def test_undo_stands_beside_what_was_saved_and_opens_the_sheet_again(sheet, ann, client_of, form):
    TaskFactory(project=sheet.project)
    client = client_of(ann)
    page = client.post(url("submit", sheet), form, follow=True).text
    assert f'action="{url("reopen", sheet)}"' in page

    answer = client.post(url("reopen", sheet), follow=True)

    assert answer.redirect_chain == [(url("sheet", sheet), 302)]
    assert [slot.rank for slot in answer.context["sheet"].slots] == [2, 2, 3, 1]
    assert "You have submitted this sheet before." in answer.text
    assert sorted(Assignment.objects.values_list("state", flat=True)) == ["expired", "open"]


def test_undo_is_in_the_answer_that_htmx_shows_and_after_submit_and_stop(sheet, ann, client_of, form):
    TaskFactory(project=sheet.project)
    client = client_of(ann)

    shown = client.post(url("submit", sheet), form, headers={"HX-Request": "true"}).text
    assert f'action="{url("reopen", sheet)}"' in shown
    client.post(url("reopen", sheet))
    stopped = client.post(url("submit", sheet), form | {"revision": "1000001", "then": "stop"}, follow=True).text
    assert f'action="{url("reopen", sheet)}"' in stopped


def test_undo_leads_to_the_begun_sheet_when_there_is_one(sheet, ann, client_of, form):
    TaskFactory(project=sheet.project)
    client = client_of(ann)
    client.post(url("submit", sheet), form)
    following = Assignment.objects.get(state="open")
    client.post(url("draft", following), {"revision": "1", "A-notes": "begun"})

    answer = client.post(url("reopen", sheet), follow=True)

    assert answer.redirect_chain == [(url("sheet", following), 302)]
    assert "You have begun this sheet." in answer.text
    assert fresh(sheet).state == "submitted"


def test_undo_too_late_says_why(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)
    reopening.lock(labels=Label.objects.values_list("pk", flat=True), because=Lock.FROZEN)

    answer = client.post(url("reopen", sheet), follow=True)

    assert answer.redirect_chain == [(reverse("desk:history"), 302)]
    assert "It is part of a dataset, so it can no longer be changed." in answer.text


def test_a_submission_sent_again_after_undo_changes_nothing(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)
    client.post(url("reopen", sheet))

    answer = client.post(url("submit", sheet), form)

    assert answer.url == url("sheet", sheet)
    assert (Label.objects.count(), fresh(sheet).state) == (1, "open")


def test_other_words_from_a_page_of_before_the_undo_are_asked_about(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)
    client.post(url("reopen", sheet))

    answer = client.post(url("submit", sheet), form | {"A-notes": "typed in another tab"})

    assert (answer.status_code, Label.objects.count(), fresh(sheet).state) == (409, 1, "open")
    shown = answer.context["sheet"]
    assert (shown.slots[0].notes, shown.revision) == ("typed in another tab", 1_000_000)


def test_a_late_draft_from_before_overwrites_nothing(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)
    client.post(url("reopen", sheet))

    answer = client.post(url("draft", sheet), form | {"revision": "17", "A-notes": "late"})

    assert answer.status_code == 409
    assert Draft.objects.get().revision == 1_000_000


def test_a_reopened_sheet_is_left_as_it_was_and_cannot_be_skipped(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)
    client.post(url("reopen", sheet))

    page = client.post(url("skip", sheet), follow=True)
    assert "so it cannot be skipped" in page.text
    assert client.post(url("leave", sheet)).url == reverse("desk:history")
    assert (fresh(sheet).state, Label.objects.count()) == ("submitted", 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(4))
def test_undo_and_a_freeze_at_once_agree(turn):
    """Either the label was locked first and stays closed, or its sheet is open and submitting it again is refused."""
    task = TaskFactory()
    ann = LabelerFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    label = submit(sheet, BODY)
    refused = []

    def undo():
        try:
            reopen(sheet)
        except reopening.Locked as locked:
            refused.append(locked)

    def freeze():
        with transaction.atomic():
            reopening.lock(labels=[label.pk], because=Lock.FROZEN)

    in_threads(lambda work: work(), [undo, freeze])

    assert fresh(sheet).state == ("submitted" if refused else "open")
    with pytest.raises(reopening.Locked):
        submit(sheet, BODY) if not refused else reopen(sheet)
    assert Label.objects.get().superseded_at is None
    assert recount() == []


@pytest.mark.django_db(transaction=True)
def test_eight_double_clicks_on_a_reopened_sheet_make_one_more_revision():
    ann = LabelerFactory()
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    submit(sheet, BODY)
    reopen(sheet)

    in_threads(lambda _: submit(sheet, BODY), range(8))

    assert list(Label.objects.order_by("revision").values_list("revision", flat=True)) == [1, 2]
    assert Label.objects.standing().count() == 1
