"""Projects of demonstrations: tasks of any prompt without candidates, and tasks for which labelers write the prompt."""

import pytest
from django.core.exceptions import ValidationError

from labeling.prompts.models import Prompt
from labeling.work import drawing, projects
from labeling.work.models import Task
from tests.factories import ProjectFactory, PromptFactory
from tests.labels.writing import project_of, task_of

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
