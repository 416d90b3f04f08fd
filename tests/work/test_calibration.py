"""A share of everybody's work comes from one pool; and the order, the pauses and the end of a project around it."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from labeling.work import counting, drafts, drawing, projects, queue, steering
from labeling.work.models import Assignment, Draft, Membership, Project, Task
from tests.factories import LabelerFactory, ProjectFactory, PromptFactory, ResponseFactory, SourceFactory, TaskFactory
from tests.house.test_books import recount
from tests.work.test_many_hands import in_threads
from tests.work.test_queue import late

pytestmark = pytest.mark.django_db


def furnished(*, ordinary=8, pool=3, share="0.2", **fields):
    """A project whose tasks come in the order of their numbers, the pool's in between by chance."""
    project = ProjectFactory(k=2, calibration_share=None if share is None else Decimal(share), **fields)
    for number in range(ordinary):
        TaskFactory(project=project, position=1000 - number)
    for number in range(pool):
        TaskFactory(project=project, position=500 - number, priority=1, is_calibration=True, seats=None)
    return project


def take(labeler, project):
    return queue.next_assignment(labeler=labeler, project=project)


def work(labeler, project, most=100):
    """Work until nothing is left; return C for every task of the pool and o for every other, in the order served."""
    served = ""
    while len(served) < most and (sheet := take(labeler, project)) is not None:
        served += "C" if sheet.task.is_calibration else "o"
        queue.hand_in(assignment=sheet)
    return served


@pytest.mark.parametrize(
    ("share", "served"),
    [
        ("0.2", "CooooCooooC"),
        ("0.5", "CoCoCoooooo"),
        ("0.1", "Coooooooo"),
        ("0", "oooooooo"),
        (None, "CCCoooooooo"),
    ],
)
def test_the_pool_comes_whenever_the_share_would_fall_below_the_setting(ann, share, served):
    assert work(ann, furnished(share=share)) == served


def test_what_is_left_of_the_pool_is_not_forced_on_anybody(ann):
    project = furnished(ordinary=2, pool=5)

    assert work(ann, project) == "Coo"
    assert queue.why_nothing(labeler=ann, project=project) == "Nothing is left for you in this project. Thank you."


def test_everybody_gets_the_same_of_the_pool_and_takes_no_seat_of_others(ann, bob):
    project = furnished(ordinary=8, pool=3, overlap=2)

    assert [work(labeler, project) for labeler in (ann, bob)] == ["CooooCooooC"] * 2
    for task in project.tasks.all():
        assert task.taken == 2
    assert recount() == []


def test_a_skipped_task_of_the_pool_is_made_up_for_by_another(ann):
    project = furnished()
    queue.skip(assignment=take(ann, project))

    assert work(ann, project, most=3) == "Coo"
    assert Membership.objects.get(labeler=ann).taken_from_pool == 1


def test_an_expired_task_of_the_pool_comes_back_and_counts_once(ann):
    project = furnished()
    sheet = late(take(ann, project))
    assert Membership.objects.get(labeler=ann).taken_from_pool == 0

    assert take(ann, project) == sheet
    assert Membership.objects.get(labeler=ann).taken_from_pool == 1


def test_the_pool_leaves_the_place_in_the_queue_where_it_is(ann):
    project = furnished()
    work(ann, project, most=3)
    before = Membership.objects.values_list("cursor_priority", "cursor_position").get(labeler=ann)
    work(ann, project, most=2)
    reached = Membership.objects.values_list("cursor_priority", "cursor_position").get(labeler=ann)

    work(ann, project, most=1)

    assert (before, reached) == ((0, 999), (0, 997))
    assert Membership.objects.values_list("cursor_priority", "cursor_position").get(labeler=ann) == reached


def test_tasks_set_aside_are_not_served_from_the_pool(ann, rita):
    project = furnished(pool=1)
    steering.set_aside(tasks=project.tasks.filter(is_calibration=True), reason="Unclear.", by=rita)

    assert work(ann, project, most=2) == "oo"


def test_the_limit_for_one_labeler_counts_the_pool_too(ann):
    assert work(ann, furnished(most_per_labeler=6)) == "CooooC"


def test_what_is_left_is_said_as_it_will_be_served(ann):
    project = furnished(ordinary=7)

    left = []
    for _ in range(11):
        left.append(counting.left_for(ann, project))
        if sheet := take(ann, project):
            queue.hand_in(assignment=sheet)

    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]


@pytest.mark.parametrize(("share", "queries"), [(None, 7), ("0.2", 7)])
def test_an_ordinary_task_costs_no_query_more_for_the_pool(ann, share, queries, django_assert_num_queries):
    project = furnished(share=share)
    work(ann, project, most=4)

    with django_assert_num_queries(queries):
        take(ann, project)


