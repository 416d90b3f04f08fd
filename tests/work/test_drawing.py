"""Which responses go on a sheet, and which tasks does a project get?"""

import random
from collections import Counter
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.candidates.models import Response, normal_hash
from labeling.prompts.models import Prompt
from labeling.work import drawing, queue
from labeling.work.models import Membership, Task, TaskCandidate
from tests.factories import EndpointFactory, OwnerFactory, ProjectFactory, PromptFactory, ResponseFactory, SourceFactory

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


def test_references_are_no_candidates_unless_they_are_mixed_in():
    prompt = prompt_with("one", "two", "three")
    ResponseFactory(prompt=prompt, endpoint=None, text="by a person")
    project = ProjectFactory(k=4, min_k=3)

    drawing.add_tasks(project=project, prompts=[prompt.pk])

    assert texts_of(project.tasks.get()) == {"one", "two", "three"}


def reference_to(prompt, text, sample=0):
    return ResponseFactory(prompt=prompt, endpoint=None, text=text, sample=sample)


def test_a_reference_is_drawn_like_the_response_of_a_model():
    project = ProjectFactory(k=2, with_references=True)
    for _ in range(40):
        prompt = prompt_with("one", "two", "three")
        reference_to(prompt, "by a person")
        drawing.add_tasks(project=project, prompts=[prompt.pk])

    drawn = Counter(text for task in project.tasks.all() for text in texts_of(task))
    assert set(drawn) == {"one", "two", "three", "by a person"}
    assert drawn["by a person"] < 40


def test_at_most_one_reference_stands_in_a_task():
    project = ProjectFactory(k=3, min_k=2, with_references=True)
    prompt = prompt_with("one")
    reference_to(prompt, "by a person"), reference_to(prompt, "by another", sample=1)

    drawing.add_tasks(project=project, prompts=[prompt.pk])

    assert project.tasks.get().candidates.filter(response__endpoint=None).count() == 1
    assert project.tasks.get().candidates.count() == 2


def test_a_reference_counts_among_the_texts_unless_a_model_gave_it_too():
    project = ProjectFactory(k=3, with_references=True)
    enough, alike = prompt_with("one", "two"), prompt_with("one", "two")
    reference_to(enough, "by a person"), reference_to(alike, "two")

    drawn = drawing.add_tasks(project=project, prompts=[enough.pk, alike.pk])

    reason = "Only 2 different non-empty responses; 3 are needed."
    assert (drawn.created, drawn.refused) == (1, [{"prompt": alike.pk, "reason": reason}])


def test_references_are_rated_alone_whatever_models_have_answered():
    project = ProjectFactory(kind="rating", k=1, only_references=True)
    answered, bare = prompt_with("one", "two"), prompt_with("one")
    reference_to(answered, "by a person")

    drawn = drawing.add_tasks(project=project, prompts=[answered.pk, bare.pk])

    assert texts_of(project.tasks.get()) == {"by a person"}
    assert drawn.refused == [{"prompt": bare.pk, "reason": "Nobody has written an answer to this prompt."}]


def test_the_database_rates_references_alone_one_by_one():
    with pytest.raises(IntegrityError, match="references_alone_are_rated_one_by_one"):
        ProjectFactory(k=2, only_references=True)


def flagged(prompt, text, *names, **fields):
    return ResponseFactory(prompt=prompt, text=text, flags=list(names), **fields)


def test_responses_with_a_flag_that_is_left_out_are_never_drawn():
    project = ProjectFactory(k=3, min_k=2, leave_out=["leak", "truncated"])
    prompt = prompt_with("one")
    flagged(prompt, "I am an AI.", "leak")
    flagged(prompt, "I cannot and", "refusal", "truncated")
    flagged(prompt, "I cannot.", "refusal")

    drawing.add_tasks(project=project, prompts=[prompt.pk])

    assert texts_of(project.tasks.get()) == {"one", "I cannot."}


def test_references_with_a_flag_are_left_out_too():
    project = ProjectFactory(k=3, min_k=2, leave_out=["refusal"], with_references=True)
    prompt = prompt_with("one", "two")
    flagged(prompt, "I cannot.", "refusal", endpoint=None)

    drawing.add_tasks(project=project, prompts=[prompt.pk])

    assert texts_of(project.tasks.get()) == {"one", "two"}


def test_flags_leave_nothing_out_unless_asked():
    project, prompt = ProjectFactory(k=2), prompt_with("one")
    flagged(prompt, "I am an AI.", "leak", "refusal", "truncated")

    assert drawing.add_tasks(project=project, prompts=[prompt.pk]).created == 1


