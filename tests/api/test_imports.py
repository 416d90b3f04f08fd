"""Files over REST."""

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.candidates import importing
from labeling.prompts.models import Import, RefusedRow, Source
from tests.candidates.files import imported
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


def send(client, content=b'{"prompt": "Hi."}', name="a.jsonl", source="mine", **more):
    file = SimpleUploadedFile(name, content)
    return client.post("/api/v1/imports/", {"file": file, "source": source, **more}, format="multipart")


def test_a_file_is_queued_and_then_counted(engineer, eve):
    content = b'{"text": "Hi.", "id": 1}\n{"text": "", "id": 2}\n{"text": "Hi.", "id": 1}\n'
    asked = send(engineer, gzip.compress(content), "a.jsonl.gz", mapping='{"text": "prompt"}')

    assert (asked.status_code, asked.json()["state"], asked.json()["created"]) == (202, "queued", 0)
    job = Import.objects.get()
    assert (job.requested_by, job.mapping, job.source.name) == (eve, {"text": "prompt"}, "mine")

    importing.run_import(import_id=job.pk)
    done = engineer.get(f"/api/v1/imports/{job.pk}/").json()

    assert {key: done[key] for key in ("state", "created", "seen", "refused", "percent")} == {
        "state": "done", "created": 1, "seen": 1, "refused": 1, "percent": 100,
    }  # fmt: skip
    [row] = engineer.get(f"/api/v1/imports/{job.pk}/refused/").json()["results"]
    assert (row["line"], row["reason"]) == (2, "The prompt is blank.")


def test_an_import_counts_what_it_set_aside_and_what_it_found(engineer):
    job = imported(
        {"id": "1", "prompt": "I am ann@attune.kr, 010-1234-5678."},
        {"id": "2", "prompt": "Name a river."},
        {"id": "3", "prompt": "name a river"},
    )

    done = engineer.get(f"/api/v1/imports/{job.pk}/").json()

    said = {key: done[key] for key in ("same_text", "same_beginning", "over_cap", "with_findings", "findings")}
    assert said == {"same_text": 1, "same_beginning": 0, "over_cap": 0, "with_findings": 1, "findings": 2}


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({"content": b""}, 400, "file: The submitted file is empty."),
        ({"content": b"%PDF-1.4"}, 422, "The file cannot be read. It is a PDF document."),
        ({"name": "a.jsonl.gz"}, 422, "The name ends in .gz, but the file is not gzip."),
        ({"source": ""}, 400, "source: This field may not be blank."),
        ({"source": "a\0"}, 400, "source: Null characters are not allowed."),
        ({"mapping": "{"}, 400, "mapping: Value must be valid JSON."),
        ({"mapping": "[1]"}, 422, "The mapping must be a JSON object, the file's key → our key."),
        ({"mapping": '{"a": "b"}'}, 422, "“b” is none of our keys."),
        ({"colour": "red"}, 400, "colour: There is no field of this name here"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_is_stored(engineer, asked, status, sentence):
    answer = send(engineer, **asked)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"].startswith(sentence)
    assert (Import.objects.count(), Source.objects.count()) == (0, 0)


def test_the_file_may_not_be_missing(engineer):
    answer = engineer.post("/api/v1/imports/", {"source": "a"}, format="multipart")

    assert answer.json()["errors"] == [{"field": "file", "detail": "No file was submitted."}]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_is_in_it(engineer, rows, django_assert_num_queries):
    for number in range(rows):
        Import.objects.create(source=SourceFactory(), filename=f"{number}.jsonl")

    with django_assert_num_queries(3):  # the token, the groups, the imports
        results = engineer.get("/api/v1/imports/").json()["results"]

    assert [row["filename"] for row in results] == [f"{number}.jsonl" for number in reversed(range(rows))]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_refused_cost_the_same_however_many(engineer, rows, django_assert_num_queries):
    job = Import.objects.create(source=SourceFactory(), filename="a.jsonl")
    for line in range(1, rows + 1):
        RefusedRow.objects.create(of_import=job, line=line, reason="Why.")

    with django_assert_num_queries(4):  # the token, the groups, the import, the rows
        results = engineer.get(f"/api/v1/imports/{job.pk}/refused/").json()["results"]

    assert [row["line"] for row in results] == list(range(1, rows + 1))
