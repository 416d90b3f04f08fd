"""No labeler does more of a project than one may, in however many tabs, and late sheets are no way around it."""

import contextlib

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.work import counting, projects, queue
from labeling.work.models import Assignment, Membership, Project
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory, UserFactory
from tests.house.test_books import recount
from tests.work.test_many_hands import in_threads
from tests.work.test_queue import late

pytestmark = pytest.mark.django_db
SAID = "You have done the most that one person may do here. Thank you."


def furnished(tasks=5, **fields):
    project = ProjectFactory(k=2, **fields)
    for _ in range(tasks):
        TaskFactory(project=project)
    return project


def take(labeler, project):
    return queue.next_assignment(labeler=labeler, project=project)


def do(labeler, project):
    sheet = take(labeler, project)
    queue.hand_in(assignment=sheet)
    return sheet


def test_who_has_done_the_most_gets_no_more_and_is_told_why(ann, bob):
    project = furnished(most_per_labeler=2)
    do(ann, project)
    assert take(ann, project) == take(ann, project)  # the last one that they hold stays theirs
    do(ann, project)

    assert take(ann, project) is None
    assert queue.why_nothing(labeler=ann, project=project) == SAID
    assert take(bob, project) is not None


def test_where_tasks_have_run_out_that_is_the_reason(ann):
    project = furnished(tasks=1, most_per_labeler=2)
    do(ann, project)

    assert take(ann, project) is None
    assert queue.why_nothing(labeler=ann, project=project) == "Nothing is left for you in this project. Thank you."


def test_a_skipped_sheet_does_not_count(ann):
    project = furnished(most_per_labeler=1)
    queue.skip(assignment=take(ann, project))

    assert do(ann, project) is not None
    assert take(ann, project) is None


def test_in_a_test_a_skipped_sheet_is_not_made_up_for_so_that_everybody_is_asked_the_same(rita):
    project = furnished(most_per_labeler=2, purpose="screening", overlap=None)
    queue.skip(assignment=take(rita, project))
    assert counting.left_for(rita, project) == 1
    do(rita, project)

    assert counting.left_for(rita, project) == 0
    assert take(rita, project) is None
    assert queue.why_nothing(labeler=rita, project=project) == SAID


@pytest.mark.django_db(transaction=True)
def test_in_a_test_those_who_come_at_once_get_the_same_sheets_in_the_same_order(rita):
    project = furnished(most_per_labeler=2, purpose="screening", overlap=None)
    people = [rita, *(UserFactory(groups=["researcher"], is_staff=True) for _ in range(5))]

    in_threads(lambda person: [do(person, project), do(person, project)], people)

    first = list(project.tasks.order_by("-priority", "-position").values_list("pk", flat=True)[:2])
    done = Assignment.objects.filter(project=project).order_by("leased_at").values_list("labeler", "task")
    assert [[task for who, task in done if who == person.pk] for person in people] == [first] * 6


def test_an_expired_sheet_does_not_come_back_beyond_the_limit_and_does_once_it_is_lifted(ann):
    project = furnished(most_per_labeler=1)
    lost = late(take(ann, project))
    Assignment.objects.filter(pk=lost.pk).update(state="skipped")
    do(ann, project)
    queue.give_back(assignments=Assignment.objects.filter(pk=lost.pk))

    assert take(ann, project) is None
    project.most_per_labeler = 2
    assert take(ann, project) == lost


def test_a_late_sheet_is_refused_beyond_the_limit(ann):
    project = furnished(most_per_labeler=1)
    lost = late(take(ann, project))
    Assignment.objects.filter(pk=lost.pk).update(state="skipped")  # so that it is not what comes back
    do(ann, project)
    queue.give_back(assignments=Assignment.objects.filter(pk=lost.pk))

    lost.refresh_from_db()
    with (
        pytest.raises(queue.SheetGone, match="You have done the most that one person may do here"),
        transaction.atomic(),
    ):
        queue.hand_in(assignment=lost)

    assert recount() == []
    assert Assignment.objects.get(pk=lost.pk).state == "expired"


