"""A submitted sheet opens again, keeps its seat, and makes room at its desk."""

import contextlib
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from labeling.work import drafts, queue
from labeling.work.models import Assignment, AssignmentState, Draft, Task
from tests.celery_worker import until
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory
from tests.house.test_books import recount
from tests.work.test_many_hands import in_threads
from tests.work.test_queue import late, seats

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = ProjectFactory(k=2)
    for position in (2, 1):
        TaskFactory(project=project, position=position)
    return project


def take(labeler, project):
    return queue.next_assignment(labeler=labeler, project=project)


def submitted(labeler, project):
    sheet = take(labeler, project)
    queue.hand_in(assignment=sheet)
    return sheet


def state(sheet):
    return Assignment.objects.values_list("state", flat=True).get(pk=sheet.pk)


def reopen(sheet):
    with transaction.atomic():
        return queue.reopen(assignment=Assignment.objects.get(pk=sheet.pk))


def test_a_reopened_sheet_keeps_its_seat_and_is_the_one_that_is_held(ann, project):
    sheet = submitted(ann, project)

    assert reopen(sheet) is True

    assert (state(sheet), seats(sheet.task), recount()) == ("open", 1, [])
    assert take(ann, project) == sheet


def test_reopening_twice_is_told_apart(ann, project):
    sheet = submitted(ann, project)

    assert [reopen(sheet), reopen(sheet)] == [True, False]


def test_the_untouched_next_sheet_is_released_and_comes_back_by_the_same_row(ann, bob, project):
    first = submitted(ann, project)
    following = take(ann, project)

    reopen(first)

    assert (state(following), seats(following.task), recount()) == ("expired", 0, [])
    queue.hand_in(assignment=Assignment.objects.get(pk=first.pk))
    assert take(ann, project) == following


def test_a_released_sheet_may_be_taken_by_somebody_else(ann, bob, project):
    first = submitted(ann, project)
    following = take(ann, project)

    reopen(first)

    assert take(bob, project).task_id == following.task_id


def test_a_begun_sheet_is_never_taken_away(ann, project):
    first = submitted(ann, project)
    following = take(ann, project)
    drafts.save_draft(assignment=following, revision=1, body={"seconds": 60})

    with pytest.raises(queue.DeskTaken, match="You have begun this sheet") as taken:
        reopen(first)

    assert taken.value.sheet == following
    assert (state(first), state(following), recount()) == ("submitted", "open", [])


def test_a_reopened_sheet_is_not_taken_away_for_another(ann, project):
    first, second = submitted(ann, project), submitted(ann, project)
    reopen(second)

    with pytest.raises(queue.DeskTaken):
        reopen(first)


def test_sheets_of_other_projects_stay_where_they_are(ann, project):
    elsewhere = take(ann, TaskFactory().project)
    sheet = submitted(ann, project)

    reopen(sheet)

    assert state(elsewhere) == "open"


def test_a_program_holds_several_and_none_is_released(judge, project):
    sheet = submitted(judge, project)
    following = take(judge, project)

    assert reopen(sheet) is True
    assert state(following) == "open"


def test_a_reopened_sheet_whose_time_runs_out_is_submitted_as_it_was(ann, bob, project):
    sheet = submitted(ann, project)
    before = Assignment.objects.get(pk=sheet.pk).closed_at
    reopen(sheet)

    late(sheet)

    assert (sheet.state, sheet.closed_at, sheet.was_closed_at) == (AssignmentState.SUBMITTED, before, None)
    assert (seats(sheet.task), recount()) == (1, [])


def test_of_two_sheets_of_one_task_whose_time_runs_out_together_only_the_unsubmitted_frees_its_seat(ann, bob):
    task = TaskFactory(project=ProjectFactory(k=2, overlap=2))
    anns = submitted(ann, task.project)
    reopen(anns)
    take(bob, task.project)
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")

    assert queue.expire_due() == 2

    assert (seats(task), recount()) == (1, [])


def test_closing_a_project_leaves_reopened_sheets_submitted(ann, project):
    sheet = submitted(ann, project)
    reopen(sheet)

    queue.expire_open(project=project)

    assert (state(sheet), recount()) == ("submitted", [])


def test_a_reopened_sheet_can_be_left_as_it_was(ann, project):
    sheet = submitted(ann, project)
    before = Assignment.objects.get(pk=sheet.pk).closed_at
    reopen(sheet)

    assert [queue.put_back(assignment=sheet), queue.put_back(assignment=sheet)] == [True, False]

    again = Assignment.objects.get(pk=sheet.pk)
    assert (again.state, again.closed_at, recount()) == (AssignmentState.SUBMITTED, before, [])


def test_a_sheet_that_was_never_submitted_is_not_put_back(ann, project):
    assert queue.put_back(assignment=take(ann, project)) is False


def test_a_reopened_sheet_cannot_be_skipped(ann, project):
    sheet = submitted(ann, project)
    reopen(sheet)

    with pytest.raises(queue.SheetGone, match="Leave it as it was instead"):
        queue.skip(assignment=sheet)

    assert (state(sheet), recount()) == ("open", [])