def test_the_held_out_cohort_has_a_pool_in_its_evaluations(ann, hal):
    project = furnished(purpose="evaluation", cohort="held_out")

    assert work(hal, project, most=6) == "CooooC"
    assert set(Assignment.objects.values_list("cohort", "purpose")) == {("held_out", "evaluation")}
    with pytest.raises(queue.NotOpen):
        take(ann, project)


def test_researchers_put_chosen_tasks_into_the_pool_and_take_them_out(rita, ann, client_of):
    project = furnished(ordinary=4, pool=0, overlap=2)
    queue.hand_in(assignment=take(ann, project))
    first = Assignment.objects.get().task
    address = reverse("admin:work_task_changelist")
    chosen = {"_selected_action": [first.pk]}

    said = client_of(rita).post(address, chosen | {"action": "to_pool"}, follow=True).text
    first.refresh_from_db()
    assert "1 task joined the pool." in said
    assert (first.is_calibration, first.seats) == (True, None)
    assert Membership.objects.get(labeler=ann).taken_from_pool == 1
    assert recount() == []

    said = client_of(rita).post(address, chosen | {"action": "from_pool"}, follow=True).text
    first.refresh_from_db()
    assert "1 task left the pool." in said
    assert (first.is_calibration, first.seats) == (False, 2)
    assert recount() == []


def test_one_that_more_have_taken_keeps_as_many_seats_when_it_leaves_the_pool():
    project = furnished(ordinary=0, pool=1, share=None)
    for _ in range(3):
        work(LabelerFactory(), project)

    steering.take_out_of_the_pool(tasks=project.tasks.all())

    assert Task.objects.values_list("seats", "taken").get() == (3, 3)


def test_another_overlap_leaves_the_pool_to_everybody():
    project = furnished()

    projects.change_overlap(project=project, overlap=3)

    assert dict.fromkeys(Task.objects.values_list("is_calibration", "seats")) == {(False, 3): None, (True, None): None}


def test_so_many_of_the_tasks_added_go_to_the_pool_by_lot(rita, client_of):
    project, source = ProjectFactory(k=2), SourceFactory()
    for _ in range(5):
        prompt = PromptFactory(source=source)
        for _ in range(2):
            ResponseFactory(prompt=prompt)
    address = reverse("admin:work_project_add_tasks", args=[project.pk])

    client_of(rita).post(address, {"source": source.pk, "to_pool": 2, "tasks_before": 0})

    pool = project.tasks.filter(is_calibration=True)
    ordinary = project.tasks.filter(is_calibration=False)
    assert (set(pool.values_list("seats", flat=True)), set(ordinary.values_list("seats", flat=True))) == ({None}, {1})
    assert (pool.count(), ordinary.count()) == (2, 3)


def test_the_lot_is_repeated_by_its_seed_and_only_falls_on_new_tasks():
    source = SourceFactory()
    for _ in range(6):
        prompt = PromptFactory(source=source)
        for _ in range(2):
            ResponseFactory(prompt=prompt)
    prompts = source.prompts.all()

    def pool_of(seed):
        project = ProjectFactory(k=2)
        drawing.add_tasks(project=project, prompts=prompts.order_by("pk"), limit=2, seed=1)
        drawing.add_tasks(project=project, prompts=prompts.order_by("pk"), to_pool=2, seed=seed)
        assert project.tasks.order_by("pk")[1].is_calibration is False
        return sorted(project.tasks.filter(is_calibration=True).values_list("prompt", flat=True))

    assert pool_of(7) == pool_of(7)
    assert len(pool_of(7)) == 2


@pytest.mark.parametrize("share", ["0.51", "-0.1"])
def test_a_share_is_at_most_half_of_the_work(share, rita):
    project = ProjectFactory()

    with pytest.raises(ValidationError, match="Calibration is at most half of the work"):
        projects.change_project(project=project, by=rita, calibration_share=Decimal(share))
    with pytest.raises(IntegrityError, match="calibration_is_at_most_half_of_the_work"):
        Project.objects.update(calibration_share=Decimal(share))


def test_the_database_refuses_seats_in_the_pool():
    task = TaskFactory()

    with pytest.raises(IntegrityError, match="everybody_gets_the_calibration_pool"):
        Task.objects.filter(pk=task.pk).update(is_calibration=True)


def test_the_database_refuses_a_pool_greater_than_the_work(ann):
    take(ann, TaskFactory().project)

    with pytest.raises(IntegrityError, match="the_pool_is_a_part_of_what_was_taken"):
        Membership.objects.update(taken_from_pool=2)


