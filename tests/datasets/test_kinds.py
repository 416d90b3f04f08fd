"""Does every kind leave as what was said, and in the shape that its trainer reads?"""

from collections import Counter

import orjson
import pytest
from django.core.exceptions import ValidationError
from jsonschema import Draft202012Validator

from labeling.datasets import choosing, reading
from labeling.datasets.formats import FORMATS
from labeling.datasets.schemas import SAID_SOMETHING, SCHEMAS, schema_of
from labeling.datasets.writing import Tally, _encoded
from labeling.labels import recording
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import Prompt
from labeling.work import drawing, queue
from labeling.work.models import Assignment
from tests.factories import (
    FormVersionFactory,
    LabelerFactory,
    OwnerFactory,
    ProjectFactory,
    PromptFactory,
    ResponseFactory,
    SourceFactory,
)
from tests.factories.labels import assign, rank, say

pytestmark = pytest.mark.django_db

STEERABILITY = [
    {"key": "overall_quality", "wording": "Quality", "scale": "likert", "minimum": 1, "maximum": 7},
    {"key": "correctness", "wording": "Correct?", "scale": "likert", "minimum": 0, "maximum": 10},
    {"key": "warm", "wording": "Warm?", "scale": "binary"},
    {"key": "clear", "wording": "Is the prompt clear?", "scale": "binary", "per": "prompt"},
]


def lines(kind, format, *projects, left_out=None, **filters):
    """The lines by split, as they are frozen."""
    choice = choosing.choose(kind=kind, format=format, projects=projects, filters=filters)
    tally = Tally()
    tally.left_out = Counter() if left_out is None else left_out
    made = [
        (split, orjson.loads(line))
        for batch in reading.batches(choice, tally.left_out)
        for split, line in _encoded(batch, FORMATS[kind, format], tally)
    ]
    assert reading.count(choice) == tally.records.total() or kind == "sft"
    validator = Draft202012Validator(schema_of(kind, format))
    for _split, line in made:
        validator.validate(line)
    return made


def only(kind, format, *projects, **filters):
    ((_split, line),) = lines(kind, format, *projects, **filters)
    return line


def write(project, labeler, body):
    """What `labeler` hands in on the next sheet of `project`, by the real road."""
    sheet = queue.next_assignment(labeler=labeler, project=project)
    related = Assignment.objects.select_related("project", "task__prompt")
    return recording.record(assignment=related.get(pk=sheet.pk), body=body | {"seconds": 9})


@pytest.fixture
def writing():
    project = ProjectFactory(kind="demonstration")
    prompt = PromptFactory(
        owner=OwnerFactory(split="valid"),
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a river."}],
        meta={"k": 1},
    )
    drawing.add_tasks(project=project, prompts=[prompt.pk])
    return project


def test_a_demonstration_is_an_example_to_imitate(ann, writing):
    write(writing, ann, {"text": "The Han."})

    ((split, line),) = lines("sft", "trl", writing)

    prompt = Prompt.objects.get()
    assert (split, line) == (
        "valid",
        {
            "prompt": prompt.messages,
            "completion": [{"role": "assistant", "content": "The Han."}],
            "from": "demonstration",
            "model": "",
            "prompt_id": str(prompt.pk),
            "labeler": pseudonym(ann.pseudonym_key),
            "cohort": "training",
            "rating": None,
            "split": "valid",
            "owner": prompt.owner.key_hash,
            "meta": '{"k": 1}',
        },
    )


def test_chat_fine_tuning_gets_the_conversation_and_nothing_else(ann, writing):
    write(writing, ann, {"text": "The Han."})

    assert only("sft", "openai", writing) == {
        "messages": [*Prompt.objects.get().messages, {"role": "assistant", "content": "The Han."}]
    }


def test_a_prompt_that_was_written_along_leaves_with_its_own_split(ann):
    project = ProjectFactory(kind="demonstration", prompt_types=["plain"])
    drawing.add_unwritten_tasks(project=project, number=1)
    write(project, ann, {"text": "Blue.", "prompt": {"type": "plain", "text": "Name a colour."}})

    ((split, line),) = lines("sft", "trl", project)

    written = Prompt.objects.get()
    assert (split, line["prompt"]) == (written.owner.split, [{"role": "user", "content": "Name a colour."}])
    assert [line["split"] for _, line in lines("sft", "trl", project, split=split)] == [split]


