"""Are the tutorials true? Their commands run as they stand there, and both languages show the same."""

import csv
import json
import re
from pathlib import Path
from statistics import mean

import pytest

from labeling.api import tokens
from labeling.labels import recording
from labeling.work import queue
from labeling.work.models import Assignment, Project
from tests.api.test_docs_read import shell  # noqa: F401
from tests.journeys.conftest import MODEL_PORT
from tests.journeys.test_teacher_feedback import ASKED, GOOD, TRIPLES, UNSEEN, prompt_of
from tests.model_server import running

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
ENGLISH, KOREAN = ((TUTORIALS / f"teacher-feedback{language}.md").read_text() for language in ("", ".ko"))
BASE, TUNED = "gpt-3.5-turbo-0125", "ft:gpt-3.5-turbo-0125:school::1"


def commands(tutorial):
    return re.findall(r"^```sh\n(.*?)^```$", tutorial, flags=re.DOTALL | re.MULTILINE)


BRING_IN, TRAIN, COMPARE = commands(ENGLISH)
HELPERS, FREEZE = BRING_IN.split("\n\n")[0], TRAIN.split("\n\n")[0]


@pytest.mark.parametrize("language", ["", ".ko"])
def test_what_a_tutorial_leads_to_is_there(language):
    page = TUTORIALS / f"teacher-feedback{language}.md"
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert (page.parent / target).is_file(), target


def test_both_languages_show_the_same_commands():
    assert commands(KOREAN) == commands(ENGLISH)


@pytest.fixture
def tables(tmp_path):
    def write(name, header, rows):
        with (tmp_path / name).open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([header, *rows])

    write(
        "feedback.csv",
        ["Topic", "Report", "Feedback", "Pupil", "split"],
        [(*one[:3], f"pupil {n % 4}", "train") for n, one in enumerate(TRIPLES)],
    )
    write("unseen.csv", ["Topic", "Report", "split"], [(*one, "test") for one in UNSEEN])


@pytest.fixture
def models():
    answers = [
        {"prompt": asked, "responses": {BASE: f"Nice work, {n}.", TUNED: f"Say why, {n}."}}
        for n, asked in enumerate(ASKED)
    ]
    with running(answers=answers, port=MODEL_PORT) as server:
        yield server


def rate_all(project, labeler, said):
    """Hand in every sheet there is, each response rated as `said(text)` has it."""
    related = Assignment.objects.select_related("project", "task__prompt")
    while sheet := queue.next_assignment(labeler=labeler, project=project):
        slots = sheet.slots.select_related("candidate__response")
        ratings = [{"slot": one.letter, "answers": {"useful": said(one.candidate.response.text)}} for one in slots]
        recording.record(assignment=related.get(pk=sheet.pk), body={"ratings": ratings, "seconds": 9})


@pytest.mark.django_db(transaction=True)
def test_the_road_of_teachers_feedback_is_as_it_is_written(
    shell, worker, tables, models, tmp_path, eve, ann, bob  # noqa: F811
):  # fmt: skip
    known = {"TOKEN": tokens.issue(user=eve, scope="write")[1], "MODELS": models.url, "KEY": "sk-any", "TUNED": TUNED}
    *_, rating = shell(f"{BRING_IN}\necho -n $RATING", **known)
    for who, labeler in enumerate((ann, bob)):
        rate_all(Project.objects.get(pk=rating), labeler, {one.feedback: one.useful[who] for one in TRIPLES}.get)

    *_, both = shell(f"{HELPERS}\n{TRAIN}\necho -n $UNSEEN $SEEN", RATING=rating, **known)
    unseen, seen = both.split()
    for project in (unseen, seen):
        rate_all(Project.objects.get(pk=project), ann, lambda text: 6 if text.startswith("Say why") else 2)
    told = shell(f"{HELPERS}\n{FREEZE}\n{COMPARE}", UNSEEN=unseen, SEEN=seen, **known)

    lines = [json.loads(line)["messages"] for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    assert {(asked["content"], answered["content"]) for asked, answered in lines} == {
        (prompt_of(one.topic, one.report), one.feedback) for one in GOOD
    }
    by_set = [{row["model"]: row["mean"] for row in json.loads(line)} for line in told if line.startswith("[")]
    assert by_set == [{"base": mean([2]), "tuned": mean([6])}] * 2
