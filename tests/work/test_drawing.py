"""Which responses go on a sheet, and which tasks does a project get?"""

import random

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from labeling.candidates.models import Response, normal_hash
from labeling.prompts.models import Prompt
from labeling.work import drawing, queue
from labeling.work.models import Membership, Task, TaskCandidate
from tests.factories import EndpointFactory, ProjectFactory, PromptFactory, ResponseFactory, SourceFactory

pytestmark = pytest.mark.django_db


def prompt_with(*texts, endpoints=None, **fields):
    """A prompt that as many models answered as there are texts."""
    prompt = PromptFactory(**fields)
    for number, text in enumerate(texts):
        endpoint = {"endpoint": endpoints[number]} if endpoints else {}
        ResponseFactory(prompt=prompt, text=text, **endpoint)
    return prompt


def prompts_of(source, count):
    """Many answered prompts of one source, made without a factory each."""
    endpoints = [EndpointFactory() for _ in range(5)]
    for _ in range(count):
        prompt = PromptFactory(source=source)
        Response.objects.bulk_create(
            Response(
                prompt=prompt, endpoint=endpoint, text=f"Answer {number}", text_hash=normal_hash(f"Answer {number}")
            )
            for number, endpoint in enumerate(endpoints)
        )


def texts_of(task):
    return {candidate.response.text for candidate in task.candidates.all()}


def test_a_task_has_k_different_texts_and_no_empty_one():
    prompt = prompt_with("one", "two", " two ", "", "  \n", "three", "four")
    project = ProjectFactory(k=4)

    drawn = drawing.add_tasks(project=project, prompts=[prompt.pk])

    assert (drawn.created, drawn.refused) == (1, [])
    task = project.tasks.get()
    assert {text.strip() for text in texts_of(task)} == {"one", "two", "three", "four"}
    assert [candidate.ordinal for candidate in task.candidates.all()] == [0, 1, 2, 3]


def test_a_prompt_with_too_few_different_texts_is_refused_with_the_reason():
    prompt = prompt_with("one", "two", "three", "three", "")

    drawn = drawing.add_tasks(project=ProjectFactory(k=4), prompts=[prompt.pk])

    reason = "Only 3 different non-empty responses; 4 are needed."
    assert (drawn.created, drawn.refused) == (0, [{"prompt": prompt.pk, "reason": reason}])
    assert not Task.objects.exists()


def test_a_prompt_that_no_model_answered_is_refused_even_with_a_reference():
    prompt = PromptFactory()
    ResponseFactory(prompt=prompt, endpoint=None)

    drawn = drawing.add_tasks(project=ProjectFactory(k=2), prompts=[prompt.pk])

    assert drawn.refused[0]["reason"] == "No model has given a non-empty response; 2 are needed."


def test_references_are_never_candidates():
    prompt = prompt_with("one", "two", "three")
    ResponseFactory(prompt=prompt, endpoint=None, text="by a person")
    project = ProjectFactory(k=4, min_k=3)

    drawing.add_tasks(project=project, prompts=[prompt.pk])

    assert texts_of(project.tasks.get()) == {"one", "two", "three"}


def test_fewer_than_k_are_accepted_down_to_the_fewest():
    project = ProjectFactory(k=4, min_k=2)
    three, one = prompt_with("one", "two", "three"), prompt_with("one")

    drawn = drawing.add_tasks(project=project, prompts=[three.pk, one.pk])

    assert project.tasks.get().candidates.count() == 3
    reason = "Only 1 different non-empty response; 2 are needed."
    assert drawn.refused == [{"prompt": one.pk, "reason": reason}]


def test_the_baseline_is_among_the_candidates_of_every_task():
    endpoints = [EndpointFactory() for _ in range(6)]
    project = ProjectFactory(k=2, baseline=endpoints[5])
    prompts = [prompt_with(*"abcdef", endpoints=endpoints) for _ in range(20)]

    drawing.add_tasks(project=project, prompts=[prompt.pk for prompt in prompts])

    assert all("f" in texts_of(task) for task in project.tasks.all())
    assert len({frozenset(texts_of(task)) for task in project.tasks.all()}) > 1