def test_the_progress_keeps_the_pool_apart_from_the_seats(rita, ann, bob, client_of):
    project = furnished(ordinary=4, pool=2, share="0.5")
    for labeler in (ann, bob):
        work(labeler, project, most=2)

    told = projects.totals(project)
    page = client_of(rita).get(reverse("admin:work_project_progress", args=[project.pk])).text

    assert (told["seats"], told["taken"], told["in_pool"]) == (4, 2, 2)
    assert (told["submitted"], told["submitted_from_pool"]) == (4, 2)
    assert "2 of 4 wanted labels are submitted." in page
    assert "The calibration pool has 2 tasks, which everybody gets; their labels: 2." in page


def test_shuffled_tasks_come_in_another_order_and_labelers_look_from_the_start(rita, ann, client_of):
    project = furnished(ordinary=6, pool=0, share=None)
    skipped = work(ann, project, most=1)
    before = list(project.tasks.order_by("-position").values_list("pk", flat=True))
    chosen = {"_selected_action": [before[0]], "select_across": 1, "action": "shuffle"}

    said = client_of(rita).post(reverse("admin:work_task_changelist"), chosen, follow=True).text

    positions = list(project.tasks.values_list("position", flat=True))
    assert "6 tasks have a new order." in said
    assert (skipped, len(set(positions)), min(positions) > 1000) == ("o", 6, True)
    assert Membership.objects.get(labeler=ann).cursor_position is None
    assert work(ann, project) == "ooooo"


def test_a_sheet_of_a_paused_project_is_finished_saved_or_skipped_and_none_is_given(ann, bob):
    project = furnished(most_per_labeler=2)
    anns, bobs = take(ann, project), take(bob, project)
    projects.pause_project(project=project)

    assert drafts.save_draft(assignment=anns, revision=1, body={"notes": "so far"}) == (1, True)
    assert queue.hand_in(assignment=anns) is True
    assert queue.skip(assignment=bobs) is True
    for labeler in (ann, bob):
        with pytest.raises(queue.NotOpen):
            take(labeler, project)
    assert recount() == []

    projects.open_project(project=project)
    assert [work(ann, project), work(bob, project)] == ["o", "Co"]


def test_a_sheet_that_expires_while_paused_is_submitted_late(ann):
    project = furnished()
    sheet = take(ann, project)
    projects.pause_project(project=project)
    late(sheet)

    assert queue.hand_in(assignment=sheet) is True
    assert (Membership.objects.get().taken, Membership.objects.get().taken_from_pool) == (1, 1)


def test_closing_expires_open_sheets_of_the_pool_and_of_programs_and_keeps_drafts(ann, bob, judge):
    project = furnished(ordinary=2)
    begun = take(ann, project)
    drafts.save_draft(assignment=begun, revision=3, body={"notes": "so far"})
    done = take(bob, project)
    queue.hand_in(assignment=done)
    take(judge, project), take(judge, project)

    projects.close_project(project=project)

    assert sorted(Assignment.objects.values_list("state", flat=True)) == ["expired"] * 3 + ["submitted"]
    assert Draft.objects.get().body == {"notes": "so far"}
    assert list(Membership.objects.order_by("labeler").values_list("taken", flat=True)) == [0, 1, 0]
    assert recount() == []
    with pytest.raises(queue.SheetGone, match="This project has been closed"), transaction.atomic():
        queue.hand_in(assignment=Assignment.objects.get(pk=begun.pk))


@pytest.mark.django_db(transaction=True)
def test_eight_labelers_at_once_each_get_their_share():
    project = furnished(ordinary=24, pool=4, overlap=2)
    served = {}

    def run(labeler):
        served[labeler.pk] = work(labeler, project)

    in_threads(run, [LabelerFactory() for _ in range(8)])

    for labeler, work_done in served.items():
        membership = Membership.objects.get(labeler=labeler)
        assert membership.taken_from_pool == work_done.count("C") == min(4, -(-(len(work_done)) // 5))
        assert work_done == "".join("C" if n % 5 == 0 and n < 20 else "o" for n in range(len(work_done)))
    assert sum(one.count("o") for one in served.values()) == 48
    assert recount() == []


@pytest.mark.django_db(transaction=True)
def test_the_pool_is_changed_while_labelers_work_and_the_books_are_right():
    project = furnished(ordinary=20, pool=4, overlap=2)
    numbers = list(project.tasks.values_list("pk", flat=True))

    def run(labeler):
        if labeler is None:
            for number in numbers:
                steering.put_into_the_pool(tasks=Task.objects.filter(pk=number))
                steering.take_out_of_the_pool(tasks=Task.objects.filter(pk=number - 1))
        else:
            while (sheet := take(labeler, project)) is not None and Assignment.objects.count() < 60:
                (queue.skip if sheet.task_id % 5 == 0 else queue.hand_in)(assignment=sheet)

    in_threads(run, [LabelerFactory() for _ in range(4)] + [None])

    assert recount() == []