def test_a_refusal_to_draw_says_what_the_flags_left():
    project = ProjectFactory(k=3, leave_out=["leak"])
    some, none = prompt_with("one"), PromptFactory()
    for prompt in (some, none):
        flagged(prompt, "I am an AI.", "leak")
        flagged(prompt, "I am an AI, too.", "leak")

    drawn = drawing.add_tasks(project=project, prompts=[some.pk, none.pk])

    assert [row["reason"] for row in drawn.refused] == [
        "Only 1 different non-empty response has no flag that is left out; 3 are needed.",
        "Every non-empty response has a flag that is left out; 3 are needed.",
    ]


def test_a_flagged_answer_of_the_baseline_keeps_the_prompt_out():
    baseline = EndpointFactory(name="sft-175b")
    project, prompt = ProjectFactory(k=2, baseline=baseline, leave_out=["leak"]), prompt_with("one", "two")
    flagged(prompt, "I am an AI.", "leak", endpoint=baseline)

    drawn = drawing.add_tasks(project=project, prompts=[prompt.pk])

    reason = "Every non-empty answer of the baseline model sft-175b to this prompt has a flag that is left out."
    assert drawn.refused == [{"prompt": prompt.pk, "reason": reason}]


def samples_of(prompt, endpoint, *texts):
    for sample, text in enumerate(texts):
        ResponseFactory(prompt=prompt, endpoint=endpoint, sample=sample, text=text)


def test_at_most_so_many_responses_of_one_model_stand_in_a_task():
    one, other = EndpointFactory(), EndpointFactory()
    project = ProjectFactory(k=4, most_per_model=2)
    for _ in range(10):
        prompt = PromptFactory()
        samples_of(prompt, one, *"abcdef")
        samples_of(prompt, other, *"uvw")
        drawing.add_tasks(project=project, prompts=[prompt.pk])

    models = [Counter(task.candidates.values_list("response__endpoint", flat=True)) for task in project.tasks.all()]
    assert models == [{one.pk: 2, other.pk: 2}] * 10


def test_the_same_text_is_given_to_the_model_that_has_room_for_it():
    """Only one choice keeps the limit: "a" by the first model, "b" by the second, "c" by the third."""
    one, two, three = endpoints = [EndpointFactory() for _ in range(3)]
    project = ProjectFactory(k=3, most_per_model=1)
    for _ in range(10):
        prompt = PromptFactory()
        samples_of(prompt, one, "a")
        samples_of(prompt, two, "a", "b")
        samples_of(prompt, three, "b", "a", "c")
        assert drawing.add_tasks(project=project, prompts=[prompt.pk]).created == 1

    for task in project.tasks.all():
        stands = dict(task.candidates.values_list("response__text", "response__endpoint"))
        assert stands == dict(zip("abc", [endpoint.pk for endpoint in endpoints], strict=True))


def test_a_limit_that_cannot_be_kept_is_said_with_its_numbers():
    prompt = PromptFactory()
    samples_of(prompt, EndpointFactory(), *"abc")
    samples_of(prompt, EndpointFactory(), *"uv")

    drawn = [
        drawing.add_tasks(project=ProjectFactory(k=5, most_per_model=most), prompts=[prompt.pk]) for most in (1, 2, 3)
    ]

    assert [row["reason"] for one in drawn for row in one.refused] == [
        "With at most 1 response of one model, only 2 of 5 different ones can stand together; 5 are needed.",
        "With at most 2 responses of one model, only 4 of 5 different ones can stand together; 5 are needed.",
    ]
    assert [one.created for one in drawn] == [0, 0, 1]


def test_the_baseline_s_answer_is_chosen_so_that_enough_others_find_room():
    """By "same" it would leave no model for it, by "own" it leaves the other model."""
    baseline, other = EndpointFactory(), EndpointFactory()
    project = ProjectFactory(k=2, most_per_model=1, baseline=baseline)
    for _ in range(10):
        prompt = PromptFactory()
        samples_of(prompt, baseline, "same", "own")
        samples_of(prompt, other, "same")
        drawing.add_tasks(project=project, prompts=[prompt.pk])

    stands = TaskCandidate.objects.values_list("response__text", "response__endpoint")
    assert set(stands) == {("own", baseline.pk), ("same", other.pk)}
    assert project.tasks.count() == 10


# Few models and few texts, so that they meet: (model, text); model 0 is a person.
FEW_ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcde")), max_size=8)


def best_by_trying(answers, most, baseline):
    """The most texts of any choice that keeps the limits: each text goes to one of its models, or to none."""
    texts = sorted({text for _, text in answers})
    choices = [[None, *sorted({model for model, given in answers if given == text})] for text in texts]
    kept = [
        Counter(model for model in choice if model is not None)
        for choice in product(*choices)
        if baseline is None or baseline in choice
    ]
    return max(
        (used.total() for used in kept if used[0] <= 1 and all(used[model] <= (most or 99) for model in (1, 2, 3))),
        default=0,
    )


