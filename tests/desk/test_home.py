"""The desk: one card per project that the labeler may work on."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from labeling.work import counting, queue
from tests.factories import ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db


def cards(client):
    return client.get(reverse("desk:home")).context["cards"]


def test_a_card_says_how_many_tasks_are_left(ann, client_of):
    project = ProjectFactory(name="Rank answers")
    TaskFactory(project=project)
    TaskFactory(project=project)

    (card,) = cards(client_of(ann))

    assert (card["project"], card["left"], card["today"], card["is_open_sheet"]) == ("Rank answers", 2, 0, False)


# who and in which roles (2), their time; their cohort and projects, where they stand, what is left, the instructions;
# their recent work and what is open again; whether there is a survey for them (2)
QUERIES_OF_A_DESK = 12


@pytest.mark.parametrize("projects", [1, 3])
def test_the_desk_costs_the_same_however_many_projects_there_are(ann, client_of, django_assert_num_queries, projects):
    for _ in range(projects):
        TaskFactory()
    ProjectFactory(most_per_labeler=1)  # and one in which nothing is left
    client = client_of(ann)
    cards(client)

    with django_assert_num_queries(QUERIES_OF_A_DESK):
        assert len(cards(client)) == projects + 1


def test_more_than_anybody_counts_is_said_as_more_on_the_desk_and_on_the_sheet(ann, client_of, monkeypatch):
    """As with 1,000, which would take a while to make."""
    monkeypatch.setattr(counting, "MOST_COUNTED", 3)
    project = ProjectFactory(k=2)
    TaskFactory.create_batch(5, project=project)
    client, shown = client_of(ann), []

    for _ in range(4):
        sheet = queue.next_assignment(labeler=ann, project=project)
        page = client.get(reverse("labels:sheet", args=[sheet.pk]))
        (card,) = cards(client)
        shown.append((card["left_shown"], page.context["sheet"].page, page.context["sheet"].pages))
        queue.hand_in(assignment=sheet)
        cache.clear()  # as half a minute later

    assert shown == [("3+", 1, None), ("3+", 2, None), ("3", 3, 5), ("2", 4, 5)]


def test_of_more_than_anybody_counts_no_number_is_made_up_between_two_countings(ann, client_of, monkeypatch):
    monkeypatch.setattr(counting, "MOST_COUNTED", 3)
    project = ProjectFactory(k=2)
    TaskFactory.create_batch(8, project=project)
    pages = []

    for _ in range(3):
        pages.append(counting.standing_of(ann, project).pages)
        queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=project))

    assert pages == [None, None, None]


def test_an_open_sheet_is_continued(ann, client_of):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    client = client_of(ann)

    (card,) = cards(client)
    answer = client.post(card["start_url"])

    assert (card["left"], card["is_open_sheet"]) == (1, True)
    assert answer.url == reverse("labels:sheet", args=[sheet.pk])


def test_an_expired_sheet_whose_task_still_wants_hands_can_be_come_back_to(ann, client_of):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    queue.expire_open(project=sheet.project)
    client = client_of(ann)

    (card,) = cards(client)
    page = client.get(reverse("desk:home")).text

    assert (card["left"], card["is_open_sheet"]) == (1, False)
    assert card["start_url"] in page


def test_an_expired_sheet_whose_task_others_have_completed_is_not_left(ann, bob, client_of):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    queue.expire_open(project=sheet.project)
    queue.next_assignment(labeler=bob, project=sheet.project)

    (card,) = cards(client_of(ann))

    assert card["left"] == 0


def test_start_gives_a_sheet(ann, client_of):
    task = TaskFactory()

    answer = client_of(ann).post(reverse("desk:start", args=[task.project.pk]))

    assert answer.url == reverse("labels:sheet", args=[task.assignments.get().pk])


def test_start_on_an_empty_project_says_so(ann, client_of):
    project = ProjectFactory()

    page = client_of(ann).post(reverse("desk:start", args=[project.pk]), follow=True)

    assert "Nothing is left for you in this project." in page.content.decode()


def test_a_held_out_labeler_sees_no_training_project_and_cannot_start_it(hal, client_of):
    task = TaskFactory()
    client = client_of(hal)

    assert cards(client) == []
    assert client.post(reverse("desk:start", args=[task.project.pk])).status_code == 404


def test_strangers_are_sent_to_sign_in(client):
    assert client.get(reverse("desk:home")).url == "/accounts/login/?next=/"


def test_nobody_in_particular_has_an_empty_desk(charlie, client_of):
    TaskFactory()

    assert cards(client_of(charlie)) == []


def test_an_open_sheet_of_a_paused_project_can_be_finished(ann, client_of):
    task = TaskFactory()
    sheet = queue.next_assignment(labeler=ann, project=task.project)
    task.project.state = "paused"
    task.project.save()
    client = client_of(ann)

    (card,) = cards(client)
    answer = client.post(card["start_url"])

    assert card["is_open_sheet"] is True
    assert answer.url == reverse("labels:sheet", args=[sheet.pk])
