"""Does every line say exactly what the labeler said?"""

from collections import Counter

import orjson
import pytest
from django.db.models import F
from jsonschema import Draft202012Validator

from labeling.candidates.models import Response
from labeling.datasets import choosing, reading
from labeling.datasets.formats import FORMATS
from labeling.datasets.schemas import schema_of
from labeling.datasets.writing import Tally, _encoded
from labeling.labels.asking import questions_of
from labeling.labels.models import Answer, Place
from labeling.labels.sheets import sheet_of
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import Prompt
from labeling.work import drawing, queue
from labeling.work.models import Task
from tests.factories import EndpointFactory, FormVersionFactory, ProjectFactory, PromptFactory, ResponseFactory
from tests.factories.labels import rank, say

pytestmark = pytest.mark.django_db

grouped, trl = FORMATS["comparisons", "grouped"], FORMATS["comparisons", "trl"]

RICH_FORM = [
    {"key": "overall_quality", "wording": "Quality", "scale": "likert", "minimum": 1, "maximum": 7},
    {"key": "fails_task", "wording": "Fails?", "scale": "binary"},
    {"key": "hallucination", "wording": "Makes things up?", "scale": "binary", "allows_na": True},
    {"key": "toxicity", "wording": "Toxicity", "scale": "likert", "minimum": 0, "maximum": 2},
    {"key": "tone", "wording": "Tone", "scale": "choice"},
    {"key": "faults", "wording": "Faults", "scale": "choices"},
    {"key": "remark", "wording": "Remark", "scale": "text"},
]


def read(project, **filters):
    choice = choosing.choose(kind="comparisons", format="grouped", projects=[project], filters=filters)
    return [ranking for batch in reading.batches(choice) for ranking in batch]


def lines(shape, project, left_out=None, **filters):
    tally = Tally()
    tally.left_out = Counter() if left_out is None else left_out
    made = [orjson.loads(line) for _, line in _encoded(read(project, **filters), shape, tally)]
    schema = schema_of("comparisons", "grouped" if shape is grouped else "trl")
    for line in made:
        Draft202012Validator(schema).validate(line)
    return made


def test_a_grouped_line_is_the_whole_ranking_in_the_order_of_the_candidates(ann, task_of):
    form = FormVersionFactory(questions=RICH_FORM)
    project = ProjectFactory(form=form.form)
    task = task_of(project, "valid", ["zero", "one", "two", "three"], meta={"z": 1, "a": [1.10, 12345678901234567890]})
    first = Response.objects.get(text="zero")
    Response.objects.filter(pk=first.pk).update(sampling={"temperature": 0.7, "n": 1})
    said = {
        "fails_task": False,
        "hallucination": None,
        "toxicity": 2,
        "tone": "warm",
        "faults": ["a", "b"],
        "remark": "가",
    }

    # The labeler saw three, zero, two, one as A, B, C, D.
    label = rank(task, ann, "D > A=B > C", shown=[3, 0, 2, 1], ratings={"B": 6}, answers={"B": said}, seconds=212)

    (line,) = lines(grouped, project)
    assert list(line) == [
        "task", "prompt_id", "prompt", "completions", "ranks", "pairs", "n_possible", "n_ties", "responses",
        "labeler", "cohort", "split", "owner", "instructions_version", "seconds", "meta",
    ]  # fmt: skip
    assert line["task"] == str(task.pk)
    assert line["prompt_id"] == str(task.prompt_id)
    assert line["prompt"] == task.prompt.messages
    assert line["completions"] == [[{"role": "assistant", "content": text}] for text in ("zero", "one", "two", "three")]
    assert line["ranks"] == [2, 1, 3, 2]
    assert line["pairs"] == [[1, 0], [1, 3], [1, 2], [0, 2], [3, 2]]
    assert (line["n_possible"], line["n_ties"]) == (6, 1)
    assert line["responses"][0] == {
        "id": str(first.pk),
        "model": first.endpoint.name,
        "role": "other",
        "sampling": {"temperature": 0.7, "n": 1},
        "overall_quality": 6,
        "answers": said,
    }
    assert list(line["responses"][0]["answers"]) == [question["key"] for question in RICH_FORM[1:]]
    assert [(one["overall_quality"], one["answers"]) for one in line["responses"][1:]] == [(None, {})] * 3
    assert line["labeler"] == pseudonym(ann.pseudonym_key)
    assert (line["cohort"], line["split"], line["owner"]) == ("training", "valid", task.prompt.owner.key_hash)
    assert (line["instructions_version"], line["seconds"]) == (1, 212)
    assert line["meta"] == {"z": 1, "a": [1.1, 12345678901234567890]}
    assert said == {answer.question.key: answer.value for answer in Answer.objects.filter(label=label)}


