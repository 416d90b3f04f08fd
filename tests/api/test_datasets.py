"""Datasets over REST: asked for, watched, downloaded whole and in parts."""

import hashlib

import pytest
from jsonschema import Draft202012Validator

from labeling.datasets import freezing
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetVersion
from labeling.labels import recording
from labeling.work import queue
from labeling.work.models import Project
from tests.api.test_problems import problem_of
from tests.factories import ProjectFactory, PromptFactory, TaskFactory

really = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


@pytest.fixture(autouse=True)
def data_directory(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def ranked(labeler):
    project = TaskFactory().project
    body = {
        "ratings": [{"slot": letter, "overall_quality": 4, "answers": {"fails_task": False}} for letter in "ABCD"],
        "ranking": [["D"], ["A", "B"], ["C"]],
    }
    recording.record(assignment=queue.next_assignment(labeler=labeler, project=project), body=body)
    return project


def ask(client, *projects, **change):
    asked = {"kind": "comparisons", "format": "grouped", "projects": [project.pk for project in projects], **change}
    return client.post("/api/v1/datasets/", asked, format="json")


@pytest.fixture
def frozen(engineer, ann):
    version = ask(engineer, ranked(ann)).json()
    freezing.freeze(version_id=version["id"])
    return engineer.get(f"/api/v1/datasets/{version['id']}/").json()


def test_a_choice_is_numbered_at_once(engineer, eve):
    project = ProjectFactory()

    first, second = ask(engineer, project), ask(engineer, project)

    assert (first.status_code, first.json()["state"], first.json()["files"]) == (202, "freezing", [])
    assert (first.json()["number"], second.json()["number"]) == (1, 2)
    assert first.json()["projects"] == [project.pk]
    assert set(DatasetVersion.objects.values_list("requested_by", flat=True)) == {eve.pk}


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"kind": "sums"}, 422, "kind"),
        ({"format": "xml"}, 422, "format"),
        ({"format": "\0"}, 400, "format"),
        ({"projects": [10**30]}, 400, "projects.0"),
        ({"projects": [99]}, 422, "projects"),
        ({"projects": []}, 422, "projects"),
        ({"projects": ["x"]}, 400, "projects.0"),
        ({"filters": {"colour": "red"}}, 422, "filters"),
        ({"filters": {"since": "yesterday"}}, 422, "filters"),
        ({"filters": []}, 400, "filters"),
        ({"projets": [1]}, 400, "projets"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_by_field(engineer, change, status, field):
    answer = ask(engineer, ProjectFactory(), **change)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert DatasetVersion.objects.count() == 0


@really
def test_files_carry_hash_size_and_address(engineer, frozen):
    [file] = frozen["files"]

    assert (frozen["state"], frozen["percent"], frozen["error"]) == ("frozen", 100, "")
    assert (file["name"], file["split"], file["rows"]) == ("train.jsonl.gz", "train", 1)
    assert file["url"] == f"http://testserver/api/v1/datasets/{frozen['id']}/files/train.jsonl.gz"


@really
def test_a_file_is_streamed_as_it_is(engineer, frozen):
    [file] = frozen["files"]

    answer = engineer.get(file["url"], headers={"Accept": "application/gzip"})

    content = b"".join(answer.streaming_content)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/gzip")
    assert "Content-Encoding" not in answer
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert (answer["ETag"], int(answer["Content-Length"])) == (f'"{file["sha256"]}"', len(content))
    assert len(content) == file["bytes"]


@really
def test_a_part_a_repetition_and_a_look(engineer, frozen):
    [file] = frozen["files"]
    whole = b"".join(engineer.get(file["url"]).streaming_content)

    part = engineer.get(file["url"], headers={"Range": "bytes=10-19"})
    outside = engineer.get(file["url"], headers={"Range": f"bytes={len(whole)}-"})
    known = engineer.get(file["url"], headers={"If-None-Match": f'"{file["sha256"]}"'})
    other = engineer.get(file["url"], headers={"If-Match": '"another"'})
    look = engineer.head(file["url"])

    assert (part.status_code, b"".join(part.streaming_content)) == (206, whole[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert (known.status_code, known.content) == (304, b"")
    assert problem_of(outside, 416)["detail"] == (
        "The file does not reach so far: Content-Range says how many bytes it has."
    )
    assert outside["Content-Range"] == f"bytes */{len(whole)}"
    assert problem_of(other, 412)["detail"] == "The file has another ETag than the one you name."
    assert other["ETag"] == f'"{file["sha256"]}"'
    assert (look.status_code, look.content, int(look["Content-Length"])) == (200, b"", len(whole))


def test_a_freeze_is_cancelled_once(engineer, eve, rest):
    version = ask(engineer, ProjectFactory()).json()

    refused = rest(eve, "read").post(f"/api/v1/datasets/{version['id']}/cancel/")
    cancelled = engineer.post(f"/api/v1/datasets/{version['id']}/cancel/")
    again = engineer.post(f"/api/v1/datasets/{version['id']}/cancel/")

    assert refused.status_code == 403
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "failed")
    assert cancelled.json()["error"] == "Freezing was cancelled."
    assert problem_of(again, 409)["detail"] == "This version is not being frozen, so it cannot be cancelled."


@really
def test_the_manifest_is_given(engineer, frozen):
    manifest = engineer.get(f"/api/v1/datasets/{frozen['id']}/manifest/").json()

    assert manifest["files"][0]["sha256"] == frozen["files"][0]["sha256"]
    assert (manifest["number"], manifest["rows"]) == (1, 1)


def test_every_format_is_described_with_the_schema_of_a_line(engineer):
    told = engineer.get("/api/v1/dataset-formats/").json()["formats"]

    assert {(one["kind"], one["format"]) for one in told} == set(FORMATS)
    for one in told:
        Draft202012Validator.check_schema(one["schema"])


@really
def test_the_card_is_given(engineer, frozen):
    answer = engineer.get(f"/api/v1/datasets/{frozen['id']}/card/")

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/markdown")
    assert b"".join(answer).startswith(b"---\npretty_name: comparisons grouped 1\n")


@really
def test_what_changed_is_told_since_the_version_before_or_any_other(engineer, frozen):
    again = ask(engineer, Project.objects.get()).json()
    freezing.freeze(version_id=again["id"])

    first = engineer.get(f"/api/v1/datasets/{frozen['id']}/changes/")
    since_before = engineer.get(f"/api/v1/datasets/{again['id']}/changes/")
    since_itself = engineer.get(f"/api/v1/datasets/{again['id']}/changes/", {"since": again["id"]})
    senseless = engineer.get(f"/api/v1/datasets/{again['id']}/changes/", {"since": "yesterday"})

    assert (first.status_code, senseless.status_code) == (409, 400)
    assert since_before.json() == {
        "before": frozen["id"],
        "after": again["id"],
        "splits": {"train": {"kept": 1, "added": 0, "removed": 0}},
        "not_compared": [],
        "facts": {},
    }
    assert since_itself.json()["before"] == again["id"]


@really
def test_prompts_are_frozen_by_their_source_without_a_project(engineer):
    prompt = PromptFactory()
    body = {"kind": "prompts", "format": "trl", "filters": {"source": prompt.source.name}}

    version = engineer.post("/api/v1/datasets/", body).json()
    freezing.freeze(version_id=version["id"])

    told = engineer.get(f"/api/v1/datasets/{version['id']}/").json()
    assert (told["state"], told["projects"], [file["rows"] for file in told["files"]]) == ("frozen", [], [1])


@really
def test_what_failed_says_why(engineer):
    version = ask(engineer, ProjectFactory()).json()
    freezing.freeze(version_id=version["id"])

    told = engineer.get(f"/api/v1/datasets/{version['id']}/").json()

    assert told["state"] == "failed"
    assert told["error"].endswith(".")


def test_there_is_no_manifest_before_there_is(engineer):
    version = ask(engineer, ProjectFactory()).json()

    answer = engineer.get(f"/api/v1/datasets/{version['id']}/manifest/")

    assert answer.status_code == 409
    assert answer.json()["detail"] == "This version is not frozen, so it has no manifest."


@pytest.mark.parametrize("name", ["test.jsonl.gz", "..%2Fsecrets", "manifest.json"])
def test_a_file_that_is_not_there_is_404(engineer, name):
    version = ask(engineer, ProjectFactory()).json()

    answer = engineer.get(f"/api/v1/datasets/{version['id']}/files/{name}", headers={"Accept": "application/gzip"})

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_file_name_that_no_file_can_have_is_400(engineer):
    assert engineer.get("/api/v1/datasets/1/files/%00").status_code == 400


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_is_in_it(engineer, rows, django_assert_num_queries):
    for _ in range(rows):
        ask(engineer, ProjectFactory(), ProjectFactory())

    with django_assert_num_queries(5):  # the token, the groups, the versions, their projects and files
        assert len(engineer.get("/api/v1/datasets/").json()["results"]) == rows
