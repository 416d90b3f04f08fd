"""Can a researcher set a project up, give it tasks, steer it and watch it, and can nobody else?"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.candidates.models import Response, normal_hash
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import Prompt
from labeling.work import drawing, queue
from labeling.work.models import Project, Task
from tests.factories import (
    EndpointFactory,
    FormVersionFactory,
    ProjectFactory,
    PromptFactory,
    SourceFactory,
    TaskFactory,
)

pytestmark = pytest.mark.django_db

LISTS = ["project", "task", "assignment", "membership"]
PAGES = ["change", "add_tasks", "progress", "clone", "open", "pause", "close"]


def page(name, project):
    return reverse(f"admin:work_project_{name}", args=[project.pk])


def queries_of_work(client, address):
    """Load a page; return it with the number of queries from this room's tables (other rooms ask their own)."""
    with CaptureQueriesContext(connection) as queries:
        text = client.get(address).text
    return text, sum(' FROM "work_' in query["sql"] for query in queries)


def asked_for(**fields):
    """What the page "Add project" sends."""
    return {
        "name": "Rank answers",
        "kind": "ranking",
        "purpose": "training",
        "cohort": "training",
        "form": FormVersionFactory().form.pk,
        "markdown": "Rank by\r\n*helpfulness*.",
        "k": 3,
        "min_k": "",
        "rate_first": "on",
        "may_arrange": "on",
        "layout": "cards",
        "programs": "beside",
        "overlap": 2,
        "lease_minutes": 45,
        "baseline": "",
        **fields,
    }


def answered_prompts(source, count, answers=3):
    endpoints = [EndpointFactory() for _ in range(answers)]
    for _ in range(count):
        prompt = PromptFactory(source=source)
        Response.objects.bulk_create(
            Response(prompt=prompt, endpoint=endpoint, text=f"Answer {n}", text_hash=normal_hash(f"Answer {n}"))
            for n, endpoint in enumerate(endpoints)
        )


@pytest.mark.parametrize("who", ["rita", "ada"])
@pytest.mark.parametrize("model", LISTS)
def test_researchers_and_admins_open_every_list(model, who, ann, client_of, request):
    queue.next_assignment(labeler=ann, project=TaskFactory().project)

    response = client_of(request.getfixturevalue(who)).get(reverse(f"admin:work_{model}_changelist"))

    assert response.status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_researchers_open_every_page_of_a_project(name, rita, client_of):
    assert client_of(rita).get(page(name, TaskFactory().project)).status_code == 200


@pytest.mark.parametrize("who", ["ann", "hal", "charlie", "eve", "judge"])
def test_labelers_engineers_and_programs_are_sent_away_from_all_of_it(who, client_of, request):
    project = TaskFactory().project
    client = client_of(request.getfixturevalue(who))
    addresses = [page(name, project) for name in PAGES]
    addresses += [reverse(f"admin:work_{model}_changelist") for model in LISTS]

    answers = [client.get(address) for address in addresses] + [client.post(address) for address in addresses]

    assert {answer.status_code for answer in answers} == {302}
    assert all(answer.url.startswith("/admin/login/") for answer in answers)
    assert Project.objects.get().state == "open"


def test_staff_without_a_role_may_do_nothing_to_a_project(charlie, client_of):
    charlie.is_staff = True
    charlie.save()
    client, project = client_of(charlie), TaskFactory().project

    answers = [client.post(page(name, project)) for name in PAGES]

    assert {answer.status_code for answer in answers} == {403, 405}


def test_the_admin_s_index_leads_to_projects(rita, client_of):
    assert reverse("admin:work_project_changelist") in client_of(rita).get("/admin/").text


def test_no_page_carries_inline_script_or_style(rita, client_of):
    client, project = client_of(rita), TaskFactory().project
    addresses = [page(name, project) for name in PAGES]
    addresses += [reverse(f"admin:work_{model}_changelist") for model in LISTS]

    for address in [*addresses, reverse("admin:work_project_add")]:
        text = client.get(address).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)(?![^>]*json)", text), address


def test_a_project_is_set_up_on_one_page_and_works(rita, ann, client_of):
    client, source = client_of(rita), SourceFactory()
    answered_prompts(source, 2)

    response = client.post(reverse("admin:work_project_add"), asked_for())

    assert response.status_code == 302, response.context["errors"]
    project = Project.objects.get(name="Rank answers")
    assert project.instructions.newest().markdown == "Rank by\n*helpfulness*."
    assert (project.state, project.k, project.overlap, project.lease_minutes) == ("draft", 3, 2, 45)
    assert project.created_by == rita
    client.post(page("add_tasks", project), {"source": source.pk, "tasks_before": 0})
    client.post(page("open", project))
    assert queue.next_assignment(labeler=ann, project=project).slots.count() == 3