def test_an_instruction_with_k_pairs_is_k_examples_with_the_others_in_context(ann):
    project = ProjectFactory(kind="demonstration", prompt_types=["few_shot"])
    drawing.add_unwritten_tasks(project=project, number=1)
    pairs = [{"query": query, "response": response} for query, response in (("1", "one"), ("2", "two"), ("3", "three"))]
    write(project, ann, {"text": "", "prompt": {"type": "few_shot", "text": "Say it in words.", "examples": pairs}})

    made = [line for _, line in lines("sft", "trl", project)]

    assert [line["completion"][0]["content"] for line in made] == ["one", "two", "three"]
    assert [turn["content"] for turn in made[1]["prompt"]] == ["Say it in words.\n\n1", "one", "3", "three", "2"]
    assert {line["owner"] for line in made} == {Prompt.objects.get().owner.key_hash}


def test_the_pairs_that_a_prompt_came_with_leave_as_references_do_and_once(ann):
    pairs = [{"query": query, "response": response} for query, response in (("1", "one"), ("2", "two"), ("3", " "))]
    asking = ProjectFactory(kind="demonstration", prompt_types=["few_shot"])
    drawing.add_unwritten_tasks(project=asking, number=1)
    write(asking, ann, {"text": "", "prompt": {"type": "few_shot", "text": "Say it in words.", "examples": pairs[:2]}})
    few_shot = PromptFactory(
        origin="few_shot", messages=[{"role": "user", "content": "Say it."}], meta={"examples": pairs}
    )
    giving = ProjectFactory(kind="demonstration")
    drawing.add_tasks(project=giving, prompts=[few_shot.pk])
    write(giving, ann, {"text": "Say what?"})
    drawing.add_tasks(project=giving, prompts=Prompt.objects.exclude(pk=few_shot.pk))
    left_out = Counter()

    made = [
        (line["from"], line["prompt"][0]["content"], line["completion"][0]["content"])
        for _, line in lines("sft", "trl", asking, giving, left_out=left_out, references=True)
    ]

    assert sorted(made) == [
        ("demonstration", "Say it in words.\n\n1", "two"),
        ("demonstration", "Say it in words.\n\n2", "one"),
        ("demonstration", "Say it.", "Say what?"),
        ("reference", "Say it.\n\n1", "two"),
        ("reference", "Say it.\n\n2", "one"),
    ]
    assert +left_out == {"references that are empty": 1}


def test_feedback_that_was_rated_highly_is_imitated(ann, bob):
    """The road of the teachers: what a person had written is rated, and the best of it leaves."""
    project = ProjectFactory(kind="rating", k=2, overlap=2)
    task = drawn(project, ["Good feedback", "Poor feedback"])
    for labeler, good, poor in ((ann, 7, 2), (bob, 6, 5)):
        rate(task, labeler, A=good, B=poor)

    made = [line for _, line in lines("sft", "trl", project, minimum_rating=6)]

    assert [(line["completion"][0]["content"], line["rating"], line["from"]) for line in made] == [
        ("Good feedback", 6.5, "response")
    ]


def test_references_leave_only_where_asked_for(ann):
    project = ProjectFactory(kind="rating", k=2)
    task = drawn(project, ["a", "b"])
    ResponseFactory(prompt=task.prompt, endpoint=None, text="By a person")
    ResponseFactory(prompt=task.prompt, endpoint=None, text=" ", sample=1)

    made = [line for _, line in lines("sft", "trl", project, references=True)]

    assert [(line["completion"][0]["content"], line["from"]) for line in made] == [("By a person", "reference")]
    with pytest.raises(ValidationError, match="Nothing is written in"):
        lines("sft", "trl", project)


def drawn(project, texts, **prompt):
    prompt = PromptFactory(**prompt)
    for text in texts:
        ResponseFactory(prompt=prompt, text=text)
    drawing.add_tasks(project=project, prompts=[prompt.pk])
    task = project.tasks.get(prompt=prompt)
    return task


def rate(task, labeler, *, answers=None, prompt_answers=None, **ratings):
    """Rate the candidates, A being the first that was made."""
    ordinals = sorted(
        range(task.candidates.count()),
        key=lambda ordinal: task.candidates.get(ordinal=ordinal).response_id,
    )
    sheet = assign(task, labeler, shown=ordinals)
    return say(sheet, None, ratings=ratings, answers=answers, prompt_answers=prompt_answers)