@settings(deadline=None)
@given(FEW_ANSWERS, st.sampled_from([None, 1, 2]), st.sampled_from([None, 1]), st.integers(2, 5), st.integers(0, 9))
def test_a_draw_is_as_large_as_any_choice_that_keeps_the_limits(given, most, baseline, k, seed):
    answers = [(number, model or None, text) for number, (model, text) in enumerate(given)]

    drawn = drawing.draw(answers, k=k, baseline=baseline, most_per_model=most, seed=seed)

    assert len(drawn) == min(k, best_by_trying(given, most, baseline))
    assert set(drawn) <= set(answers)
    assert len({text for *_, text in drawn}) == len(drawn)
    models = Counter(model for _, model, _ in drawn)
    assert models.pop(None, 0) <= 1
    assert all(count <= (most or k) for count in models.values())
    assert not drawn or baseline is None or baseline in models
    assert drawing.draw(answers, k=k, baseline=baseline, most_per_model=most, seed=seed) == drawn


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


MIXED = {"most_per_model": 1, "with_references": True, "leave_out": ["leak"]}


@pytest.mark.parametrize("choice", [{}, MIXED], ids=["as chance has it", "limited and mixed"])
@pytest.mark.parametrize("count", [10, 40])
def test_drawing_takes_as_many_queries_for_forty_prompts_as_for_ten(count, choice, django_assert_num_queries):
    project, source = ProjectFactory(k=4, **choice), SourceFactory()
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


# (model, text, flags) of each prompt's answers; model 0 is a person.
ANSWERED = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["a", "b", "c", " a ", "", " \n"]),
        st.lists(st.sampled_from(["leak", "refusal", "truncated"]), unique=True, max_size=2),
    ),
    max_size=7,
)
SETTINGS = st.fixed_dictionaries(
    {
        "k": st.integers(2, 4),
        "min_k": st.sampled_from([None, 2]),
        "most_per_model": st.sampled_from([None, 1, 2]),
        "with_references": st.booleans(),
        "leave_out": st.lists(st.sampled_from(["leak", "refusal", "truncated"]), unique=True, max_size=2),
    }
)


@pytest.fixture
def scenery():
    """What all examples share: making it for each took most of their time."""
    project = ProjectFactory()
    owner = OwnerFactory()
    return [None, *(EndpointFactory() for _ in range(3))], owner, project.form, project.instructions


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANSWERED, max_size=5), SETTINGS)
def test_what_is_foreseen_of_references_alone_is_what_happens(scenery, prompts, choice):
    alone = {"kind": "rating", "k": 1, "min_k": None, "with_references": False, "only_references": True}
    foreseen_and_done(scenery, prompts, choice | alone, has_baseline=False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANSWERED, max_size=5), SETTINGS, st.booleans())
def test_what_is_foreseen_is_what_happens(scenery, prompts, choice, has_baseline):
    foreseen_and_done(scenery, prompts, choice, has_baseline)


def foreseen_and_done(scenery, prompts, choice, has_baseline):
    models, owner, form, instructions = scenery
    baseline = models[1] if has_baseline else None
    project = ProjectFactory(baseline=baseline, form=form, instructions=instructions, **choice)
    source = SourceFactory()
    Response.objects.bulk_create(
        Response(prompt=prompt, endpoint=models[model], sample=n, text=text, text_hash=normal_hash(text), flags=names)
        for prompt, answers in [(PromptFactory(source=source, owner=owner), answers) for answers in prompts]
        for n, (model, text, names) in enumerate(answers)
    )

    foreseen = drawing.foresee(project=project, prompts=source.prompts.all())
    drawn = drawing.add_tasks(project=project, prompts=source.prompts.all())
    again = drawing.foresee(project=project, prompts=source.prompts.all())

    told = {"prompts": len(prompts), "already": 0, "drawable": drawn.created, "refused": len(drawn.refused)}
    assert foreseen == told
    assert again == told | {"already": drawn.created, "drawable": 0}
    assert all(task.candidates.count() >= project.fewest_responses for task in project.tasks.all())


@pytest.mark.parametrize(("choice", "queries"), [({"with_references": True, "leave_out": ["leak"]}, 1), (MIXED, 3)])
def test_foreseeing_takes_as_many_queries_for_a_hundred_prompts_as_for_ten(choice, queries, django_assert_num_queries):
    project = ProjectFactory(k=4, **choice)
    for count in (10, 100):
        source = SourceFactory()
        prompts_of(source, count)
        # the counts; where models are limited also the prompts and their answers
        with django_assert_num_queries(queries):
            assert drawing.foresee(project=project, prompts=source.prompts.all())["drawable"] == count


def test_a_prompt_is_a_task_of_a_project_once():
    task = drawing.add_tasks(project=(project := ProjectFactory(k=2)), prompts=[(prompt := prompt_with("a", "b")).pk])
    assert task.created == 1

    with pytest.raises(IntegrityError, match="one_task_per_project_and_prompt"):
        Task.objects.create(project=project, prompt=prompt, position=1, seed=1)
