"""Projects of demonstrations: tasks of any prompt without candidates, and tasks for which labelers write the prompt."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from labeling.labels import recording
from labeling.prompts.models import Prompt
from labeling.work import drawing, projects
from labeling.work.models import Project, Task
from tests.factories import ProjectFactory, PromptFactory
from tests.labels.writing import asking_sheet_of, project_of, task_of
from tests.work.test_admin import asked_for, page

pytestmark = pytest.mark.django_db


def set_up(rita, **fields):
    asked = {"name": "Write", "instructions": "Be *kind*.", "kind": "demonstration", "created_by": rita}
    return projects.create_project(**asked | fields)


def test_any_prompt_becomes_a_task_of_a_demonstration_without_candidates():
    project = project_of(overlap=2)
    PromptFactory.create_batch(3)

    foreseen = drawing.foresee(project=project, prompts=Prompt.objects.all())
    drawn = drawing.add_tasks(project=project, prompts=Prompt.objects.all(), limit=2)

    assert foreseen == {"prompts": 3, "already": 0, "drawable": 3, "refused": 0}
    assert (drawn.created, drawn.refused) == (2, [])
    assert [(task.seats, task.candidates.count()) for task in Task.objects.all()] == [(2, 0)] * 2
    assert drawing.foresee(project=project, prompts=Prompt.objects.all())["already"] == 2


def test_tasks_without_a_prompt_are_made_by_number_and_from_use_cases():
    project = project_of(prompt_types=["plain", "user_based"])

    made = drawing.add_unwritten_tasks(project=project, number=2, use_cases=["A shop …"], priority=3)

    assert made == 3
    assert sorted(Task.objects.values_list("prompt", "use_case_text", "seats", "priority")) == [
        (None, "", 1, 3), (None, "", 1, 3), (None, "A shop …", 1, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("types", "asked", "sentence"),
    [
        ([], {"number": 1}, "“Write” does not ask labelers for prompts: name the prompts of its tasks."),
        (["plain"], {"use_cases": ["A shop …"]}, "“Write” asks for no user-based prompts."),
        (["user_based"], {"use_cases": ["A shop …", " \n"]}, "A use case is blank."),
    ],
)
def test_tasks_without_a_prompt_are_refused_where_nobody_would_write_it(types, asked, sentence):
    with pytest.raises(ValidationError) as refusal:
        drawing.add_unwritten_tasks(project=project_of(name="Write", prompt_types=types), **asked)

    assert refusal.value.messages == [sentence]
    assert Task.objects.count() == 0


def test_a_closed_project_takes_no_tasks_without_a_prompt_either():
    with pytest.raises(ValidationError, match="is closed and takes no more tasks"):
        drawing.add_unwritten_tasks(project=project_of(prompt_types=["plain"], state="closed"), number=1)


def test_where_labelers_write_the_prompt_none_is_given():
    project = project_of(name="Write", prompt_types=["plain"])

    with pytest.raises(ValidationError, match="“Write” asks labelers for its prompts: add tasks without a prompt."):
        drawing.add_tasks(project=project, prompts=[PromptFactory().pk])


def test_a_project_asks_for_what_it_was_set_up_with_and_so_does_its_copy(rita):
    project = set_up(rita, prompt_types=["few_shot"], asks_for_tags=True)

    copy = projects.clone_project(project=project, by=rita)

    assert [(one.prompt_types, one.asks_for_tags) for one in (project, copy)] == [(["few_shot"], True)] * 2


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"prompt_types": ["customer"]}, {"prompt_types"}),
        ({"kind": "ranking", "prompt_types": ["plain"]}, {"prompt_types"}),
        ({"kind": "ranking", "asks_for_tags": True}, {"asks_for_tags"}),
    ],
)
def test_only_where_demonstrations_are_written_are_labelers_asked_for_more(rita, fields, faults):
    with pytest.raises(ValidationError) as refusal:
        set_up(rita, **fields)

    assert set(refusal.value.message_dict) == faults


def test_who_writes_the_prompts_is_fixed_by_the_tasks(rita):
    asking, giving = project_of(prompt_types=["plain"]), project_of()
    task_of(asking, prompt=None)
    task_of(giving)

    projects.change_project(project=asking, by=rita, prompt_types=["plain", "few_shot"])
    for project, types in [(asking, []), (giving, ["plain"])]:
        with pytest.raises(ValidationError) as refusal:
            projects.change_project(project=project, by=rita, prompt_types=types)
        assert set(refusal.value.message_dict) == {"prompt_types"}


def test_a_ranking_still_draws_its_candidates():
    prompt = PromptFactory()

    drawn = drawing.add_tasks(project=ProjectFactory(), prompts=[prompt.pk])

    assert [row["prompt"] for row in drawn.refused] == [prompt.pk]


def test_a_researcher_sets_up_a_project_that_asks_for_prompts_and_gives_it_tasks(rita, client_of):
    client = client_of(rita)
    fields = asked_for(kind="demonstration", prompt_types=["plain", "user_based"], asks_for_tags="on")
    client.post(reverse("admin:work_project_add"), fields)
    project = Project.objects.get()
    assert (project.kind, project.prompt_types, project.asks_for_tags) == (
        "demonstration",
        ["plain", "user_based"],
        True,
    )

    asked = {"number": "2", "use_cases": "A shop …\r\n\r\n A school …\r\n", "priority": ""}
    answer = client.post(page("add_tasks", project), asked, follow=True)

    assert "Added 4 tasks." in answer.text
    assert sorted(Task.objects.values_list("use_case_text", flat=True)) == ["", "", "A school …", "A shop …"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"number": "", "use_cases": " "}, "Add between 1 and 20,000 tasks at a time."),
        ({"number": "1", "use_cases": "A shop …"}, "“Write” asks for no user-based prompts."),
    ],
)
def test_tasks_that_cannot_be_are_refused_on_the_page(rita, client_of, asked, sentence):
    project = project_of(name="Write", prompt_types=["plain"])

    assert sentence in client_of(rita).post(page("add_tasks", project), asked).text
    assert Task.objects.count() == 0


def test_researchers_see_what_was_written_and_what_for(rita, ann, client_of):
    sheet = asking_sheet_of(ann, asks_for_tags=True, use_case_text="A shop wants kinder e-mails.")
    client = client_of(rita)
    progress = client.get(page("progress", sheet.project)).text
    body = {"text": "Dear …", "prompt": {"type": "user_based", "text": "Make it kinder."}, "tags": ["ambiguous"]}

    label = recording.record(assignment=sheet, body=body)

    assert "A shop wants kinder e-mails." in progress
    assert "A shop wants kinder e-mails." in client.get(reverse("admin:work_task_change", args=[sheet.task_id])).text
    shown = client.get(reverse("admin:labels_label_change", args=[label.pk])).text
    assert [words in shown for words in ("Dear …", "Make it kinder.", "ambiguous")] == [True] * 3
