"""A program as a labeler: it takes no seat from people, holds several sheets, and is told apart everywhere."""

import pytest
from django.urls import reverse

from labeling.labels import recording
from labeling.labels.models import Label
from labeling.people.pseudonyms import pseudonym
from labeling.work import projects, queue
from labeling.work.models import Assignment, Membership, Project, Task
from tests.api.test_labels import streamed
from tests.api.test_sheets import BODY
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory, UserFactory
from tests.house.test_books import recount
from tests.work.test_many_hands import in_threads
from tests.work.test_queue import late

pytestmark = pytest.mark.django_db


def furnished(tasks=2, **fields):
    project = ProjectFactory(**fields)
    for _ in range(tasks):
        TaskFactory(project=project)
    return project


def next_of(client, project):
    answer = client.post(f"/api/v1/projects/{project.pk}/next/")
    return answer.json()["assignment"] if answer.status_code == 200 else None


def submit(client, sheet):
    return client.post(f"/api/v1/assignments/{sheet}/submit/", BODY)


def label_everything(client, project):
    sheets = []
    while sheet := next_of(client, project):
        assert submit(client, sheet).status_code == 201
        sheets.append(sheet)
    return sheets


def labeled(labeler, project):
    return recording.record(assignment=queue.next_assignment(labeler=labeler, project=project), body=BODY)


def test_it_labels_every_task_and_leaves_every_seat_to_people(rest, judge, ann):
    project = furnished(tasks=3)

    assert len(label_everything(rest(judge), project)) == 3

    assert set(Task.objects.values_list("taken", flat=True)) == {0}
    assert len(label_everything(rest(ann), project)) == 3
    assert recount() == []


def test_it_labels_what_people_have_filled_as_well(rest, judge, ann):
    project = furnished(tasks=2)
    label_everything(rest(ann), project)

    assert len(label_everything(rest(judge), project)) == 2
    assert set(Task.objects.values_list("taken", flat=True)) == {1}


def test_it_holds_several_sheets_and_submits_them_in_any_order(rest, judge):
    client, project = rest(judge), furnished(tasks=3)
    sheets = [next_of(client, project) for _ in range(4)]

    answers = [submit(client, sheet).status_code for sheet in reversed(sheets[:3])]

    assert (len(set(sheets[:3])), sheets[3]) == (3, None)
    assert answers == [201, 201, 201]
    assert Membership.objects.get().taken == 3


def test_a_skipped_or_expired_sheet_of_its_own_frees_no_seat(rest, judge, ann):
    project = furnished(tasks=2)
    queue.next_assignment(labeler=ann, project=project)
    client = rest(judge)
    skipped, expired = next_of(client, project), next_of(client, project)

    client.post(f"/api/v1/assignments/{skipped}/skip/", {"reason": "No words."})
    late(Assignment.objects.get(pk=expired))

    assert sorted(Task.objects.values_list("taken", flat=True)) == [0, 1]
    assert recount() == []
    assert next_of(client, project) == expired


def test_a_late_submission_needs_no_seat(rest, judge, ann):
    client, project = rest(judge), furnished(tasks=1)
    sheet = next_of(client, project)
    late(Assignment.objects.get(pk=sheet))
    labeled(ann, project)

    assert submit(client, sheet).status_code == 201
    assert recount() == []


def test_a_project_without_programs_gives_them_nothing_and_lets_them_finish(rest, judge, ann):
    client, project = rest(judge), furnished()
    held = next_of(client, project)
    Project.objects.update(programs="none")

    refused = client.post(f"/api/v1/projects/{project.pk}/next/")

    assert (refused.status_code, refused.json()["detail"]) == (403, "This project is not open to you.")
    assert submit(client, held).status_code == 201
    assert queue.next_assignment(labeler=ann, project=project) is not None


def test_whether_programs_label_is_said_over_rest(rest, eve, rita):
    client = rest(eve)
    asked = {"name": "Rank answers", "instructions": "Read all.", "programs": "none", "most_per_labeler": 40}

    made = client.post("/api/v1/projects/", asked | {"calibration_share": 0.15})
    number = made.json()["id"]
    changed = client.patch(f"/api/v1/projects/{number}/", {"programs": "beside", "calibration_share": None})

    told = [
        (one.json()["programs"], one.json()["most_per_labeler"], one.json()["calibration_share"])
        for one in (made, changed)
    ]
    assert (made.status_code, changed.status_code) == (201, 200)
    assert told == [("none", 40, 0.15), ("beside", 40, None)]
    copy = projects.clone_project(project=Project.objects.get(), by=rita)
    assert (copy.programs, copy.most_per_labeler, copy.calibration_share) == ("beside", 40, None)