def test_numbers_too_large_for_64_bits_leave_as_they_came(ann, project, task_of):
    rank(task_of(project, meta={"id": 2**80, "share": 0.1}), ann, "A > B > C > D")

    ((_split, line),) = _encoded(read(project), grouped, Tally())
    assert b'"meta":{"id": 1208925819614629174706176, "share": 0.1}' in line


def test_a_reference_is_by_no_model_and_in_the_role_of_a_human(ann, project, task_of):
    task = task_of(project)
    reference = task.candidates.first().response
    Response.objects.filter(pk=reference.pk).update(endpoint=None)
    rank(task, ann, "A > B > C > D")

    (line,) = lines(grouped, project)

    assert (line["responses"][0]["model"], line["responses"][0]["role"]) == ("", "human")


def test_a_reference_that_was_drawn_is_not_told_apart_on_the_sheet_and_is_in_the_file(ann, task_of):
    """The road of a person's answer: among the candidates, on a sheet, ranked, frozen."""
    project = ProjectFactory(k=3, with_references=True)
    prompt = PromptFactory()
    for text in ("one", "two"):
        ResponseFactory(prompt=prompt, text=text)
    reference = ResponseFactory(prompt=prompt, endpoint=None, text="by a person")
    assert drawing.add_tasks(project=project, prompts=[prompt.pk]).created == 1
    assignment = queue.next_assignment(labeler=ann, project=project)

    page = sheet_of(assignment)
    Response.objects.filter(pk=reference.pk).update(endpoint=EndpointFactory())
    page_of_a_model = sheet_of(assignment)
    Response.objects.filter(pk=reference.pk).update(endpoint=None)
    letter = next(slot.letter for slot in page.slots if slot.text == "by a person")
    others = sorted(slot.letter for slot in page.slots if slot.letter != letter)
    say(assignment, f"{letter} > {others[0]} > {others[1]}")
    type(assignment).objects.filter(pk=assignment.pk).update(state="submitted", closed_at=assignment.leased_at)

    assert sorted(slot.text for slot in page.slots) == ["by a person", "one", "two"]
    assert page == page_of_a_model
    [line] = lines(grouped, project)
    facts = {one["id"]: (one["model"], one["role"]) for one in line["responses"]}
    assert facts.pop(str(reference.pk)) == ("", "human")
    assert all(model and role == "other" for model, role in facts.values())
    by_rank = dict(zip(line["ranks"], line["completions"], strict=True))
    assert by_rank[1] == [{"role": "assistant", "content": "by a person"}]
    assert {pair["chosen_id"] for pair in lines(trl, project)[:2]} == {str(reference.pk)}


def test_an_all_tied_ranking_stays_without_pairs(ann, project, task_of):
    rank(task_of(project), ann, "A=B=C=D")

    (line,) = lines(grouped, project)

    assert (line["ranks"], line["pairs"], line["n_ties"]) == ([1, 1, 1, 1], [], 6)


def test_ranks_are_dense_even_where_columns_of_the_board_stayed_empty(ann, project, task_of):
    label = rank(task_of(project), ann, "B > A=C > D")
    Place.objects.filter(ranking__label=label).update(rank=F("rank") * 3)

    (line,) = lines(grouped, project)

    assert line["ranks"] == [2, 1, 2, 3]


def test_only_the_standing_revision_of_a_submitted_sheet_leaves(ann, bob, project, task_of):
    task = task_of(project)
    Task.objects.update(seats=2)
    revised = rank(task, ann, "A > B > C > D")
    say(revised.assignment, "D > C > B > A")
    reopened = rank(task, bob, "A > B > C > D").assignment
    type(reopened).objects.filter(pk=reopened.pk).update(state="open", closed_at=None)

    (line,) = lines(grouped, project)

    assert line["ranks"] == [4, 3, 2, 1]


def test_programs_leave_only_where_asked_for(ann, judge, project, task_of):
    task = task_of(project)
    Task.objects.update(seats=2)
    rank(task, ann, "A > B > C > D")
    rank(task, judge, "D > C > B > A")

    assert [line["ranks"] for line in lines(grouped, project)] == [[1, 2, 3, 4]]
    assert sorted(line["ranks"] for line in lines(grouped, project, programs=True)) == [[1, 2, 3, 4], [4, 3, 2, 1]]


def test_a_researcher_who_labels_belongs_to_no_cohort(rita, project, task_of):
    rank(task_of(project), rita, "A > B > C > D")

    assert [line["cohort"] for line in lines(grouped, project)] == [""]


def test_a_labeler_has_one_pseudonym_in_all_lines_and_versions(ann, bob, project, task_of):
    for _ in range(2):
        task = task_of(project)
        Task.objects.filter(pk=task.pk).update(seats=2)
        rank(task, bob, "A > B > C > D")
        rank(task, ann, "A > B > C > D")

    for _ in range(2):
        named = Counter(line["labeler"] for line in lines(grouped, project))
        assert named == {pseudonym(ann.pseudonym_key): 2, pseudonym(bob.pseudonym_key): 2}