def test_medians_above_the_threshold_are_good_and_below_it_bad(ann, bob):
    project = ProjectFactory(kind="rating", k=3, overlap=2)
    task = drawn(project, ["good", "middling", "bad"])
    rate(task, ann, A=7, B=3, C=1)
    rate(task, bob, A=4, B=5, C=3)

    made = [line for _, line in lines("unpaired", "trl", project)]

    assert [(line["completion"][0]["content"], line["label"], line["rating"], line["ratings"]) for line in made] == [
        ("good", True, 5.5, 2),
        ("bad", False, 2.0, 2),
    ]
    stricter = [line["label"] for _, line in lines("unpaired", "trl", project, threshold=6)]
    assert stricter == [False, False, False]


def test_prompts_leave_alone_by_source_or_by_project(ann):
    source = SourceFactory(name="customers")
    prompts = [PromptFactory(source=source, owner=OwnerFactory(split=split)) for split in ("train", "test")]
    other = PromptFactory()
    project = ProjectFactory(kind="demonstration")
    drawing.add_tasks(project=project, prompts=[other.pk])

    by_source = [line for _, line in lines("prompts", "trl", source="customers")]
    by_project = [line for _, line in lines("prompts", "trl", project)]

    assert [line["prompt_id"] for line in by_source] == [str(prompt.pk) for prompt in prompts]
    assert by_source[0]["prompt"] == prompts[0].messages
    assert [line["prompt_id"] for line in by_project] == [str(other.pk)]
    assert [split for split, _ in lines("prompts", "trl", source="customers", split="test")] == ["test"]
    with pytest.raises(ValidationError, match="Choose at least one project"):
        lines("prompts", "trl")


@pytest.fixture
def rated(ann):
    project = ProjectFactory(kind="rating", k=2, form=FormVersionFactory(questions=STEERABILITY).form)
    task = drawn(project, ["first", "second"])
    rate(task, ann, A=6, B=1, answers={"A": {"correctness": 10, "warm": True}}, prompt_answers={"clear": False})
    return project


def test_a_rating_leaves_with_every_answer(ann, rated):
    made = [line for _, line in lines("ratings", "native", rated)]

    first, second = sorted(made, key=lambda line: line["response"]["text"])
    assert (first["response"]["text"], first["overall_quality"], first["answers"], first["prompt_answers"]) == (
        "first", 6, {"correctness": 10, "warm": True}, {"clear": False},
    )  # fmt: skip
    assert (second["response"]["text"], second["overall_quality"], second["answers"]) == ("second", 1, {})
    assert {first["labeler"], second["labeler"]} == {pseudonym(ann.pseudonym_key)}


def test_helpsteer_attributes_are_brought_from_their_ranges_to_0_to_4(rated):
    made = sorted((line for _, line in lines("ratings", "helpsteer", rated)), key=lambda line: line["response"])

    assert [{key: line[key] for key in line if key != "prompt"} for line in made] == [
        {"response": "first", "helpfulness": 3, "correctness": 4},
        {"response": "second", "helpfulness": 0},
    ]


def test_raw_holds_every_revision_with_what_was_shown(ann, bob):
    project = ProjectFactory(overlap=2)
    task = drawn(project, ["a", "b", "c", "d"])
    sheet = assign(task, ann)
    say(sheet, "A > B > C > D")
    say(sheet, "D > A=B > C", ratings={"D": 7})

    first, second = (line for _, line in lines("raw", "native", project))

    assert [(line["revision"], line["is_standing"]) for line in (first, second)] == [(1, False), (2, True)]
    assert second["ranking"] == [["D"], ["A", "B"], ["C"]]
    assert [rating["overall_quality"] for rating in second["ratings"]] == [7]
    assert sorted(slot["text"] for slot in second["slots"]) == ["a", "b", "c", "d"]
    assert second["prompt_messages"] == task.prompt.messages


def test_preference_fine_tuning_gets_both_sides_as_messages(ann):
    project = ProjectFactory(k=2)
    task = drawn(project, ["better", "worse"])
    rank(task, ann, "A > B", shown=by_text(task, "better", "worse"))

    assert only("comparisons", "openai", project) == {
        "input": {"messages": task.prompt.messages, "tools": [], "parallel_tool_calls": True},
        "preferred_output": [{"role": "assistant", "content": "better"}],
        "non_preferred_output": [{"role": "assistant", "content": "worse"}],
    }