def test_the_baseline_stands_for_its_text_when_another_model_said_the_same():
    endpoints = [EndpointFactory() for _ in range(3)]
    project = ProjectFactory(k=2, baseline=endpoints[1])

    for _ in range(10):
        prompt = prompt_with("same", "same", "other", endpoints=endpoints)
        drawing.add_tasks(project=project, prompts=[prompt.pk])

    sources = TaskCandidate.objects.filter(response__text="same").values_list("response__endpoint", flat=True)
    assert set(sources) == {endpoints[1].pk}


def test_a_prompt_whose_baseline_answer_is_empty_is_refused():
    endpoints = [EndpointFactory() for _ in range(3)]
    endpoints[0].name = "sft-175b"
    endpoints[0].save()
    prompt = prompt_with("", "one", "two", endpoints=endpoints)

    drawn = drawing.add_tasks(project=ProjectFactory(k=2, baseline=endpoints[0]), prompts=[prompt.pk])

    reason = "The baseline model sft-175b has no non-empty answer to this prompt."
    assert drawn.refused == [{"prompt": prompt.pk, "reason": reason}]


def test_named_prompts_are_each_answered_for():
    project = ProjectFactory(k=2)
    prompt = prompt_with("one", "two")
    drawing.add_tasks(project=project, prompts=[prompt.pk])

    drawn = drawing.add_tasks(project=project, prompts=[prompt.pk, prompt.pk, 999_999_999])

    assert drawn.created == 0
    assert drawn.refused == [
        {"prompt": prompt.pk, "reason": "This prompt is already a task of this project."},
        {"prompt": 999_999_999, "reason": "There is no such prompt."},
    ]


def test_drawing_by_filter_again_adds_only_what_is_new():
    project, source = ProjectFactory(k=2), SourceFactory()
    prompts = Prompt.objects.filter(source=source)
    prompts_of(source, 3)

    first = drawing.add_tasks(project=project, prompts=prompts, limit=2)
    second = drawing.add_tasks(project=project, prompts=prompts, limit=2)
    third = drawing.add_tasks(project=project, prompts=prompts, limit=2)

    assert [(drawn.created, drawn.refused) for drawn in (first, second, third)] == [(2, []), (1, []), (0, [])]


def test_the_limit_counts_tasks_made_and_not_prompts_refused():
    project = ProjectFactory(k=2)
    poor, rich, spare = prompt_with("one"), prompt_with("one", "two"), prompt_with("one", "two")

    drawn = drawing.add_tasks(project=project, prompts=[poor.pk, rich.pk, spare.pk], limit=1)

    assert (drawn.created, [row["prompt"] for row in drawn.refused]) == (1, [poor.pk])
    assert project.tasks.get().prompt == rich


def test_the_same_seed_draws_the_same_tasks():
    source = SourceFactory()
    prompts_of(source, 5)
    one, other, third = ProjectFactory(k=3), ProjectFactory(k=3), ProjectFactory(k=3)

    for project, seed in ((one, 7), (other, 7), (third, 8)):
        drawing.add_tasks(project=project, prompts=source.prompts.all(), seed=seed)

    def drawn_in(project):
        return [
            (task.prompt_id, task.position, task.seed, [c.response_id for c in task.candidates.all()])
            for task in project.tasks.order_by("prompt")
        ]

    assert drawn_in(one) == drawn_in(other)
    assert drawn_in(one) != drawn_in(third)


def test_a_task_can_be_drawn_again_from_its_recorded_seed():
    project = ProjectFactory(k=3)
    prompt = prompt_with(*"abcdefg")
    drawing.add_tasks(project=project, prompts=[prompt.pk])
    task = project.tasks.get()
    answers = list(prompt.responses.order_by("pk").values_list("pk", "endpoint", "text_hash"))

    again = drawing.draw(answers, k=3, seed=task.seed)

    assert [answer[0] for answer in again] == [c.response_id for c in task.candidates.all()]


