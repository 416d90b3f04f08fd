"""Which page of a sheet opens, with one response on each and the board at the end?"""

import pytest

from labeling.labels import sheets
from labeling.labels.bodies import Fault
from labeling.work import queue
from tests.factories import FormVersionFactory, ProjectFactory, PromptFactory, TaskFactory

pytestmark = pytest.mark.django_db

DONE = [{"slot": letter, "overall_quality": 4, "answers": {"fails_task": False}} for letter in "ABCD"]


@pytest.fixture
def held(ann):
    def hold(tags=(), **fields):
        task = TaskFactory(project=ProjectFactory(**{"layout": "pages"} | fields), prompt=PromptFactory(tags=[*tags]))
        return queue.next_assignment(labeler=ann, project=task.project)

    return hold


@pytest.mark.parametrize(
    ("fields", "leaves"),
    [
        ({}, 5),
        ({"k": 2}, 3),
        ({"kind": "rating"}, 4),
        ({"layout": "cards"}, 1),
        ({"rate_first": False}, 1),
    ],
)
def test_each_rated_response_has_a_leaf_and_a_ranking_one_more(held, fields, leaves):
    assert sheets.sheet_of(held(**fields)).leaves == leaves


@pytest.mark.parametrize(
    ("body", "leaf"),
    [
        ({}, 1),
        ({"ratings": DONE[:2]}, 3),
        ({"ratings": [DONE[1]]}, 1),
        ({"ratings": DONE}, 5),
        ({"ratings": DONE, "ranking": [["A", "B", "C", "D"]]}, 5),
        ({"ratings": "x", "ranking": 7}, 1),
    ],
)
def test_it_opens_where_something_is_missing(held, body, leaf):
    assert sheets.sheet_of(held(), body=body).leaf == leaf


@pytest.mark.parametrize(("wanted", "leaf"), [(1, 1), (5, 5), (6, 1), (0, 1), (None, 1)])
def test_it_opens_where_it_is_asked_to_if_there_is_such_a_page(held, wanted, leaf):
    assert sheets.sheet_of(held(), leaf=wanted).leaf == leaf


@pytest.mark.parametrize(
    ("fields", "leaf"),
    [(["C-fails_task", "A-rank"], 3), (["A-rank"], 5), (["ranking"], 5), (["prompt-why", "seconds"], 5)],
)
def test_a_refused_sheet_opens_at_the_first_fault(held, fields, leaf):
    shown = sheets.sheet_of(held(), body={}, faults=[Fault(field, "Wrong.") for field in fields], leaf=2)

    assert shown.leaf == leaf


def test_faults_say_on_which_page_they_are_and_mark_their_question(held):
    faults = [Fault("B-fails_task", "Not yet."), Fault("D-rank", "Not yet."), Fault("prompt-x", "Not yet.")]

    shown = sheets.sheet_of(held(), body={}, faults=faults)

    assert [error.leaf for error in shown.errors] == [2, 5, None]
    marked = [question.name for slot in shown.slots for question in slot.questions if question.is_wrong]
    assert marked == ["B-fails_task"]


def test_questions_are_asked_where_the_prompt_has_one_of_their_tags(held):
    questions = [
        {"key": "always", "wording": "Always", "scale": "binary"},
        {"key": "closed", "wording": "Closed", "scale": "binary", "applies_to_tags": ["closed_domain", "other"]},
        {"key": "about", "wording": "About", "scale": "text", "per": "prompt", "applies_to_tags": ["closed_domain"]},
    ]
    form = FormVersionFactory(questions=questions).form

    with_tag = sheets.sheet_of(held(tags=["closed_domain"], form=form))
    without = sheets.sheet_of(held(tags=["ambiguous"], form=form))

    def names(shown):
        return [question.name for question in (*shown.slots[0].questions, *shown.prompt_questions)]

    assert names(with_tag) == ["A-always", "A-closed", "prompt-about"]
    assert names(without) == ["A-always"]


def test_the_keys_of_the_prompts_questions_go_on_where_those_of_the_responses_end(held):
    questions = [
        {"key": "overall_quality", "wording": "Quality", "scale": "likert", "minimum": 1, "maximum": 7},
        {"key": "one", "wording": "One", "scale": "binary"},
        {"key": "two", "wording": "Two", "scale": "text"},
        {"key": "three", "wording": "Three", "scale": "binary", "per": "prompt"},
    ]

    shown = sheets.sheet_of(held(form=FormVersionFactory(questions=questions).form))

    assert [question.letter for question in shown.slots[0].questions] == ["", "a", "b"]
    assert [question.letter for question in shown.prompt_questions] == ["c"]


@pytest.mark.parametrize(
    ("fields", "offered"),
    [({}, True), ({"may_arrange": False}, False), ({"kind": "rating"}, False), ({"rate_first": False}, False)],
)
def test_arranging_is_offered_where_there_are_ratings_to_arrange_by(held, fields, offered):
    assert sheets.sheet_of(held(**fields)).may_arrange is offered