def test_tasks_are_added_to_the_pool_over_rest(rest, eve):
    project, given = furnished(tasks=0), furnished(tasks=3)
    prompts = list(given.tasks.order_by("pk").values_list("prompt", flat=True))
    client, address = rest(eve), f"/api/v1/projects/{project.pk}/tasks/"

    client.post(address, {"prompts": prompts[:2], "calibration": True})
    client.post(address, {"prompts": prompts[2:]})

    assert list(project.tasks.order_by("pk").values_list("is_calibration", "seats")) == [
        (True, None),
        (True, None),
        (False, 1),
    ]


def test_labels_over_rest_say_who_is_a_program_and_what_is_calibration(rest, eve, judge, ann):
    project = furnished(tasks=1)
    TaskFactory(project=project, priority=1, is_calibration=True, seats=None)
    client = rest(eve, "read")
    labeled(judge, project)
    labeled(ann, project)
    labeled(ann, project)

    told = streamed(client)

    assert [(one["by_program"], one["calibration"]) for one in told] == [(True, True), (False, True), (False, False)]
    assert [one["labeler"] for one in streamed(client, "?by_program=true")] == [pseudonym(judge.pseudonym_key)]
    assert [one["by_program"] for one in streamed(client, "?by_program=false")] == [False, False]


def test_progress_counts_people_and_lists_programs_apart(rest, eve, judge, ann, rita, client_of):
    project = furnished(tasks=2)
    label_everything(rest(judge), project)
    labeled(ann, project)

    told = rest(eve).get(f"/api/v1/projects/{project.pk}/progress/").json()
    page = client_of(rita).get(reverse("admin:work_project_progress", args=[project.pk])).text

    assert (told["seats"], told["taken"], told["submitted"], told["submitted_last_hour"]) == (2, 1, 1, 1)
    assert [(one["labeler"], one["submitted"]) for one in told["labelers"]] == [(pseudonym(ann.pseudonym_key), 1)]
    assert [(one["labeler"], one["submitted"]) for one in told["programs"]] == [(pseudonym(judge.pseudonym_key), 2)]
    assert "1 of 2 wanted labels are submitted." in page
    people, programs = page.split("<caption>Programs, which take no seats</caption>")
    assert ("Ann" in people, "Judge" in people, "Judge" in programs) == (True, False, True)
    assert "1 of 2 submitted</a>" in client_of(rita).get(reverse("admin:work_project_changelist")).text


def test_the_lists_of_labels_and_sheets_mark_programs_and_find_them(rita, judge, ann, client_of):
    project = furnished(tasks=1)
    labeled(judge, project)
    labeled(ann, project)

    for address, field in (("labels_label", "assignment__by_program"), ("work_assignment", "by_program")):
        listed = reverse(f"admin:{address}_changelist")
        everything, programs = (client_of(rita).get(listed, asked) for asked in ({}, {f"{field}__exact": 1}))
        assert everything.text.count("icon-yes") == 1
        assert programs.context["cl"].result_count == 1
    label = Label.objects.get(assignment__by_program=True)
    assert "icon-yes" in client_of(rita).get(reverse("admin:labels_label_change", args=[label.pk])).text


@pytest.mark.django_db(transaction=True)
def test_two_programs_in_four_threads_each_and_four_people_all_do_every_task_once():
    project = furnished(tasks=12, overlap=2, k=2)
    judges = [UserFactory(is_program=True, groups=["program"]) for _ in range(2)]

    def work_until_empty(labeler):
        while (sheet := queue.next_assignment(labeler=labeler, project=project)) is not None:
            queue.hand_in(assignment=sheet)

    in_threads(work_until_empty, judges * 4 + [LabelerFactory() for _ in range(4)])

    submitted = Assignment.objects.filter(state="submitted")
    assert submitted.count() == Assignment.objects.count() == 12 * 4
    assert [submitted.filter(labeler=judge).values("task").distinct().count() for judge in judges] == [12, 12]
    assert set(Task.objects.values_list("taken", flat=True)) == {2}
    assert recount() == []
