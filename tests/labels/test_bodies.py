"""Every way in which a submission can be wrong, and the sentence that says so."""

import copy

import pytest
from django.http import QueryDict

from labeling.guidelines.models import Question
from labeling.labels import bodies
from labeling.labels.asking import Asked

OVERALL = Question(key="overall_quality", wording="Overall quality", scale="likert", minimum=1, maximum=7)
FLAG = Question(key="fails_task", wording="Fails the task", scale="binary", allows_na=False, is_required=False)
CLOSED = Question(key="hallucination", wording="Hallucination", scale="binary", allows_na=True, is_required=False)
ABOUT = Question(key="why", wording="Why?", scale="text", per="prompt")


def asks(**changes):
    fields = {
        "letters": ("A", "B"),
        "rates": True,
        "ranks": True,
        "response_questions": (OVERALL, FLAG, CLOSED),
        "prompt_questions": (),
    }
    return Asked(**fields | changes)


BODY = {
    "ratings": [{"slot": "A", "overall_quality": 6}, {"slot": "B", "overall_quality": 2}],
    "ranking": [["A"], ["B"]],
    "seconds": 10,
}


def sentences(body, **changes):
    with pytest.raises(bodies.Faults) as refusal:
        bodies.clean(body, sheet=asks(**changes))
    return [fault.sentence for fault in refusal.value.faults]


def changed(**fields):
    return copy.deepcopy(BODY) | fields


def test_a_whole_body_is_accepted():
    submission = bodies.clean(BODY, sheet=asks())

    assert submission.ranks == {"A": 1, "B": 2}
    assert {letter: said.overall_quality for letter, said in submission.ratings.items()} == {"A": 6, "B": 2}
    assert submission.seconds == 10


def test_ties_and_empty_groups_give_dense_ranks():
    body = changed(ranking=[[], ["B", "A"], []])

    assert bodies.clean(body, sheet=asks()).ranks == {"B": 1, "A": 1}


def test_an_unanswered_flag_is_absent_and_not_applicable_is_none():
    body = changed(
        ratings=[{"slot": "A", "overall_quality": 6, "answers": {"hallucination": None}}, BODY["ratings"][1]]
    )

    ratings = bodies.clean(body, sheet=asks()).ratings

    assert ratings["A"].answers == {"hallucination": None}
    assert ratings["B"].answers == {}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (changed(ranking=[["A"]]), "Response B is not ranked yet."),
        (changed(ranking=[["A"], ["B", "A"]]), "Response A is ranked twice."),
        (changed(ranking=[["A"], ["B"], ["Z"]]), "There is no response Z on this sheet."),
        (changed(ranking="A>B"), "A ranking is a list of groups of letters, best first."),
        (changed(ranking=[["A"], [3]]), "A ranking is a list of groups of letters, best first."),
        (changed(ratings=[BODY["ratings"][0]]), "Response B has no overall quality yet."),
        (changed(ratings=[*BODY["ratings"], BODY["ratings"][0]]), "Response A is rated twice."),
        (changed(ratings=[*BODY["ratings"], {"slot": "C"}]), "There is no response C on this sheet."),
        (changed(ratings=[*BODY["ratings"], 7]), "There is no response None on this sheet."),
        (changed(ratings={"A": 6}), "Ratings are a list with one entry for each response."),
        (changed(seconds=-1), "Seconds are a number from 0 to 86,400."),
        (changed(seconds="ten"), "Seconds are a number from 0 to 86,400."),
        (changed(seconds=True), "Seconds are a number from 0 to 86,400."),
        (changed(seconds=float("nan")), "Seconds are a number from 0 to 86,400."),
        ([], "A submission is a JSON object."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(body, sentence):
    assert sentence in sentences(body)


@pytest.mark.parametrize("quality", [0, 8, 9, -1, 3.5, "6", True, [6]])
def test_an_overall_quality_outside_the_scale_is_refused(quality):
    body = changed(ratings=[{"slot": "A", "overall_quality": quality}, BODY["ratings"][1]])

    assert sentences(body) == ["Overall quality of response A: Give a whole number from 1 to 7."]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"fails_task": "no"}, "Fails the task: Answer yes or no."),
        ({"fails_task": 0}, "Fails the task: Answer yes or no."),
        ({"fails_task": None}, "Fails the task: “Not applicable” is no answer here."),
        ({"is_funny": True}, "This form has no question “is_funny”."),
        ([1], "Answers are an object: question key to answer."),
    ],
)
def test_a_wrong_answer_is_named_with_its_question(answers, sentence):
    body = changed(ratings=[{"slot": "A", "overall_quality": 6, "answers": answers}, BODY["ratings"][1]])

    assert sentences(body) == [sentence]


def test_every_fault_is_told_at_once():
    assert sentences({}) == [
        "Response A has no overall quality yet.",
        "Response B has no overall quality yet.",
        "Response A is not ranked yet.",
        "Response B is not ranked yet.",
    ]


def test_a_required_question_about_the_prompt_is_missed():
    assert sentences(BODY, prompt_questions=(ABOUT,)) == ["“Why?” is not answered yet."]