def test_every_response_is_drawn_about_equally_often_and_so_is_every_place():
    answers = [(number, number, str(number)) for number in range(6)]
    seeds = random.Random(1)

    draws = [[row[0] for row in drawing.draw(answers, k=2, seed=seeds.getrandbits(62))] for _ in range(6_000)]

    for place in (0, 1):
        counts = [sum(draw[place] == number for draw in draws) for number in range(6)]
        assert all(880 < count < 1_120 for count in counts)  # 1,000 ± 4 standard deviations


def test_positions_are_random_and_seats_are_the_overlap():
    source = SourceFactory()
    prompts_of(source, 12)
    project, open_to_all = ProjectFactory(k=2, overlap=3), ProjectFactory(k=2, overlap=None)

    for each in (project, open_to_all):
        drawing.add_tasks(project=each, prompts=source.prompts.all(), priority=5)

    by_position = list(project.tasks.order_by("position").values_list("prompt", flat=True))
    assert sorted(by_position) != by_position
    assert set(project.tasks.values_list("seats", "priority", "taken")) == {(3, 5, 0)}
    assert set(open_to_all.tasks.values_list("seats", flat=True)) == {None}
    assert all(0 <= position < 2**62 for position in project.tasks.values_list("position", flat=True))


def test_new_tasks_reach_labelers_who_had_gone_down_the_queue(ann):
    project = ProjectFactory(k=2)
    drawing.add_tasks(project=project, prompts=[prompt_with("a", "b").pk])
    queue.skip(assignment=queue.next_assignment(labeler=ann, project=project))
    assert queue.next_assignment(labeler=ann, project=project) is None

    drawing.add_tasks(project=project, prompts=[prompt_with("a", "b").pk])

    assert Membership.objects.get(labeler=ann).cursor_position is None
    assert queue.next_assignment(labeler=ann, project=project)


def test_a_closed_project_takes_no_more_tasks():
    project = ProjectFactory(name="Rank answers", k=2, state="closed")

    with pytest.raises(ValidationError, match="“Rank answers” is closed and takes no more tasks"):
        drawing.add_tasks(project=project, prompts=[prompt_with("a", "b").pk])


@pytest.mark.parametrize("count", [10, 40])
def test_drawing_takes_as_many_queries_for_forty_prompts_as_for_ten(count, django_assert_num_queries):
    project, source = ProjectFactory(k=4), SourceFactory()
    prompts_of(source, count)

    # savepoint, lock, prompts, answers, tasks, candidates, cursors, release
    with django_assert_num_queries(8):
        drawn = drawing.add_tasks(project=project, prompts=Prompt.objects.filter(source=source))

    assert drawn.created == count


def test_many_prompts_are_drawn_in_batches(monkeypatch):
    project, source = ProjectFactory(k=4), SourceFactory()
    prompts_of(source, 7)
    monkeypatch.setattr(drawing, "BATCH", 3)

    drawn = drawing.add_tasks(project=project, prompts=source.prompts.all(), limit=5)

    assert (drawn.created, project.tasks.count()) == (5, 5)


def test_what_would_be_drawn_is_foreseen_without_drawing():
    source = SourceFactory()
    endpoints = [EndpointFactory() for _ in range(3)]
    project = ProjectFactory(k=2, baseline=endpoints[0])
    task = prompt_with("a", "b", endpoints=endpoints[:2], source=source)
    prompt_with("a", "b", "b", endpoints=endpoints, source=source)
    prompt_with("a", "a", "", endpoints=endpoints, source=source)
    prompt_with("", "b", "c", endpoints=endpoints, source=source)
    drawing.add_tasks(project=project, prompts=[task.pk])

    foreseen = drawing.foresee(project=project, prompts=source.prompts.all())
    drawn = drawing.add_tasks(project=project, prompts=source.prompts.all())

    assert foreseen == {"prompts": 4, "already": 1, "drawable": 1, "refused": 2}
    assert (drawn.created, len(drawn.refused)) == (1, 2)


def test_a_prompt_is_a_task_of_a_project_once():
    task = drawing.add_tasks(project=(project := ProjectFactory(k=2)), prompts=[(prompt := prompt_with("a", "b")).pk])
    assert task.created == 1

    with pytest.raises(IntegrityError, match="one_task_per_project_and_prompt"):
        Task.objects.create(project=project, prompt=prompt, position=1, seed=1)
