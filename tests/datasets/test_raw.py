"""Does every label leave raw exactly as REST tells it, key by key?"""

import orjson
import pytest

from labeling.labels import recording, reopening
from labeling.labels.lines import line, whole
from labeling.labels.models import Label
from labeling.work import drawing
from tests.datasets.test_kinds import drawn, lines, write
from tests.factories import FormVersionFactory, ProjectFactory
from tests.factories.labels import assign, rank, say

pytestmark = pytest.mark.django_db

# Every scale, of the response and of the prompt, and what is asked of some prompts only.
QUESTIONS = [
    {"key": "overall_quality", "wording": "Quality", "scale": "likert", "minimum": 1, "maximum": 7},
    {"key": "fails", "wording": "Fails?", "scale": "binary", "allows_na": True},
    {"key": "closed", "wording": "Made up?", "scale": "binary", "applies_to_tags": ["closed_domain"]},
    {"key": "why", "wording": "Why?", "scale": "text"},
    {"key": "clear", "wording": "Clear?", "scale": "likert", "minimum": 0, "maximum": 3, "per": "prompt"},
    {"key": "found", "wording": "Found?", "scale": "binary", "per": "prompt", "applies_to_tags": ["closed_domain"]},
]


def rankings(ann, bob, judge):
    """Two revisions, ties, answers of every kind, a note, a label without ratings, and a program's."""
    project = ProjectFactory(overlap=2, form=FormVersionFactory(questions=QUESTIONS).form)
    closed = drawn(project, ["a", "b", "c", "d"], tags=["closed_domain"], meta={"weight": 1.10})
    sheet = assign(closed, ann, shown=[2, 0, 3, 1])
    say(sheet, "A > B > C > D")
    label = say(
        sheet, "D > A=B > C", ratings={"D": 7, "A": 1}, answers={"A": {"fails": None, "closed": True, "why": "x"}}
    )
    label.ratings.update(notes="“By the way”\n")
    rank(
        drawn(project, ["e", "f", "g", "h"]),
        bob,
        "A=B=C=D",
        answers={"B": {"fails": False}},
        prompt_answers={"clear": 0},
    )
    rank(drawn(project, ["i", "j", "k", "l"]), judge, "A > B > C > D")
    return project


def demonstrations(ann, bob, judge):
    """Of a given prompt and of a written one, with tags and without."""
    project = ProjectFactory(kind="demonstration", prompt_types=["few_shot"], asks_for_tags=True)
    drawing.add_unwritten_tasks(project=project, number=1)
    pairs = [{"query": query, "response": response} for query, response in (("1", "one"), ("2", "two"))]
    written = {"type": "few_shot", "text": "Say it.", "examples": pairs}
    first = write(project, ann, {"prompt": written, "tags": ["closed_domain"]}).assignment
    reopening.reopen(assignment=first)
    # The earlier wording is set aside, and stays what was said the first time.
    recording.record(assignment=first, body={"prompt": written | {"text": "Spell it."}, "tags": [], "seconds": 9})
    return project


@pytest.mark.parametrize("given", [rankings, demonstrations])
def test_a_raw_line_is_what_rest_tells_and_what_it_rests_on(ann, bob, judge, given):
    project = given(ann, bob, judge)

    made = [line for _split, line in lines("raw", "native", project, programs=True)]

    told = [
        orjson.loads(orjson.dumps(line(label), option=orjson.OPT_UTC_Z))
        for label in whole(Label.objects.order_by("pk"))
    ]
    assert [{key: said[key] for key in list(said) if key in told[0]} | {"slots": bare(said)} for said in made] == told
    assert {frozenset(set(said) - set(told[0])) for said in made} == {
        frozenset({"prompt_messages", "is_standing", "superseded_at", "split", "owner", "meta"})
    }


def bare(said):
    return [{key: value for key, value in slot.items() if key != "text"} for slot in said["slots"]]


def test_what_is_asked_of_some_prompts_only_is_null_for_the_others(ann, bob, judge):
    made = [line for _split, line in lines("raw", "native", rankings(ann, bob, judge), programs=True)]

    closed, other = made[1], made[2]
    assert [list(rating["answers"].items()) for rating in closed["ratings"]] == [
        [("fails", None), ("closed", True), ("why", "x")],
        [],
    ]
    assert (closed["prompt_answers"], other["prompt_answers"]) == ({}, {"clear": 0, "found": None})
    assert [rating["answers"] for rating in other["ratings"]] == [{"fails": False, "closed": None}]
