"""Is everything that was chosen and did not leave counted, and said why?"""

from collections import Counter

import pytest
from django.utils import timezone

from labeling.datasets import cards, freezing
from labeling.prompts.models import Prompt
from labeling.work import drawing
from labeling.work.models import Task
from tests.datasets.conftest import really
from tests.datasets.test_kinds import drawn, lines, rate, write
from tests.factories import OwnerFactory, ProjectFactory, PromptFactory, ResponseFactory, TaskFactory
from tests.factories.labels import rank

UNFIT = "prompts that are set aside, or hold something personal that nobody has decided"


def in_training(**more):
    return PromptFactory(owner=OwnerFactory(split="train"), **more)


def told(kind, format, *projects, **filters):
    """(lines, what was left out by reason)"""
    left_out = Counter()
    made = lines(kind, format, *projects, left_out=left_out, **filters)
    return len(made), dict(+left_out)


def set_aside(task, by):
    Task.objects.filter(pk=task.pk).update(set_aside_at=timezone.now(), set_aside_by=by, set_aside_reason="pii")


@pytest.mark.django_db
def test_responses_that_are_empty_or_at_the_threshold_are_counted(ann):
    project = ProjectFactory(kind="rating", k=4)
    rate(TaskFactory(project=project, prompt=in_training(), candidates=["a", "b", "", "d"]), ann, A=7, B=4, C=7, D=1)

    assert told("unpaired", "trl", project) == (
        2, {"rated responses that are empty": 1, "responses whose median rating is the threshold itself": 1},
    )  # fmt: skip
    assert told("sft", "trl", project, minimum_rating=4) == (2, {"rated responses that are empty": 1})


@pytest.mark.django_db
def test_blank_demonstrations_and_empty_references_are_counted(ann):
    project = ProjectFactory(kind="demonstration")
    prompt = in_training()
    ResponseFactory(prompt=prompt, endpoint=None, text=" ")
    drawing.add_tasks(project=project, prompts=[prompt.pk])
    label = write(project, ann, {"text": "A river."})
    type(label.demonstration).objects.update(text="\N{NO-BREAK SPACE}")

    assert told("sft", "trl", project, references=True) == (
        0, {"demonstrations that are blank": 1, "references that are empty": 1},
    )  # fmt: skip


@pytest.mark.django_db
def test_labels_of_tasks_that_are_set_aside_do_not_leave_and_are_counted(ann, rita):
    project = ProjectFactory(k=2)
    tasks = [drawn(project, ["a", "b"], owner=OwnerFactory(split="train")) for _ in range(3)]
    for task in tasks:
        rank(task, ann, "A > B", ratings={"A": 7, "B": 1})
    set_aside(tasks[0], rita)

    for kind, format in (("comparisons", "trl"), ("ratings", "native"), ("raw", "native"), ("unpaired", "trl")):
        _number, left_out = told(kind, format, project)
        assert left_out == {"labels of tasks that are set aside": 1}
    assert told("comparisons", "trl", project)[0] == 2
    assert told("prompts", "trl", project) == (2, {"prompts of tasks that are set aside": 1})


@pytest.mark.django_db
def test_what_rests_on_prompts_that_are_not_fit_is_counted(ann):
    project = ProjectFactory(k=2)
    tasks = [drawn(project, ["a", "b"], owner=OwnerFactory(split="train")) for _ in range(3)]
    for task in tasks:
        rank(task, ann, "A > B")
    Prompt.objects.filter(pk=tasks[0].prompt_id).update(set_aside_as="by_hand", set_aside_at=timezone.now())

    assert told("comparisons", "trl", project) == (2, {f"labels of {UNFIT}": 1})
    assert told("prompts", "trl", project) == (2, {UNFIT: 1})


@really
def test_manifest_and_card_name_what_was_left_out(ann, rita, project, task_of):
    first, second = task_of(project), task_of(project)
    for task in (first, second):
        rank(task, ann, "A > B > C > D")
    set_aside(first, rita)

    version = freezing.freeze_here(kind="comparisons", format="grouped", projects=[project])

    assert version.manifest["left_out"] == {"labels of tasks that are set aside": 1}
    assert "- 1 labels of tasks that are set aside\n" in (freezing.folder_of(version) / cards.NAME).read_text()


@really
def test_where_everything_is_left_out_it_is_said_why(ann, rita, project, task_of):
    task = task_of(project)
    rank(task, ann, "A > B > C > D")
    set_aside(task, rita)

    version = freezing.freeze_here(kind="comparisons", format="grouped", projects=[project])

    assert version.error == (
        "There is nothing to freeze: all that fits the choice is left out (1 labels of tasks that are set aside)."
    )
