"""The queue's rules, one at a time. tests/work/test_many_hands.py tries them all at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.work import queue
from labeling.work.models import Assignment, AssignmentState, Draft, Membership, Project, Task
from tests.factories import ProjectFactory, TaskFactory
from tests.house.test_books import recount

pytestmark = pytest.mark.django_db


def late(assignment):
    Assignment.objects.filter(pk=assignment.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    queue.expire_due()
    assignment.refresh_from_db()
    return assignment


def seats(task):
    return Task.objects.values_list("taken", flat=True).get(pk=task.pk)


def test_next_takes_a_seat_and_draws_one_place_for_each_candidate(ann):
    task = TaskFactory()

    sheet = queue.next_assignment(labeler=ann, project=task.project)

    assert sheet.task == task
    assert seats(task) == 1
    assert sorted(slot.place for slot in sheet.slots.all()) == [1, 2, 3, 4]
    assert {slot.candidate for slot in sheet.slots.all()} == set(task.candidates.all())


def test_next_pins_the_newest_versions_and_copies_purpose_and_cohort(ann):
    task = TaskFactory()
    newer = task.project.instructions.versions.create(number=2, markdown="Newer.")

    sheet = queue.next_assignment(labeler=ann, project=task.project)

    assert sheet.instructions_version == newer
    assert sheet.form_version == task.project.form.newest()
    assert (sheet.purpose, sheet.cohort) == ("training", "training")


def test_asking_again_gives_the_same_sheet(ann):
    task = TaskFactory()
    TaskFactory(project=task.project)

    first = queue.next_assignment(labeler=ann, project=task.project)

    assert queue.next_assignment(labeler=ann, project=task.project) == first


def test_two_labelers_see_the_responses_in_orders_of_their_own(ann, bob):
    project = ProjectFactory(overlap=2, k=8)
    for _ in range(5):
        TaskFactory(project=project)

    orders = {}
    for labeler in (ann, bob):
        for _ in range(5):
            sheet = queue.next_assignment(labeler=labeler, project=project)
            orders[labeler, sheet.task_id] = list(sheet.slots.values_list("candidate", flat=True))
            queue.hand_in(assignment=sheet)

    assert any(orders[ann, task.pk] != orders[bob, task.pk] for task in project.tasks.all())


def test_overlap_1_gives_each_task_to_one_labeler(ann, bob):
    task = TaskFactory()
    queue.next_assignment(labeler=ann, project=task.project)

    assert queue.next_assignment(labeler=bob, project=task.project) is None


def test_a_task_without_seats_number_is_for_everybody(ann, bob):
    task = TaskFactory(project=ProjectFactory(overlap=None))

    assert queue.next_assignment(labeler=ann, project=task.project).task == task
    assert queue.next_assignment(labeler=bob, project=task.project).task == task


def test_higher_priority_comes_first_and_among_equals_the_higher_position(ann):
    project = ProjectFactory()
    low = TaskFactory(project=project, position=9)
    second = TaskFactory(project=project, priority=1, position=3)
    first = TaskFactory(project=project, priority=1, position=5)

    served = []
    for _ in range(3):
        sheet = queue.next_assignment(labeler=ann, project=project)
        served.append(sheet.task)
        queue.hand_in(assignment=sheet)

    assert served == [first, second, low]
    assert queue.next_assignment(labeler=ann, project=project) is None


def test_a_seat_that_comes_free_behind_the_cursor_is_found_again(ann, bob):
    project = ProjectFactory()
    first, last = TaskFactory(project=project, position=2), TaskFactory(project=project, position=1)
    bobs = queue.next_assignment(labeler=bob, project=project)
    anns = queue.next_assignment(labeler=ann, project=project)
    queue.hand_in(assignment=anns)
    assert (bobs.task, anns.task) == (first, last)

    queue.skip(assignment=bobs)

    assert queue.next_assignment(labeler=ann, project=project).task == first


def run_late(sheet):
    Assignment.objects.filter(pk=sheet.pk).update(lease_until="2020-01-01T00:00Z")
    queue.expire_due()


def take_out(sheet):
    queue.hand_in(assignment=sheet)
    queue.take_out(sheets=[sheet.pk])


@pytest.mark.parametrize(
    "give_back",
    [
        lambda sheet: queue.skip(assignment=sheet),
        run_late,
        lambda sheet: queue.expire_of(labeler=sheet.labeler),
        take_out,
    ],
    ids=["skipped", "expired", "suspended", "taken out"],
)
def test_an_urgent_task_whose_seat_comes_free_is_the_next_of_those_who_passed_it_by(ann, bob, give_back):
    project = ProjectFactory(k=2)
    urgent = TaskFactory(project=project, priority=9)
    ordinary = [TaskFactory(project=project, position=position) for position in (5, 4, 3, 2, 1)]
    anns = queue.next_assignment(labeler=ann, project=project)
    queue.hand_in(assignment=queue.next_assignment(labeler=bob, project=project))

    give_back(anns)

    served = []
    for _ in range(3):
        sheet = queue.next_assignment(labeler=bob, project=project)
        served.append(sheet.task)
        queue.hand_in(assignment=sheet)
    # Then Bob goes on from where he was.
    assert served == [urgent, *ordinary[1:3]]
    assert recount() == []


def test_a_seat_that_was_never_missed_sends_nobody_back(ann, bob):
    """With a seat free all along, whoever is past the task has seen it."""
    task = TaskFactory(project__overlap=2, project__k=2, seats=2)
    queue.skip(assignment=queue.next_assignment(labeler=ann, project=task.project))

    task.refresh_from_db()

    assert (task.taken, task.came_free) == (0, False)


def test_new_tasks_of_higher_priority_are_served_after_starting_over(ann):
    project = ProjectFactory()
    TaskFactory(project=project, position=2)
    TaskFactory(project=project, position=1)
    queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=project))
    urgent = TaskFactory(project=project, priority=5)

    queue.start_over(project=project)

    assert queue.next_assignment(labeler=ann, project=project).task == urgent


def test_set_aside_tasks_are_not_served(ann):
    task = TaskFactory(set_aside_at=timezone.now(), set_aside_reason="Broken.")

    assert queue.next_assignment(labeler=ann, project=task.project) is None


def test_skip_frees_the_seat_and_is_never_served_to_the_same_person(ann, bob):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)

    assert queue.skip(assignment=sheet, reason="unclear") is True

    assert seats(task) == 0
    assert queue.next_assignment(labeler=ann, project=task.project) is None
    assert queue.next_assignment(labeler=bob, project=task.project).task == task


def test_an_expired_lease_frees_the_seat_and_keeps_the_draft(ann, bob):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    Draft.objects.create(assignment=sheet, revision=1, body={}, saved_at=timezone.now())

    late(sheet)

    assert sheet.state == AssignmentState.EXPIRED
    assert seats(task) == 0
    assert Draft.objects.filter(assignment=sheet).count() == 1
    assert queue.next_assignment(labeler=bob, project=task.project).task == task


def test_an_expired_sheet_comes_back_to_its_labeler_by_the_same_row(ann):
    task = TaskFactory()
    TaskFactory(project=task.project)
    sheet = late(queue.next_assignment(labeler=ann, project=task.project))

    again = queue.next_assignment(labeler=ann, project=task.project)

    assert again == sheet
    assert again.state == AssignmentState.OPEN
    assert seats(again.task) == 1


def test_handing_in_late_works_while_a_seat_is_free(ann):
    task = TaskFactory()
    sheet = late(queue.next_assignment(labeler=ann, project=task.project))

    assert queue.hand_in(assignment=sheet) is True
    assert seats(task) == 1


def test_handing_in_late_is_refused_when_the_task_is_full(ann, bob):
    task = TaskFactory()
    sheet = late(queue.next_assignment(labeler=ann, project=task.project))
    queue.next_assignment(labeler=bob, project=task.project)

    with pytest.raises(queue.SheetGone, match="others have completed the task"), transaction.atomic():
        queue.hand_in(assignment=sheet)

    sheet.refresh_from_db()
    assert sheet.state == AssignmentState.EXPIRED
    assert seats(task) == 1


def test_handing_in_twice_is_told_apart(ann):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)

    assert queue.hand_in(assignment=sheet) is True
    assert queue.hand_in(assignment=sheet) is False
    assert seats(task) == 1


def test_a_skipped_sheet_cannot_be_handed_in(ann):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    queue.skip(assignment=sheet)

    with pytest.raises(queue.SheetGone, match="You skipped this sheet"):
        queue.hand_in(assignment=sheet)


def test_closing_a_project_expires_its_open_sheets_and_takes_no_late_ones(ann):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    task.project.state = "closed"
    task.project.save()

    assert queue.expire_open(project=task.project) == 1

    with pytest.raises(queue.SheetGone, match="This project has been closed"), transaction.atomic():
        queue.hand_in(assignment=Assignment.objects.get(pk=sheet.pk))


def test_a_sheet_leased_while_its_project_closed_is_swept_up(ann):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    Project.objects.update(state="closed")

    assert queue.expire_due() == 1

    sheet.refresh_from_db()
    assert sheet.state == AssignmentState.EXPIRED


@pytest.mark.parametrize("state", ["draft", "paused", "closed"])
def test_only_open_projects_give_sheets(ann, state):
    task = TaskFactory(project=ProjectFactory(state=state))

    with pytest.raises(queue.NotOpen):
        queue.next_assignment(labeler=ann, project=task.project)


def test_a_held_out_labeler_gets_no_training_sheet(hal):
    task = TaskFactory()

    with pytest.raises(queue.NotOpen):
        queue.next_assignment(labeler=hal, project=task.project)


def test_a_held_out_labeler_evaluates(hal):
    task = TaskFactory(project=ProjectFactory(purpose="evaluation", cohort="held_out"))

    assert queue.next_assignment(labeler=hal, project=task.project).cohort == "held_out"


def test_somebody_without_a_cohort_gets_nothing(charlie):
    task = TaskFactory()

    with pytest.raises(queue.NotOpen):
        queue.next_assignment(labeler=charlie, project=task.project)


def test_a_program_may_hold_several_sheets(judge):
    project = ProjectFactory()
    TaskFactory(project=project)
    TaskFactory(project=project)

    first = queue.next_assignment(labeler=judge, project=project)
    second = queue.next_assignment(labeler=judge, project=project)

    assert first != second
    assert (first.by_program, second.by_program) == (True, True)


def test_the_database_refuses_two_open_sheets_at_one_desk(ann):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    sheet.pk, sheet.task = None, TaskFactory(project=sheet.project)

    with pytest.raises(IntegrityError, match="one_open_sheet_per_desk"):
        Assignment.objects.bulk_create([sheet])


def test_the_database_refuses_a_second_look(ann):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    queue.hand_in(assignment=sheet)
    sheet.pk = None

    with pytest.raises(IntegrityError, match="one_look_per_labeler"):
        Assignment.objects.bulk_create([sheet])


def test_the_database_refuses_an_overfilled_task():
    task = TaskFactory()

    with pytest.raises(IntegrityError, match="seats_not_overfilled"):
        Task.objects.filter(pk=task.pk).update(taken=2)


def test_the_database_refuses_a_held_out_labelers_training_work(ann):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)

    with pytest.raises(IntegrityError, match="held_out_work_is_evaluation"):
        Assignment.objects.filter(pk=sheet.pk).update(cohort="held_out")


def test_the_cursor_moves_with_each_lease(ann):
    task = TaskFactory(priority=2)
    queue.next_assignment(labeler=ann, project=task.project)

    membership = Membership.objects.get(labeler=ann, project=task.project)

    assert (membership.cursor_priority, membership.cursor_position) == (2, task.position)


@pytest.mark.parametrize("k", [4, 9])
def test_next_costs_the_same_few_queries_whatever_k_is(ann, k, django_assert_num_queries):
    project = ProjectFactory(k=k)
    TaskFactory(project=project)
    TaskFactory(project=project)
    queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=project))

    # two for who and where, the savepoint's two, the membership's lock, the two looks at own sheets, cohort, the lease
    with django_assert_num_queries(7):
        queue.next_assignment(labeler=ann, project=project)
