"""One submission, one label, in one transaction."""

import threading

import pytest
from django.db import IntegrityError, connection

from labeling.labels import bodies, recording, reopening
from labeling.labels.models import Answer, Label, Lock, Place, Rating
from labeling.work import drafts, queue
from labeling.work.models import Assignment, Draft
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db


def test_a_label_holds_what_was_said(sheet, body):
    label = recording.record(assignment=sheet, body=body)

    assert label.seconds == 95
    assert {place.slot.letter: place.rank for place in label.ranking.places.all()} == {"D": 1, "A": 2, "B": 2, "C": 3}
    assert {rating.slot.letter: rating.overall_quality for rating in label.ratings.all()} == {
        "A": 5, "B": 5, "C": 1, "D": 7,
    }  # fmt: skip
    assert {answer.rating.slot.letter: answer.value for answer in label.answers.all()} == {
        "A": False, "B": False, "C": True, "D": False,
    }  # fmt: skip
    sheet.refresh_from_db()
    assert sheet.state == "submitted"


def test_submitting_twice_gives_the_first_label_again(sheet, body):
    first = recording.record(assignment=sheet, body=body)

    again = recording.record(assignment=sheet, body=body | {"seconds": 99})

    assert again == first
    assert (Label.objects.get().seconds, Draft.objects.count()) == (95, 0)


@pytest.mark.parametrize("others", [{"ranking": [["A", "B", "C", "D"]]}, {"ranking": [["A"]]}, {"ranking": "A"}])
def test_other_words_for_a_submitted_sheet_are_refused_and_kept_as_its_draft(sheet, body, others):
    first = recording.record(assignment=sheet, body=body)

    with pytest.raises(recording.SaidOtherwise, match="was not taken. It is kept as a draft. Reopen the sheet"):
        recording.record(assignment=sheet, body=body | others)

    assert Label.objects.get() == first
    assert Place.objects.filter(rank=1).count() == 1
    assert (Draft.objects.get().revision, Draft.objects.get().body) == (1_000_001, body | others)
    reopening.reopen(assignment=Assignment.objects.get())
    assert Draft.objects.get().body == body | others


def test_where_the_project_asks_for_something_else_by_now_a_repeated_request_drops_nothing(sheet, body):
    label = recording.record(assignment=sheet, body=body)
    sheet.project.rate_first = False

    with pytest.raises(recording.SaidOtherwise):
        recording.record(assignment=sheet, body={"ranking": body["ranking"]})

    assert (Label.objects.get(), Draft.objects.get().body) == (label, {"ranking": body["ranking"]})


def test_other_words_for_a_locked_label_are_kept_and_hear_why_it_stays(sheet, body):
    label = recording.record(assignment=sheet, body=body)
    reopening.lock(labels=[label.pk], because=Lock.FROZEN)

    with pytest.raises(recording.SaidOtherwise, match="It is part of a dataset") as refused:
        recording.record(assignment=sheet, body=body | {"ranking": [["A", "B", "C", "D"]]})

    assert (refused.value.may_reopen, Draft.objects.count()) == (False, 1)


def test_a_draft_that_was_saved_elsewhere_since_is_not_submitted_away(sheet, body):
    drafts.save_draft(assignment=sheet, revision=9, body={"ranking": [["A"]]})

    with pytest.raises(drafts.Outrun):
        recording.record(assignment=sheet, body=body, revision=1)

    assert (Label.objects.count(), Draft.objects.get().revision, Assignment.objects.get().state) == (0, 9, "open")


@pytest.mark.parametrize("revision", [9, 10, None])
def test_a_draft_that_the_submission_was_made_from_gives_way_to_it(sheet, body, revision):
    drafts.save_draft(assignment=sheet, revision=9, body={"ranking": [["A"]]})

    assert recording.record(assignment=sheet, body=body, revision=revision) == Label.objects.get()
    assert Draft.objects.count() == 0


def test_a_newer_draft_of_the_same_words_is_no_hindrance(sheet, body):
    """A page that is left saves what is on it while its form is on the way."""
    drafts.save_draft(assignment=sheet, revision=2, body=body | {"seconds": 96})

    assert recording.record(assignment=sheet, body=body, revision=1) == Label.objects.get()