def test_what_is_wrong_with_a_project_is_said_beside_its_fields(rita, client_of):
    wrong = asked_for(cohort="any", k=1, markdown="", lease_minutes=0)

    first = client_of(rita).post(reverse("admin:work_project_add"), wrong)
    second = client_of(rita).post(reverse("admin:work_project_add"), wrong | {"markdown": "Judge."})

    assert first.context["adminform"].form.errors == {
        "markdown": ["Write instructions: they are what labelers judge by."]
    }
    assert second.context["adminform"].form.errors == {
        "cohort": ["Held-out labelers only evaluate: choose the purpose “evaluation” or training labelers."],
        "k": ["A sheet compares 2 to 16 responses, not 1."],
        "lease_minutes": ["A lease lasts from one minute to 30 days."],
    }
    assert not Project.objects.exists()


def test_fields_and_instructions_of_a_project_are_changed_on_one_page(rita, client_of):
    project = TaskFactory(project__k=3).project
    fields = asked_for(name="Renamed", form=project.form.pk, markdown="Be *careful*.", overlap=3)
    client = client_of(rita)

    client.post(page("change", project), fields)
    client.post(page("change", project), fields | {"markdown": "Be *quick*."})

    project.refresh_from_db()
    assert (project.name, project.overlap, project.tasks.get().seats) == ("Renamed", 3, 3)
    assert project.instructions.newest().number == 2


def test_which_responses_are_compared_is_chosen_with_a_number_and_checkboxes(rita, client_of):
    project, client = TaskFactory().project, client_of(rita)
    chosen = {"most_per_model": 2, "with_references": "on", "leave_out": ["leak", "truncated"]}
    fields = asked_for(form=project.form.pk)

    def saved(**choice):
        assert client.post(page("change", project), fields | choice).status_code == 302
        project.refresh_from_db()
        return project.most_per_model, project.with_references, project.leave_out

    assert saved(**chosen) == (2, True, ["leak", "truncated"])
    shown = re.findall(r'<input[^>]*name="leave_out"[^>]*>', client.get(page("change", project)).text)
    assert [("checkbox" in box, re.search('value="(.*?)"', box)[1], "checked" in box) for box in shown] == [
        (True, "leak", True), (True, "refusal", False), (True, "truncated", True),
    ]  # fmt: skip
    assert saved() == (None, False, [])


def test_kind_and_purpose_of_a_project_with_tasks_are_only_shown(rita, client_of):
    client = client_of(rita)
    empty, busy = ProjectFactory(), TaskFactory().project

    assert 'name="purpose"' in client.get(page("change", empty)).text
    assert 'name="purpose"' not in client.get(page("change", busy)).text
    fields = asked_for(purpose="evaluation", kind="rating", form=busy.form.pk)
    assert client.post(page("change", busy), fields).status_code == 302

    busy.refresh_from_db()
    assert (busy.kind, busy.purpose) == ("ranking", "training")


@pytest.mark.parametrize(
    ("before", "name", "sentence", "after"),
    [
        ("draft", "open", "It has no tasks yet, so labelers will find nothing to do until some are added.", "open"),
        ("open", "pause", "Sheets that are open can still be submitted.", "paused"),
        ("paused", "close", "A closed project is never opened again.", "closed"),
    ],
)
def test_a_button_asks_with_a_sentence_and_then_moves_the_project(before, name, sentence, after, rita, client_of):
    project, client = ProjectFactory(state=before), client_of(rita)

    assert page(name, project) in client.get(page("change", project)).text
    assert sentence in client.get(page(name, project)).text
    assert Project.objects.get().state == before
    said = client.post(page(name, project), follow=True).text

    assert f"“{project}” is {after}." in said
    assert Project.objects.get().state == after


def test_closing_says_how_many_sheets_will_expire(rita, ann, client_of):
    project = TaskFactory().project
    queue.next_assignment(labeler=ann, project=project)

    assert "1 open sheet will expire, its draft is kept." in client_of(rita).get(page("close", project)).text