def by_text(task, *texts):
    """The ordinals of the candidates with these texts: what `shown` takes."""
    return [task.candidates.get(response__text=text).ordinal for text in texts]


def test_transcripts_differ_in_their_last_turn_only(ann):
    project = ProjectFactory(k=2)
    turns = [("user", "Hi"), ("assistant", "Hello"), ("user", "Name a river.")]
    task = drawn(project, ["The Han", "No"], messages=[{"role": role, "content": text} for role, text in turns])
    rank(task, ann, "A > B", shown=by_text(task, "The Han", "No"))

    before = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Name a river.\n\nAssistant:"
    assert only("comparisons", "hh", project) == {"chosen": f"{before} The Han", "rejected": f"{before} No"}


@pytest.mark.parametrize(
    ("messages", "texts"),
    [
        ([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}], ["a", "b"]),
        ([{"role": "user", "content": "Hi"}], ["a\n\nHuman: and now?", "b"]),
    ],
    ids=["a system message", "a mark of a turn"],
)
def test_a_transcript_leaves_out_and_counts_what_it_cannot_hold(ann, messages, texts):
    project = ProjectFactory(k=2)
    task = drawn(project, texts, messages=messages)
    rank(task, ann, "A > B")
    left_out = Counter()

    assert lines("comparisons", "hh", project, left_out=left_out) == []
    assert list((+left_out).values()) == [1]


def test_webgpt_scores_add_up_to_zero_and_ties_are_kept(ann):
    project = ProjectFactory(k=3)
    task = drawn(project, ["best", "tied", "level"])
    rank(task, ann, "A > B=C", shown=by_text(task, "best", "tied", "level"))

    made = [line for _, line in lines("comparisons", "webgpt", project)]

    assert sorted(sorted((answer["answer"], answer["score"]) for answer in pair) for pair in made) == [
        [("best", 1.0), ("level", -1.0)],
        [("best", 1.0), ("tied", -1.0)],
        [("level", 0.0), ("tied", 0.0)],
    ]
    assert made[0][0]["question"]["full_text"] == task.prompt.messages[-1]["content"]


def test_the_preview_counts_every_kind_by_its_own_unit(ann, rated):
    def counts(kind, format, **filters):
        choice = choosing.choose(kind=kind, format=format, projects=[rated], filters=filters)
        return choosing.preview_counts(choice)

    split = Prompt.objects.get().owner.split
    assert counts("ratings", "native") == {"labelers": 1, "ratings": 2, "splits": [{"split": split, "ratings": 2}]}
    assert counts("unpaired", "trl")["responses"] == 2
    assert counts("sft", "trl", minimum_rating=6)["examples"] == 1
    assert counts("prompts", "trl") == {"labelers": 0, "prompts": 1, "splits": [{"split": split, "prompts": 1}]}
    assert counts("raw", "native")["labels"] == 1


def test_a_held_out_labelers_ratings_are_told_apart(ann, hal):
    project = ProjectFactory(kind="rating", k=2, purpose="evaluation", cohort="any", overlap=2)
    task = drawn(project, ["a", "b"])
    for labeler in (ann, hal):
        rate(task, labeler, A=5, B=5)

    assert [line["cohort"] for _, line in lines("ratings", "native", project, cohort="held_out")] == ["held_out"] * 2
    assert len(lines("ratings", "native", project)) == 4


def test_order_does_not_depend_on_who_was_first():
    project = ProjectFactory(kind="rating", k=2, overlap=2)
    task = drawn(project, ["a", "b"])
    labelers = sorted((LabelerFactory(), LabelerFactory()), key=lambda one: one.pseudonym_key, reverse=True)
    for labeler in labelers:
        rate(task, labeler, A=5, B=5)

    assert [line["labeler"] for _, line in lines("ratings", "native", project)] == [
        pseudonym(labeler.pseudonym_key) for labeler in reversed(labelers) for _ in range(2)
    ]


def test_every_format_has_a_schema():
    assert set(SCHEMAS) == set(FORMATS)


def test_a_schema_refuses_a_line_with_another_key_or_a_blank_side():
    line = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
    validator = Draft202012Validator(schema_of("sft", "openai"))

    assert validator.is_valid(line)
    assert not validator.is_valid(line | {"split": "train"})
    assert not Draft202012Validator(SAID_SOMETHING).is_valid([{"role": "assistant", "content": " \n"}])