def test_a_body_with_faults_stores_nothing(sheet, body):
    with pytest.raises(bodies.Faults):
        recording.record(assignment=sheet, body=body | {"ranking": [["A"]]})

    assert (Label.objects.count(), Rating.objects.count(), Answer.objects.count()) == (0, 0, 0)
    sheet.refresh_from_db()
    assert sheet.state == "open"


def test_submitting_ends_the_draft(sheet, body):
    drafts.save_draft(assignment=sheet, revision=1, body={"seconds": 3})

    recording.record(assignment=sheet, body=body)

    assert Draft.objects.count() == 0


def test_a_sheet_lost_to_others_stores_nothing(sheet, body, bob):
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")
    queue.expire_due()
    queue.next_assignment(labeler=bob, project=sheet.project)

    with pytest.raises(queue.SheetGone):
        recording.record(assignment=sheet, body=body)

    assert Label.objects.count() == 0


def test_an_all_tied_ranking_is_a_ranking(sheet, body):
    label = recording.record(assignment=sheet, body=body | {"ranking": [["A", "B", "C", "D"]]})

    assert {place.rank for place in label.ranking.places.all()} == {1}


@pytest.mark.parametrize("k", [4, 9])
def test_submit_costs_the_same_queries_whatever_k_is(ann, k, django_assert_num_queries):
    task = TaskFactory(project=ProjectFactory(k=k))
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    letters = [slot.letter for slot in sheet.slots.all()]
    whole = {
        "ratings": [{"slot": x, "overall_quality": 4, "answers": {"fails_task": True}} for x in letters],
        "ranking": [[x] for x in letters],
    }
    whole_sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)

    # slots, questions and their choices; savepoint, who and their consent, close, label, savepoint
    with django_assert_num_queries(9):
        recording.record(assignment=whole_sheet, body=whole)


@pytest.mark.parametrize("k", [4, 9])
def test_submitting_ratings_costs_the_same_queries_whatever_k_is(ann, k, django_assert_num_queries):
    task = TaskFactory(project=ProjectFactory(k=k, kind="rating"))
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    letters = [slot.letter for slot in sheet.slots.all()]
    whole = {"ratings": [{"slot": x, "overall_quality": 4, "answers": {"fails_task": True}} for x in letters]}
    whole_sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)

    # slots, questions and their choices; savepoint, who and their consent, close, label, savepoint
    with django_assert_num_queries(9):
        label = recording.record(assignment=whole_sheet, body=whole)
    assert (label.ratings.count(), hasattr(label, "ranking")) == (k, False)


def test_a_ranking_alone_has_no_ratings(ann):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory(project__rate_first=False).project)

    label = recording.record(assignment=sheet, body={"ranking": [["D"], ["A", "B", "C"]]})

    assert [place.slot.letter for place in label.ranking.places.filter(rank=1)] == ["D"]
    assert label.ratings.count() == 0


@pytest.mark.django_db(transaction=True)
def test_eight_double_clicks_make_one_label(body):
    ann = LabelerFactory()
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    labels, start = [], threading.Barrier(8)

    def click():
        start.wait()
        labels.append(recording.record(assignment=Assignment.objects.get(pk=sheet.pk), body=body).pk)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert len(labels) == 8
    assert len(set(labels)) == 1
    assert Label.objects.count() == 1


def test_the_database_keeps_one_standing_label(sheet, body):
    recording.record(assignment=sheet, body=body)

    with pytest.raises(IntegrityError, match="one_standing_label_per_assignment"):
        Label.objects.create(assignment=sheet, revision=2, seconds=1)


def test_the_database_refuses_a_rating_of_9(sheet, body):
    recording.record(assignment=sheet, body=body)

    with pytest.raises(IntegrityError, match="overall_quality_from_1_to_7"):
        Rating.objects.update(overall_quality=9)


def test_the_database_refuses_an_answer_that_is_two_things(sheet, body):
    recording.record(assignment=sheet, body=body)

    with pytest.raises(IntegrityError, match="an_answer_is_one_thing"):
        Answer.objects.update(is_na=True)