def test_a_button_pressed_too_late_says_so(rita, client_of):
    project = ProjectFactory(name="Rank answers", state="closed")

    said = client_of(rita).post(page("open", project), follow=True).text

    assert "“Rank answers” is closed; it cannot become open." in said


def test_a_project_is_cloned_under_a_name(rita, client_of):
    project, client = TaskFactory(project__name="First").project, client_of(rita)

    client.post(page("clone", project), {"name": "Second"})
    client.post(page("clone", project))
    refused = client.post(page("clone", project), {"name": "Second"})

    assert list(Project.objects.values_list("name", "state")) == [
        ("Copy of First", "draft"),
        ("First", "open"),
        ("Second", "draft"),
    ]
    assert "There is already a project named “Second”." in refused.text


def test_adding_tasks_is_previewed_and_then_done(rita, client_of):
    project, source, client = ProjectFactory(k=3), SourceFactory(), client_of(rita)
    answered_prompts(source, 4)
    answered_prompts(source, 1, answers=2)
    PromptFactory(source=SourceFactory())

    preview = client.get(page("add_tasks", project), {"source": source.pk, "split": "train", "limit": 3}).text
    assert "5 prompts match." in preview
    assert "4 can become tasks." in preview
    assert "1 lacks the responses it needs and will be refused." in preview
    assert "Add 3 tasks" in preview
    assert not Task.objects.exists()

    chosen = {"source": source.pk, "split": "train", "limit": "", "priority": 2, "tasks_before": 0}
    done = client.post(page("add_tasks", project), chosen).text

    assert "4 tasks were added." in done
    assert "Only 2 different non-empty responses; 3 are needed." in done
    assert set(project.tasks.values_list("priority", flat=True)) == {2}


def test_tasks_are_added_by_a_tag(rita, client_of):
    project, source, client = ProjectFactory(k=3), SourceFactory(), client_of(rita)
    answered_prompts(source, 2)
    tagged = source.prompts.first()
    Prompt.objects.filter(pk=tagged.pk).update(tags=["in training", "grade 5"])

    client.post(page("add_tasks", project), {"tag": " in training ", "tasks_before": 0})

    assert project.tasks.get().prompt == tagged


def test_a_second_click_adds_no_second_batch(rita, client_of):
    project, source, client = ProjectFactory(k=3), SourceFactory(), client_of(rita)
    answered_prompts(source, 6)
    chosen = {"source": source.pk, "limit": 2, "priority": 0, "tasks_before": 0}

    client.post(page("add_tasks", project), chosen)
    again = client.post(page("add_tasks", project), chosen).text

    assert "tasks have changed meanwhile" in again
    assert project.tasks.count() == 2


def test_progress_is_asked_again_every_two_seconds_until_the_project_is_closed(rita, ann, client_of):
    task, client = TaskFactory(project__overlap=2), client_of(rita)
    queue.next_assignment(labeler=ann, project=task.project)

    whole = client.get(page("progress", task.project)).text
    part = client.get(page("progress", task.project), headers={"HX-Request": "true"}).text
    assert 'hx-trigger="every 2s"' in whole
    assert 'hx-trigger="every 2s"' in part
    assert "<html" not in part
    assert "0 of 2 wanted labels are submitted." in part
    assert str(task.prompt) in part
    assert "Ann" in part

    Project.objects.update(state="closed")
    assert "hx-trigger" not in client.get(page("progress", task.project), headers={"HX-Request": "true"}).text


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_of_projects_takes_the_same_queries_for_one_and_for_six(count, rita, ann, client_of):
    for _ in range(count):
        task = TaskFactory()
        queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=task.project))

    text, queries = queries_of_work(client_of(rita), reverse("admin:work_project_changelist"))

    assert queries == 3
    assert text.count("1 of 1 submitted</a>") == count


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_of_tasks_takes_the_same_queries_for_one_and_for_six(count, rita, client_of):
    project = ProjectFactory()
    for _ in range(count):
        TaskFactory(project=project)

    assert queries_of_work(client_of(rita), reverse("admin:work_task_changelist"))[1] == 3


@pytest.mark.parametrize(("standing", "found"), [("wanting", "free"), ("full", "full"), ("aside", "aside")])
def test_tasks_are_found_by_how_they_stand(standing, found, rita, ann, client_of):
    tasks = {"full": TaskFactory(priority=1)}
    queue.next_assignment(labeler=ann, project=tasks["full"].project)
    tasks |= {name: TaskFactory(project=tasks["full"].project) for name in ("free", "aside")}
    Task.objects.filter(pk=tasks["aside"].pk).update(set_aside_at="2026-11-22T00:00Z", set_aside_reason="Broken.")

    response = client_of(rita).get(reverse("admin:work_task_changelist"), {"standing": standing})

    assert [task.pk for task in response.context["cl"].result_list] == [tasks[found].pk]