@pytest.mark.parametrize("ending", [queue.skip, late])
def test_only_what_was_submitted_is_reopened(ann, project, ending):
    sheet = take(ann, project)
    ending(assignment=sheet) if ending is queue.skip else ending(sheet)

    with pytest.raises(queue.SheetGone, match="This sheet was not submitted"):
        reopen(sheet)


def test_a_closed_project_reopens_nothing_and_a_paused_one_does(ann, project):
    sheet = submitted(ann, project)
    project.state = "closed"
    project.save()
    with pytest.raises(queue.SheetGone, match="This project has been closed"):
        reopen(sheet)

    project.state = "paused"
    project.save()
    assert reopen(sheet) is True


def test_a_skipped_sheet_that_is_given_back_returns_when_a_seat_is_free(ann, bob, project):
    skipped = take(ann, project)
    queue.skip(assignment=skipped, reason="unclear")
    assert take(ann, project).task_id != skipped.task_id
    queue.hand_in(assignment=take(ann, project))

    assert queue.give_back(assignments=Assignment.objects.all()) == 1

    assert (seats(skipped.task), recount()) == (0, [])
    again = take(ann, project)
    assert (again.pk, again.skip_reason, seats(again.task)) == (skipped.pk, "unclear", 1)


def test_a_skipped_sheet_that_is_given_back_stays_away_while_others_have_its_seats(ann, bob, project):
    Task.objects.filter(position=1).delete()
    skipped = take(ann, project)
    queue.skip(assignment=skipped)
    take(bob, project)

    queue.give_back(assignments=Assignment.objects.all())

    assert take(ann, project) is None


def test_the_database_knows_no_closed_sheet_that_is_reopened(ann, project):
    sheet = submitted(ann, project)

    with pytest.raises(IntegrityError, match="only_open_sheets_are_reopened"):
        Assignment.objects.filter(pk=sheet.pk).update(was_closed_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_on_undo_reopen_once():
    ann, project = LabelerFactory(), ProjectFactory(k=2)
    for position in (2, 1):
        TaskFactory(project=project, position=position)
    first = submitted(ann, project)
    following = take(ann, project)
    outcomes = []

    in_threads(lambda _: outcomes.append(reopen(first)), [ann] * 8)

    assert sorted(outcomes) == [False] * 7 + [True]
    assert (state(first), state(following), recount()) == ("open", "expired", [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(6))
def test_undo_in_one_window_and_submit_in_another_lose_neither(turn):
    """Whichever is first: the submission stands, the seats are right, and one sheet is open at the desk."""
    ann, project = LabelerFactory(), ProjectFactory(k=2)
    for position in (3, 2, 1):
        TaskFactory(project=project, position=position)
    first = submitted(ann, project)
    following = take(ann, project)

    def submit():
        with transaction.atomic():
            queue.hand_in(assignment=Assignment.objects.get(pk=following.pk))
        take(ann, project)

    in_threads(lambda work: work(), [lambda: reopen(first), submit])

    assert state(following) == "submitted"
    assert Assignment.objects.get(state="open").pk == first.pk
    assert recount() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(6))
def test_undo_in_one_window_and_a_word_typed_in_another_lose_neither(turn):
    """Either the word was there first and its sheet stays, or it is kept with the sheet that was released."""
    ann, project = LabelerFactory(), ProjectFactory(k=2)
    for position in (2, 1):
        TaskFactory(project=project, position=position)
    first = submitted(ann, project)
    following = take(ann, project)

    def undo():
        with contextlib.suppress(queue.DeskTaken):
            reopen(first)

    in_threads(
        lambda work: work(), [undo, lambda: drafts.save_draft(assignment=following, revision=1, body={"text": "a"})]
    )

    assert Draft.objects.get().assignment_id == following.pk
    assert {state(first), state(following)} in ({"submitted", "open"}, {"open", "expired"})
    assert recount() == []


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_comes_in_while_its_sheet_is_submitted_is_not_left_behind():
    ann, task = LabelerFactory(), TaskFactory()
    sheet = take(ann, task.project)
    outcome = []
    draft = threading.Thread(
        target=lambda: (
            outcome.append(drafts.save_draft(assignment=sheet, revision=1, body={})),
            connection.close(),
        )
    )

    with transaction.atomic():
        queue.hand_in(assignment=sheet)
        draft.start()
        drafts.discard(assignment=sheet)
    draft.join()

    assert outcome == [(None, False)]
    assert Draft.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_last_seat_that_a_neighbour_takes_in_this_moment_is_not_taken_twice():
    task = TaskFactory(project=ProjectFactory(overlap=1))
    away, neighbour = LabelerFactory(), LabelerFactory()
    sheet = queue.next_assignment(labeler=away, project=task.project)
    Assignment.objects.filter(pk=sheet.pk).update(lease_until="2000-01-01T00:00Z")
    queue.expire_due()
    found = []

    def come_back():
        found.append(queue.next_assignment(labeler=away, project=task.project))
        connection.close()

    returning = threading.Thread(target=come_back)
    with transaction.atomic():
        queue.next_assignment(labeler=neighbour, project=task.project)  # holds the last seat, not yet for all to see
        returning.start()
        until(lambda: waits_for_a_lock() or not returning.is_alive())
    returning.join()

    task.refresh_from_db()
    assert (found, task.taken) == ([None], 1)


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity of its first look
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]
