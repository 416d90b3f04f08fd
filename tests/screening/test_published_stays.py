"""Does a published test stay as it is for everybody who takes it?"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from labeling.guidelines.models import FormVersion, InstructionsVersion
from labeling.guidelines.versions import new_form_version, new_instructions
from labeling.screening import publishing
from labeling.screening.models import Criterion
from labeling.work import drawing, flagging, projects, steering
from labeling.work.models import Assignment, Project, SheetFlag, Task
from tests.factories import PromptFactory, ResponseFactory
from tests.factories.screening import applicant, attempt_of, draft_test, keyed_test
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db
SENTENCE = "is a part of a published test, so its tasks and what it asks stay as they are"


@pytest.fixture
def flags(test):
    return section_of(test, Criterion.FLAGS).project


def add_a_task(project, by):
    prompt = PromptFactory(messages=[{"role": "user", "content": "one more"}])
    ResponseFactory(prompt=prompt, text="answered")
    drawing.add_tasks(project=project, prompts=[prompt.pk])


def set_one_aside_by_its_flag(project, by):
    sheet = Assignment.objects.filter(project=project).first()
    flagging.flag(assignment=sheet, kind="broken")
    flagging.set_tasks_aside(flags=SheetFlag.objects.all(), reason="Half of it is missing.", by=by)


CHANGES = {
    "another task": add_a_task,
    "a task less": lambda project, by: steering.set_aside(tasks=project.tasks.all(), reason="Too hard.", by=by),
    "a flagged task less": set_one_aside_by_its_flag,
    "another order": lambda project, by: steering.shuffle(tasks=project.tasks.all()),
    "another priority": lambda project, by: steering.reprioritise(tasks=project.tasks.all(), priority=5),
    "a calibration pool": lambda project, by: steering.put_into_the_pool(tasks=project.tasks.all()),
    "fewer for each": lambda project, by: projects.change_project(project=project, by=by, most_per_labeler=2),
    "other instructions": lambda project, by: projects.change_project(
        project=project, by=by, markdown="Say no to all."
    ),
    "its instructions by themselves": lambda project, by: new_instructions(
        instructions=project.instructions, markdown="Say no to all.", by=by
    ),
    "another overlap": lambda project, by: projects.change_overlap(project=project, overlap=1),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_applicants_are_measured_by_does_not_change(flags, rita, change):
    before = list(flags.tasks.order_by("pk").values())

    with pytest.raises(ValidationError, match="published test"):
        change(flags, rita)

    assert list(flags.tasks.order_by("pk").values()) == before
    assert (flags.instructions.versions.count(), Project.objects.get(pk=flags.pk).most_per_labeler) == (1, None)


def test_what_was_left_out_of_it_does_not_come_back(rita):
    test = keyed_test(rita)
    writing = section_of(test, Criterion.DEMONSTRATIONS).project
    left_out = writing.tasks.filter(pk=writing.tasks.first().pk)
    steering.set_aside(tasks=left_out, reason="Too hard.", by=rita)
    publishing.publish(test=test, by=rita)

    with pytest.raises(ValidationError, match=SENTENCE):
        steering.bring_back(tasks=left_out)


def test_its_name_may_change_and_it_may_be_paused(flags, rita):
    projects.change_project(project=flags, by=rita, name="Sensitive speech, autumn")
    projects.pause_project(project=flags)
    projects.open_project(project=flags)

    assert str(Project.objects.get(pk=flags.pk)) == "Sensitive speech, autumn"


def test_a_draft_changes_as_it_likes(rita):
    flags = section_of(draft_test(rita), Criterion.FLAGS).project

    for change in (add_a_task, CHANGES["a task less"], CHANGES["another order"], CHANGES["other instructions"]):
        change(flags, rita)

    assert (flags.tasks.count(), flags.tasks.in_play().count(), flags.instructions.versions.count()) == (5, 0, 2)


def test_a_form_that_moves_on_is_not_what_a_published_test_asks(test, flags, rita, abe):
    new_form_version(
        form=flags.form, by=rita, questions=[{"key": "other", "wording": "Something else?", "scale": "binary"}]
    )

    attempt_of(abe, test)

    asked = Assignment.objects.filter(project=flags, labeler=abe).values_list("form_version__number", flat=True)
    assert set(asked) == {1}


def test_the_next_applicant_is_measured_on_the_same_items(test, flags, rita, abe):
    first = attempt_of(abe, test)
    for change in (add_a_task, CHANGES["fewer for each"]):
        with pytest.raises(ValidationError):
            change(flags, rita)

    second = attempt_of(applicant(email="bea@applicants.example"), test)

    assert first.results.get(criterion="flags").n == second.results.get(criterion="flags").n == 4


BY_HAND = {
    "a_fixed_project_gets_no_more_tasks": lambda project: Task.objects.create(
        project=project, prompt=PromptFactory(), position=1, seed=1, seats=None
    ),
    "a_fixed_project_keeps_its_tasks": lambda project: project.tasks.update(priority=3),
    "a_fixed_project_stays_as_it_is": lambda project: Project.objects.filter(pk=project.pk).update(k=0),
    "a_fixed_project_keeps_its_instructions": lambda project: InstructionsVersion.objects.create(
        instructions=project.instructions, number=2, markdown="Say no to all."
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_nor_by_hand(flags, name):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        BY_HAND[name](flags)

    assert refused.value.__cause__.diag.constraint_name == name


def test_once_fixed_it_stays_so(flags):
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        Project.objects.filter(pk=flags.pk).update(fixed_version=None)


def test_tests_published_before_are_fixed_by_the_migration(test, flags):
    from importlib import import_module

    migration = import_module("labeling.screening.migrations.0006_published_tests_are_fixed")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE work_project DISABLE TRIGGER a_fixed_project_stays_as_it_is")
        cursor.execute("UPDATE work_project SET fixed_version_id = NULL")
        cursor.execute("ALTER TABLE work_project ENABLE TRIGGER a_fixed_project_stays_as_it_is")
        cursor.execute(migration.FIX)

    flags.refresh_from_db()
    assert flags.fixed_version == FormVersion.objects.get(form=flags.form)


def test_the_page_of_its_project_says_so_and_offers_its_name_alone(flags, rita, client_of):
    client, address = client_of(rita), reverse("admin:work_project_change", args=[flags.pk])
    page = client.get(address)

    saved = client.post(address, {"name": "Flags, autumn", "most_per_labeler": "2", "markdown": "Say no to all."})

    flags.refresh_from_db()
    assert "only its name changes" in page.text
    assert "Add tasks" not in page.text
    assert (saved.status_code, flags.name, flags.most_per_labeler) == (302, "Flags, autumn", None)


@pytest.mark.parametrize("action", ["shuffle", "to_pool"])
def test_the_list_of_tasks_says_it_where_somebody_tries(flags, rita, client_of, action):
    chosen = {"action": action, "_selected_action": [flags.tasks.first().pk]}

    page = client_of(rita).post(reverse("admin:work_task_changelist"), chosen, follow=True)

    assert SENTENCE in page.text


def test_adding_tasks_to_it_is_refused_on_the_page_and_over_rest(flags, rita, client_of):
    client = client_of(rita)
    prompt = PromptFactory()
    ResponseFactory(prompt=prompt, text="answered")
    asked = {"tasks_before": flags.tasks.count(), "limit": 5}

    page = client.post(reverse("admin:work_project_add_tasks", args=[flags.pk]), asked)
    answer = client.post(f"/api/v1/projects/{flags.pk}/tasks/", {"prompts": [prompt.pk]}, "application/json")
    changed = client.patch(f"/api/v1/projects/{flags.pk}/", {"most_per_labeler": 2}, "application/json")

    assert SENTENCE in page.text
    assert (answer.status_code, SENTENCE in answer.text) == (422, True)
    assert (changed.status_code, SENTENCE in changed.text) == (422, True)