def test_tasks_are_set_aside_with_a_reason_and_brought_back(rita, client_of):
    task, client, address = TaskFactory(), client_of(rita), reverse("admin:work_task_changelist")
    chosen = {"_selected_action": [task.pk]}

    question = client.post(address, chosen | {"action": "set_aside"}).text
    assert "1 task is chosen." in question
    unanswered = client.post(address, chosen | {"action": "set_aside", "answered": 1, "reason": ""}).text
    assert "This field is required." in unanswered
    said = client.post(
        address, chosen | {"action": "set_aside", "answered": 1, "reason": "It names a person."}, follow=True
    ).text
    assert "1 task is set aside." in said
    task.refresh_from_db()
    assert (task.set_aside_reason, task.set_aside_by) == ("It names a person.", rita)

    assert "1 task is back." in client.post(address, chosen | {"action": "bring_back"}, follow=True).text
    task.refresh_from_db()
    assert (task.set_aside_reason, task.set_aside_at, task.set_aside_by) == ("", None, None)


def test_the_priority_of_all_tasks_found_is_changed_at_once(rita, client_of):
    project = ProjectFactory()
    tasks = [TaskFactory(project=project) for _ in range(3)]
    chosen = {"_selected_action": [tasks[0].pk], "select_across": 1, "action": "change_priority"}

    said = client_of(rita).post(
        reverse("admin:work_task_changelist"), chosen | {"answered": 1, "priority": 7}, follow=True
    )

    assert "3 tasks have a new priority." in said.text
    assert set(Task.objects.values_list("priority", flat=True)) == {7}


def test_a_task_shows_its_prompt_and_candidates_and_is_not_edited(rita, client_of):
    task, client = TaskFactory(), client_of(rita)
    address = reverse("admin:work_task_change", args=[task.pk])

    text = client.get(address).text

    assert str(task.prompt) in text
    assert all(candidate.response.text in text for candidate in task.candidates.all())
    assert client.post(address, {"priority": 9}).status_code == 403


def test_a_candidate_that_a_person_wrote_is_shown_as_a_reference(rita, client_of):
    task = TaskFactory()
    Response.objects.filter(pk=task.candidates.first().response_id).update(endpoint=None)

    text = client_of(rita).get(reverse("admin:work_task_change", args=[task.pk])).text

    assert re.findall(r'field-endpoint">\s*<p>(.*?)</p>', text)[0] == "reference"


def test_assignments_and_memberships_are_only_shown(rita, ann, client_of):
    client = client_of(rita)
    assignment = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    membership = assignment.project.memberships.get()

    for name, row in (("assignment", assignment), ("membership", membership)):
        address = reverse(f"admin:work_{name}_change", args=[row.pk])
        assert client.get(address).status_code == 200
        assert client.post(address, {"state": "submitted"}).status_code == 403
        assert client.get(reverse(f"admin:work_{name}_add")).status_code == 403


def test_researchers_see_assignments_under_pseudonyms_and_admins_see_whose_they_are(rita, ada, ann, client_of):
    """Labels are read without knowing whose they are, and a label names its assignment."""
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory().project)
    listed = reverse("admin:work_assignment_changelist")
    shown = reverse("admin:work_assignment_change", args=[sheet.pk])

    for address in (listed, shown):
        veiled, named = (client_of(person).get(address).text for person in (rita, ada))
        assert (pseudonym(ann.pseudonym_key) in veiled, str(ann) in veiled, str(ann) in named) == (True, False, True)
    found = [client_of(person).get(listed, {"q": ann.email}).context["cl"].result_count for person in (rita, ada)]
    assert found == [0, 1]


def test_a_page_about_no_project_is_not_found(rita, client_of):
    assert client_of(rita).get("/admin/work/project/999999/progress/").status_code == 404


def test_the_most_that_one_press_adds_is_bounded(rita, client_of):
    response = client_of(rita).get(page("add_tasks", ProjectFactory()), {"limit": 50_000})

    assert "Ensure this value is less than or equal to 20000." in response.text
    assert drawing.BATCH < 20_000