def test_lines_stand_by_task_then_labeler_whoever_submitted_first(ann, bob, project, task_of):
    tasks = [task_of(project), task_of(project)]
    Task.objects.update(seats=2)
    for task in reversed(tasks):
        for labeler in (ann, bob) if task == tasks[0] else (bob, ann):
            rank(task, labeler, "A > B > C > D")

    people = [pseudonym(one.pseudonym_key) for one in sorted((ann, bob), key=lambda one: one.pseudonym_key)]
    assert [(line["task"], line["labeler"]) for line in lines(grouped, project)] == [
        (str(task.pk), labeler) for task in tasks for labeler in people
    ]


def test_a_trl_line_is_one_pair_and_the_weights_of_a_ranking_add_up_to_1(ann, project, task_of):
    task = task_of(project, texts=["zero", "one", "two", "three"])
    label = rank(task, ann, "B > A=C > D")

    made = lines(trl, project)

    assert list(made[0]) == [
        "prompt", "chosen", "rejected", "group_id", "weight", "task", "prompt_id", "chosen_id", "rejected_id",
        "labeler", "cohort", "split",
    ]  # fmt: skip
    assert [(line["chosen"][0]["content"], line["rejected"][0]["content"]) for line in made] == [
        ("one", "zero"), ("one", "two"), ("one", "three"), ("zero", "three"), ("two", "three"),
    ]  # fmt: skip
    assert made[0]["chosen"] == [{"role": "assistant", "content": "one"}]
    assert made[0]["prompt"] == task.prompt.messages
    assert {line["weight"] for line in made} == {1 / 5}
    assert {line["group_id"] for line in made} == {str(label.assignment_id)}
    ids = {one.response.text: str(one.response_id) for one in task.candidates.all()}
    assert (made[0]["chosen_id"], made[0]["rejected_id"]) == (ids["one"], ids["zero"])


def test_pairs_that_teach_nothing_are_left_out_and_counted(ann, project, task_of):
    left_out = Counter()
    rank(task_of(project, texts=["same text \n", "same text", " \n", "other"]), ann, "A > B > C > D")
    rank(task_of(project), ann, "A=B=C=D")

    made = lines(trl, project, left_out)

    assert [(line["chosen"][0]["content"], line["rejected"][0]["content"]) for line in made] == [
        ("same text \n", "other"), ("same text", "other"),
    ]  # fmt: skip
    assert {line["weight"] for line in made} == {1 / 2}
    assert left_out == {
        "pairs whose two sides are the same text": 1,
        "pairs with an empty side": 3,
        "rankings without a preference": 1,
    }


def test_a_chat_keeps_its_turns(ann, project, task_of):
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "안녕?"},
        {"role": "assistant", "content": "네."},
        {"role": "user", "content": "이름은?"},
    ]
    task = task_of(project)
    Prompt.objects.filter(pk=task.prompt_id).update(messages=turns, is_text=False)
    rank(task, ann, "A > B > C > D")

    assert lines(grouped, project)[0]["prompt"] == turns


def test_reading_asks_as_many_questions_for_12_rankings_as_for_2(ann, project, task_of, django_assert_num_queries):
    # The cursor with its close, the prompts, the answers, the responses with ratings; the projects when choosing.
    questions_of(project.form.newest().pk)  # kept for good
    for n in (2, 10):
        for _ in range(n):
            rank(task_of(project), ann, "A > B > C > D", ratings={"A": 3}, answers={"A": {"fails_task": True}})
        with django_assert_num_queries(5):
            read(project)


def test_what_a_prompts_tags_kept_from_being_asked_is_null(project, ann, task_of):
    closed = {"key": "closed", "wording": "Closed", "scale": "binary", "applies_to_tags": ["closed_domain"]}
    project.form = FormVersionFactory(questions=[RICH_FORM[0], closed, RICH_FORM[1]]).form
    project.save()
    rank(task_of(project, tags=["ambiguous"]), ann, "A > B > C > D", answers={"A": {"fails_task": False}, "B": {}})
    rank(task_of(project, tags=["closed_domain"]), ann, "A > B > C > D", answers={"A": {"closed": True}, "B": {}})

    said = [[response["answers"] for response in line["responses"]] for line in lines(grouped, project)]

    assert said == [
        [{"closed": None, "fails_task": False}, {"closed": None}, {}, {}],
        [{"closed": True}, {}, {}, {}],
    ]

    Prompt.objects.update(tags=["closed_domain", "ambiguous"])  # what was asked by then stays as it was
    assert [[one["answers"] for one in line["responses"]] for line in lines(grouped, project)] == said