def test_an_empty_text_answers_nothing():
    body = changed(prompt_answers={"why": ""})

    assert sentences(body, prompt_questions=(ABOUT,)) == ["“Why?” is not answered yet."]


def test_a_project_that_does_not_rate_needs_no_ratings():
    submission = bodies.clean({"ranking": [["B"], ["A"]]}, sheet=asks(rates=False, response_questions=()))

    assert submission.ratings == {}


def test_the_nul_character_is_left_out_since_the_database_cannot_hold_it():
    body = changed(ratings=[{"slot": "A", "overall_quality": 6, "notes": "a\0b"}, BODY["ratings"][1]])

    assert bodies.clean(body, sheet=asks()).ratings["A"].notes == "ab"


def test_a_form_becomes_the_same_body():
    form = QueryDict(
        "A-overall_quality=6&A-hallucination=na&A-fails_task=yes&A-notes=hm&A-rank=1&B-overall_quality=2&B-rank=4"
        "&seconds=31&arranged=1"
    )

    body = bodies.from_form(form, sheet=asks())

    assert body == {
        "ratings": [
            {"slot": "A", "overall_quality": 6, "answers": {"hallucination": None, "fails_task": True}, "notes": "hm"},
            {"slot": "B", "overall_quality": 2, "answers": {}, "notes": ""},
        ],
        "prompt_answers": {},
        "seconds": 31,
        "arranged_by_ratings": True,
        "ranks": {"A": 1, "B": 4},
        "ranking": [["A"], ["B"]],
    }


def test_an_empty_form_is_an_empty_body_and_not_a_ranking():
    body = bodies.from_form(QueryDict(""), sheet=asks())

    assert body["ranking"] == []
    assert "Response A is not ranked yet." in sentences(body)


@pytest.mark.parametrize(("scale", "answer"), [("choices", None), ("choice", None), ("text", "na")])
def test_not_applicable_can_be_picked_wherever_it_is_offered(scale, answer):
    question = Question(key="topics", wording="Topics", scale=scale, per="prompt", allows_na=True)
    sheet = asks(rates=False, ranks=False, prompt_questions=(question,))

    body = bodies.from_form(QueryDict("prompt-topics=na"), sheet=sheet)

    assert bodies.clean(body, sheet=sheet).prompt_answers == {"topics": answer}


RATES = [{"slot": "A", "overall_quality": 6}, {"slot": "B", "overall_quality": 2}]
TOXICITY = Question(key="toxicity", wording="Toxicity", scale="likert", minimum=-1, maximum=1, is_required=True)


def test_a_rating_alone_has_no_ranks():
    submission = bodies.clean({"ratings": RATES, "seconds": 3}, sheet=asks(ranks=False))

    assert (submission.ranks, submission.ratings["A"].overall_quality) == (None, 6)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ranks": False}, "This sheet asks for no ranking."),
        ({"rates": False, "response_questions": ()}, "This sheet asks for no ratings."),
    ],
)
def test_what_was_not_asked_for_is_refused_and_not_dropped(changes, sentence):
    assert sentences(BODY, **changes) == [sentence]


def test_an_empty_part_that_was_not_asked_for_is_no_fault():
    body = {"ratings": [], "ranking": [["A"], ["B"]]}

    assert bodies.clean(body, sheet=asks(rates=False, response_questions=())).ranks == {"A": 1, "B": 2}


@pytest.mark.parametrize("number", [-1, 0, 1])
def test_a_scale_may_lie_anywhere(number):
    ratings = [{"slot": letter, "answers": {"toxicity": number}} for letter in "AB"]

    submission = bodies.clean({"ratings": ratings}, sheet=asks(ranks=False, response_questions=(TOXICITY,)))

    assert {said.answers["toxicity"] for said in submission.ratings.values()} == {number}


@pytest.mark.parametrize("number", [-2, 2, "0", 0.5, False])
def test_a_number_beside_its_scale_is_refused(number):
    ratings = [{"slot": letter, "answers": {"toxicity": number}} for letter in "AB"]

    found = sentences({"ratings": ratings}, ranks=False, response_questions=(TOXICITY,))

    assert found == ["Toxicity: Give a whole number from -1 to 1."] * 2


def test_a_form_brings_negative_numbers():
    form = QueryDict("A-toxicity=-1&B-toxicity=1")
    sheet = asks(ranks=False, response_questions=(TOXICITY,))

    body = bodies.from_form(form, sheet=sheet)

    assert [said.answers["toxicity"] for said in bodies.clean(body, sheet=sheet).ratings.values()] == [-1, 1]


def test_a_required_question_is_missed_in_every_response():
    found = sentences({"ratings": RATES}, ranks=False, response_questions=(OVERALL, TOXICITY))

    assert found == [f"Response {letter}: “Toxicity” is not answered yet." for letter in "AB"]


def test_a_question_that_was_not_asked_is_not_accepted():
    """As one whose tags the prompt has none of: the sheet then knows nothing of it."""
    ratings = [{**RATES[0], "answers": {"toxicity": 1}}, RATES[1]]

    found = sentences({"ratings": ratings, "prompt_answers": {"why": "x"}}, ranks=False)

    assert found == ["This form has no question “toxicity”.", "This form has no question “why”."]
