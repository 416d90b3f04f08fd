"""The queue under 32 hands at once, on real PostgreSQL."""

import random
import threading

import pytest
from django.db import connection, transaction

from labeling.work import projects, queue, steering
from labeling.work.models import Assignment, Membership, Task
from tests.celery_worker import until
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory


def in_threads(work, people):
    """Run `work(person)` for all at once; re-raise what any of them raised."""
    failures, start = [], threading.Barrier(len(people))

    def run(person):
        try:
            start.wait()
            work(person)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def keep_the_books(project):
    for task in Task.objects.filter(project=project):
        assert task.taken == task.assignments.filter(state__in=["open", "submitted"]).count() <= task.seats


@pytest.mark.django_db(transaction=True)
def test_32_labelers_fill_every_seat_once_and_no_submission_is_lost():
    project = ProjectFactory(overlap=3, k=2)
    tasks = [TaskFactory(project=project) for _ in range(60)]
    acknowledged = []

    def work_until_empty(labeler):
        while (sheet := queue.next_assignment(labeler=labeler, project=project)) is not None:
            if queue.hand_in(assignment=sheet):
                acknowledged.append(sheet.pk)

    in_threads(work_until_empty, [LabelerFactory() for _ in range(32)])

    keep_the_books(project)
    assert len(acknowledged) == len(set(acknowledged)) == 3 * len(tasks)
    assert set(Assignment.objects.filter(state="submitted").values_list("pk", flat=True)) == set(acknowledged)


@pytest.mark.django_db(transaction=True)
def test_skips_among_32_labelers_leave_no_seat_that_somebody_could_have():
    project = ProjectFactory(overlap=3, k=2)
    for _ in range(60):
        TaskFactory(project=project)
    labelers = [LabelerFactory() for _ in range(32)]

    def work_with_moods(labeler):
        chance = random.Random(labeler.pk)
        while (sheet := queue.next_assignment(labeler=labeler, project=project)) is not None:
            (queue.skip if chance.random() < 0.3 else queue.hand_in)(assignment=sheet)

    in_threads(work_with_moods, labelers)

    keep_the_books(project)
    for labeler in labelers:
        is_left = Task.objects.filter(project=project).wanting_hands().unseen_by(labeler).exists()
        assert (queue.next_assignment(labeler=labeler, project=project) is not None) == is_left


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_that_nothing_is_left_while_a_seat_is_free():
    """As many labelers as tasks, all asking in the same moment: each must get one."""
    project = ProjectFactory(k=2)
    for _ in range(32):
        TaskFactory(project=project)
    labelers = [LabelerFactory() for _ in range(32)]
    served = []

    in_threads(lambda labeler: served.append(queue.next_assignment(labeler=labeler, project=project)), labelers)

    assert None not in served
    assert len({sheet.task_id for sheet in served}) == 32


@pytest.mark.django_db(transaction=True)
def test_one_labeler_in_eight_tabs_holds_one_sheet(ann):
    project = ProjectFactory(k=2, overlap=9)
    for _ in range(8):
        TaskFactory(project=project)
    served = []

    in_threads(lambda _: served.append(queue.next_assignment(labeler=ann, project=project)), [ann] * 8)

    assert len({sheet.pk for sheet in served}) == 1


@pytest.mark.django_db(transaction=True)
def test_a_sheet_handed_in_while_the_sweeper_runs_counts_once(ann):
    project = ProjectFactory(k=2)
    sheets = []
    for person in [LabelerFactory() for _ in range(16)]:
        TaskFactory(project=project)
        sheets.append(queue.next_assignment(labeler=person, project=project))
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")

    def sweep_and_hand_in(sheet):
        queue.expire_due(limit=3)
        with transaction.atomic():
            queue.hand_in(assignment=sheet)

    in_threads(sweep_and_hand_in, sheets)

    assert set(Assignment.objects.values_list("state", flat=True)) == {"submitted"}
    assert set(Task.objects.values_list("taken", flat=True)) == {1}


@pytest.mark.parametrize(
    "steer",
    [
        lambda project: projects.change_overlap(project=project, overlap=3),
        lambda project: steering.reprioritise(tasks=Task.objects.filter(project=project), priority=5),
        lambda project: steering.bring_back(tasks=Task.objects.filter(project=project)),
    ],
    ids=["overlap", "priority", "bring back"],
)
@pytest.mark.django_db(transaction=True)
def test_steering_a_project_and_asking_for_its_next_sheet_never_wait_for_each_other_in_a_circle(steer, ann):
    """A labeler's place in line is held while the project is steered: then no task may be locked yet."""
    project = ProjectFactory(k=2, overlap=1)
    TaskFactory(project=project)
    held = TaskFactory(project=project, set_aside_at="2026-01-01T00:00Z", set_aside_reason="Too long")
    sheet = queue.next_assignment(labeler=ann, project=project)
    queue.skip(assignment=sheet)
    steering_ends = threading.Thread(target=lambda: (steer(project), connection.close()))

    with transaction.atomic():
        Membership.objects.select_for_update().get(labeler=ann)
        steering_ends.start()
        until(is_somebody_waiting_for_us)
        Task.objects.select_for_update(nowait=True).get(pk=held.pk)
        Task.objects.select_for_update(nowait=True).get(pk=sheet.task_id)
    steering_ends.join()

    assert Membership.objects.get(labeler=ann).cursor_position is None


def is_somebody_waiting_for_us():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))")
        return cursor.fetchone()[0]