def test_a_reopened_sheet_is_handed_in_at_the_limit(ann):
    project = furnished(most_per_labeler=1)
    sheet = do(ann, project)
    with transaction.atomic():
        queue.reopen(assignment=sheet)

    assert queue.hand_in(assignment=Assignment.objects.get(pk=sheet.pk)) is True


def test_a_lower_limit_lets_an_open_sheet_be_finished(ann):
    project = furnished()
    do(ann, project)
    sheet = take(ann, project)
    project.most_per_labeler = 1

    assert take(ann, project) == sheet
    assert queue.hand_in(assignment=sheet) is True
    assert take(ann, project) is None


def test_the_limit_is_for_people_and_not_for_programs(judge):
    project = furnished(tasks=3, most_per_labeler=1)

    assert [take(judge, project) is not None for _ in range(4)] == [True, True, True, False]


def test_what_is_left_on_the_desk_ends_at_the_limit(ann):
    project = furnished(tasks=9, most_per_labeler=3)
    do(ann, project)

    assert counting.left_for(ann, project) == 2
    take(ann, project)
    assert counting.left_for(ann, project) == 2
    do(ann, project)
    do(ann, project)
    assert counting.left_for(ann, project) == 0


def test_the_pages_say_why_there_is_nothing_more(ann, client_of):
    project = furnished(most_per_labeler=1)
    do(ann, project)

    answer = client_of(ann).post(reverse("desk:start", args=[project.pk]))

    assert [str(message) for message in get_messages(answer.wsgi_request)] == [SAID]


def test_at_the_limit_no_task_is_looked_at(ann):
    project = furnished(most_per_labeler=1)
    do(ann, project)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        take(ann, project)

    assert [query for query in asked.captured_queries if "work_task" in query["sql"]] == []


@pytest.mark.parametrize(("most", "right"), [(0, False), (1, True), (None, True)])
def test_a_limit_is_at_least_1(most, right, rita):
    project = furnished(tasks=0)

    if right:
        assert projects.change_project(project=project, by=rita, most_per_labeler=most).most_per_labeler == most
        return
    with pytest.raises(ValidationError, match="leave the limit empty"):
        projects.change_project(project=project, by=rita, most_per_labeler=most)
    with pytest.raises(IntegrityError, match="a_labeler_may_do_at_least_1"):
        Project.objects.update(most_per_labeler=most)


@pytest.mark.django_db(transaction=True)
def test_four_labelers_in_four_tabs_each_never_get_more_than_the_limit():
    project = furnished(tasks=12, overlap=4, most_per_labeler=5)
    labelers = [LabelerFactory() for _ in range(4)]

    def work_until_empty(labeler):
        while (sheet := take(labeler, project)) is not None:
            queue.hand_in(assignment=sheet)
            assert Membership.objects.get(labeler=labeler).taken <= 5

    in_threads(work_until_empty, labelers * 4)

    assert set(Membership.objects.values_list("taken", flat=True)) == {5}
    assert Assignment.objects.filter(state="submitted").count() == Assignment.objects.count() == 20
    assert recount() == []


@pytest.mark.django_db(transaction=True)
def test_late_sheets_and_new_ones_at_once_do_not_pass_the_limit(ann):
    """One tab submits what has expired while the other asks for the next: one of them is too much."""
    project = furnished(tasks=6, most_per_labeler=2)
    do(ann, project)
    lost = late(take(ann, project))

    def in_a_tab(number):
        sheet = lost if number else take(ann, project)
        with contextlib.suppress(queue.SheetGone), transaction.atomic():
            if sheet:
                queue.hand_in(assignment=sheet)

    in_threads(in_a_tab, [0, 1])

    assert Membership.objects.get(labeler=ann).taken == 2
    assert recount() == []
