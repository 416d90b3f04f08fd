"""The whole road over REST: a file comes in, sheets go out and back, a dataset leaves."""

import gzip
import hashlib
import io
import json

import pytest

from labeling.candidates import importing
from labeling.datasets import freezing

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = ["gpt-175b", "gpt-175b-prompted", "sft-1.3b", "ppo-1.3b"]


def file_of_prompts(n):
    lines = [
        {
            "id": f"p{number}",
            "app": f"app {number}",
            "prompt": f"Name {number} rivers.",
            "split": "train",
            "responses": {model: f"{model} names {number}." for model in MODELS},
        }
        for number in range(1, n + 1)
    ]
    file = io.BytesIO("\n".join([*map(json.dumps, lines), '{"prompt": ""}']).encode())
    file.name = "rivers.jsonl"
    return file


def test_from_a_file_to_a_dataset_whose_hash_is_the_manifests(eve, rest, ann):
    engineer, labeler = rest(eve, "write"), rest(ann, "label")

    asked = engineer.post(
        "/api/v1/imports/",
        {"file": file_of_prompts(3), "source": "rivers", "mapping": '{"app": "author"}'},
        format="multipart",
    )
    assert asked.status_code == 202
    importing.run_import(import_id=asked.data["id"])
    done = engineer.get(f"/api/v1/imports/{asked.data['id']}/").data
    assert (done["state"], done["created"], done["refused"], done["responses"]) == ("done", 3, 1, 12)
    refused = engineer.get(f"/api/v1/imports/{asked.data['id']}/refused/").data["results"]
    assert [(row["line"], row["reason"]) for row in refused] == [(4, "The prompt is blank.")]

    project = engineer.post(
        "/api/v1/projects/", {"name": "Rank rivers", "instructions": "Be *fair*.", "k": 4, "state": "open"}
    )
    assert project.status_code == 201
    address = f"/api/v1/projects/{project.data['id']}"
    added = engineer.post(f"{address}/tasks/", {"source": "rivers", "split": "train"})
    assert (added.status_code, added.data) == (201, {"created": 3, "refused": []})

    sheet = labeler.post(f"{address}/next/").data
    assert sheet["prompt"][0]["role"] == "user"
    assert [slot["slot"] for slot in sheet["slots"]] == ["A", "B", "C", "D"]
    body = {
        "ratings": [{"slot": letter, "overall_quality": 4, "answers": {}} for letter in "ABCD"],
        "ranking": [["B"], ["A", "C"], ["D"]],
        "seconds": 95,
        "next": True,
    }
    for _ in range(3):
        submitted = labeler.post(f"/api/v1/assignments/{sheet['assignment']}/submit/", body)
        assert submitted.status_code == 201
        sheet = submitted.data["next"]
    assert sheet is None
    assert labeler.post(f"{address}/next/").status_code == 204
    progress = engineer.get(f"{address}/progress/").data
    assert (progress["tasks"], progress["submitted"], progress["labelers"][0]["submitted"]) == (3, 3, 3)

    asked = engineer.post(
        "/api/v1/datasets/",
        {
            "kind": "comparisons",
            "format": "grouped",
            "projects": [project.data["id"]],
            "filters": {"cohort": "training"},
        },
    )
    assert (asked.status_code, asked.data["number"], asked.data["state"]) == (202, 1, "freezing")
    freezing.freeze(version_id=asked.data["id"])
    frozen = engineer.get(f"/api/v1/datasets/{asked.data['id']}/").data
    assert frozen["state"] == "frozen"
    [file] = frozen["files"]
    assert (file["name"], file["rows"]) == ("train.jsonl.gz", 3)

    download = engineer.get(file["url"])
    content = b"".join(download.streaming_content)
    manifest = engineer.get(f"/api/v1/datasets/{asked.data['id']}/manifest/").data
    assert hashlib.sha256(content).hexdigest() == file["sha256"] == manifest["files"][0]["sha256"]
    assert download["ETag"] == f'"{file["sha256"]}"'
    assert (download["Content-Type"], download.headers.get("Content-Encoding")) == ("application/gzip", None)
    first = json.loads(gzip.decompress(content).splitlines()[0])
    assert sorted(first["ranks"]) == [1, 2, 2, 3]
    assert (first["n_ties"], len(first["pairs"])) == (1, 5)
