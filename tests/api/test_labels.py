"""Labels over REST: pages and one stream, whole, and without names."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.labels import recording
from labeling.labels.models import Label
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import Prompt
from labeling.work import queue
from labeling.work.models import Assignment
from tests.factories import FormVersionFactory, LabelerFactory, ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db

BODY = {
    "ratings": [
        {"slot": letter, "overall_quality": quality, "answers": {"fails_task": quality < 3}, "notes": "So so."}
        for letter, quality in {"A": 5, "B": 5, "C": 1, "D": 7}.items()
    ],
    "ranking": [["D"], ["A", "B"], ["C"]],
    "seconds": 95,
}


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "read")


def labeled(labeler, project=None, body=BODY):
    project = project or TaskFactory().project
    return recording.record(assignment=queue.next_assignment(labeler=labeler, project=project), body=body)


def streamed(client, asked=""):
    answer = client.get(f"/api/v1/labels/{asked}", headers={"Accept": "application/x-ndjson"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def test_a_label_is_told_whole(engineer, ann):
    label = labeled(ann)

    [told] = engineer.get("/api/v1/labels/").json()["results"]

    assignment = label.assignment
    responses = {slot.letter: slot.candidate.response for slot in assignment.slots.all()}
    assert told["slots"] == [
        {"slot": letter, "response": responses[letter].pk, "model": responses[letter].endpoint.name}
        for letter in "ABCD"
    ]
    assert told["ranking"] == [["D"], ["A", "B"], ["C"]]
    assert told["ratings"][2] == {
        "slot": "C", "overall_quality": 1, "answers": {"fails_task": True}, "notes": "So so.",
    }  # fmt: skip
    assert (told["id"], told["assignment"], told["task"]) == (label.pk, str(assignment.pk), assignment.task_id)
    assert (told["prompt"], told["project"]) == (assignment.task.prompt_id, assignment.project_id)
    assert (told["kind"], told["purpose"], told["cohort"]) == ("ranking", "training", "training")
    assert (told["seconds"], told["revision"], told["instructions_version"]) == (95, 1, 1)
    assert (told["by_program"], told["prompt_answers"]) == (False, {})


def test_the_labeler_is_a_pseudonym(engineer, ann):
    labeled(ann)

    answer = engineer.get("/api/v1/labels/")

    assert answer.json()["results"][0]["labeler"] == pseudonym(ann.pseudonym_key)
    assert not any(name in answer.content.decode() for name in ("Ann", "ann@", str(ann.pseudonym_key)))


def test_the_stream_says_the_same_oldest_first(engineer, ann, bob):
    labels = [labeled(ann).pk, labeled(bob).pk]

    stream = streamed(engineer)

    assert [told["id"] for told in stream] == labels
    pages = engineer.get("/api/v1/labels/").json()["results"]
    for told, paged in zip(stream, pages[::-1], strict=True):
        assert told == paged


def test_what_every_scale_said(engineer, judge):
    choices = [{"position": 0, "key": "work", "label": "Work"}, {"position": 1, "key": "play", "label": "Play"}]
    version = FormVersionFactory(
        questions=[
            {"key": "use", "wording": "Use", "scale": "choice", "per": "prompt"},
            {"key": "uses", "wording": "Uses", "scale": "choices", "per": "prompt"},
            {"key": "why", "wording": "Why", "scale": "text", "per": "prompt", "allows_na": True},
        ]
    )
    for question in version.questions.exclude(key="why"):
        for choice in choices:
            question.choices.create(**choice)
    project = TaskFactory(project=ProjectFactory(form=version.form, rate_first=False)).project
    labeled(judge, project, {
        "ranking": [["A", "B", "C", "D"]],
        "prompt_answers": {"use": "work", "uses": ["work", "play"], "why": None},
    })  # fmt: skip

    [told] = streamed(engineer)

    assert told["prompt_answers"] == {"use": "work", "uses": ["work", "play"], "why": None}
    assert (told["ratings"], told["ranking"]) == ([], [["A", "B", "C", "D"]])
    assert (told["by_program"], told["cohort"]) == (True, None)


def test_only_what_stands_is_told(engineer, ann, bob):
    Label.objects.filter(pk=labeled(ann).pk).update(superseded_at=timezone.now())
    reopened = labeled(bob).assignment
    Assignment.objects.filter(pk=reopened.pk).update(state="open", closed_at=None)

    assert engineer.get("/api/v1/labels/").json()["results"] == []
    assert streamed(engineer) == []


def test_labels_are_narrowed_down(engineer, ann, bob):
    old, new = labeled(ann), labeled(bob)
    Label.objects.filter(pk=old.pk).update(submitted_at=timezone.now() - timedelta(days=2))
    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def ids(asked):
        return [told["id"] for told in streamed(engineer, asked)]

    assert ids(f"?project={old.assignment.project_id}") == [old.pk]
    assert ids("?kind=ranking") == [old.pk, new.pk]
    assert ids("?kind=rating") == []
    assert ids(f"?since={yesterday}") == [new.pk]


@pytest.mark.parametrize("asked", ["?project=99", "?project=x", "?kind=x", "?since=yesterday", "?since=%00"])
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_a_filter_that_makes_no_sense_is_a_problem(engineer, asked, accept):
    answer = engineer.get(f"/api/v1/labels/{asked}", headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert json.loads(answer.content)["errors"][0]["detail"].endswith(".")


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_the_list_costs_the_same_whatever_is_in_it(engineer, rows, accept, django_assert_num_queries):
    for _ in range(rows):
        labeled(LabelerFactory())

    # the token, the groups, what they may see (2), the labels; their places, ratings, answers, slots; the stream's
    # transaction (2)
    with django_assert_num_queries(9 if accept == "application/json" else 11):
        answer = engineer.get("/api/v1/labels/", headers={"Accept": accept})
        assert b"".join(answer).count(b'"revision"') == rows


def test_what_a_prompts_tags_kept_from_being_asked_is_null_and_what_was_left_open_is_not_there(engineer, ann):
    optional = {"scale": "binary", "is_required": False}
    questions = [
        {"key": "closed", "wording": "Closed", "applies_to_tags": ["closed_domain"], **optional},
        {"key": "open", "wording": "Open", **optional},
        {"key": "said", "wording": "Said", **optional},
        {"key": "odd", "wording": "Odd", "applies_to_tags": ["ambiguous"], "per": "prompt", **optional},
    ]
    project = ProjectFactory(kind="rating", k=2, form=FormVersionFactory(questions=questions).form)
    body = {"ratings": [{"slot": "A", "answers": {"said": True}}]}
    labeled(ann, TaskFactory(project=project).project, body)

    [told] = engineer.get("/api/v1/labels/").json()["results"]

    assert told["ranking"] is None
    assert [rating["answers"] for rating in told["ratings"]] == [{"closed": None, "said": True}, {"closed": None}]
    assert told["prompt_answers"] == {"odd": None}

    Prompt.objects.update(tags=["closed_domain", "ambiguous"])  # what was asked by then stays as it was
    assert engineer.get("/api/v1/labels/").json()["results"] == [told]
