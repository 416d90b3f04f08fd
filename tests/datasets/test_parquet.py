"""Do tables beside the lines hold what the lines hold, whatever the format, and load where tables are read?"""

import hashlib
import json
import os
import subprocess

import pyarrow as pa
import pytest
from django.core.exceptions import ValidationError
from pyarrow import parquet as written

from labeling.datasets import differences, freezing, parquet
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetKind
from labeling.datasets.schemas import SCHEMAS
from tests.api.conftest import rest  # noqa: F401
from tests.datasets.conftest import lines_of, really
from tests.datasets.test_kinds import drawn, rate
from tests.factories import OwnerFactory, ProjectFactory
from tests.factories.labels import rank

pytestmark = really


def frozen(project, kind="comparisons", format="grouped", **asked):
    version = freezing.freeze_here(kind=kind, format=format, projects=[project], parquet=True, **asked)
    assert (version.state, version.error) == ("frozen", "")
    return version


@pytest.fixture
def ranked(ann, project, task_of):
    for n in range(5):
        rank(task_of(project, meta={"n": n} if n % 2 else {"of": {"another": ["shape"]}}), ann, "A > B=C > D")
    rank(task_of(project, "test"), ann, "A > B > C > D", ratings={"A": 6}, answers={"A": {"fails_task": True}})
    return project


def test_a_table_stands_beside_each_file_and_is_described_as_one(ranked):
    version = frozen(ranked)

    names = [file.name for file in version.files.all()]
    assert names == ["test.jsonl.gz", "test.parquet", "train.jsonl.gz", "train.parquet"]
    table = version.files.get(name="train.parquet")
    content = table.on_disk.read_bytes()
    assert (table.rows, table.bytes, table.sha256) == (5, len(content), hashlib.sha256(content).hexdigest())
    assert version.manifest["rows"] == 6
    assert [said["name"] for said in version.manifest["files"]] == ["test.jsonl.gz", "train.jsonl.gz"]
    assert [said["sha256"] for said in version.manifest["parquet"]] == [
        version.files.get(name=name).sha256 for name in ("test.parquet", "train.parquet")
    ]


def test_a_row_says_what_its_line_says_with_json_for_what_has_no_shape(ranked):
    version = frozen(ranked)

    [line] = lines_of(version.files.get(name="test.jsonl.gz").on_disk)
    [row] = written.read_table(version.files.get(name="test.parquet").on_disk).to_pylist()

    for response in row["responses"]:
        response["answers"], response["sampling"] = json.loads(response["answers"]), json.loads(response["sampling"])
    assert row | {"meta": json.loads(row["meta"])} == line
    assert row["responses"][0]["answers"] == {"fails_task": True}


def test_tables_are_written_in_groups_of_rows(ranked, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 2)

    table = written.ParquetFile(frozen(ranked).files.get(name="train.parquet").on_disk)

    assert [table.metadata.row_group(n).num_rows for n in range(table.num_row_groups)] == [2, 2, 1]


@pytest.mark.parametrize(("kind", "format"), FORMATS)
def test_every_format_has_columns(kind, format):
    schema = pa.schema([(name, parquet._type(of)) for name, of in parquet._columns(SCHEMAS[kind, format]).items()])

    assert len(schema) == len(SCHEMAS[kind, format].get("properties", ["items"]))


def test_every_format_of_what_was_judged_is_written(ann, bob, project, task_of):
    rating = ProjectFactory(kind="rating", k=2, overlap=2)
    task = drawn(rating, ["good", "bad"], owner=OwnerFactory(split="train"))
    for labeler, good, bad in ((ann, 7, 2), (bob, 6, 1)):
        rate(task, labeler, A=good, B=bad)
    rank(task_of(project), ann, "A > B=C > D", ratings={"A": 5})

    for kind, format in FORMATS:
        given = project if kind == DatasetKind.COMPARISONS else rating
        filters = {"minimum_rating": 5} if kind == DatasetKind.SFT else {}
        version = frozen(given, kind, format, filters=filters)

        lines, table = (version.files.get(name=f"train{suffix}") for suffix in (".jsonl.gz", ".parquet"))
        assert written.read_table(table.on_disk).num_rows == len(lines_of(lines.on_disk)) > 0


def test_what_has_changed_is_counted_in_lines(ranked):
    before, after = frozen(ranked), frozen(ranked)

    assert differences.between(before, after)["splits"] == {
        "test": {"kept": 1, "added": 0, "removed": 0}, "train": {"kept": 5, "added": 0, "removed": 0},
    }  # fmt: skip


def test_without_pyarrow_it_is_refused_in_a_sentence(ranked, monkeypatch):
    monkeypatch.setattr(parquet, "find_spec", lambda name: None)

    with pytest.raises(ValidationError) as refusal:
        freezing.request_dataset(kind="comparisons", format="grouped", projects=[ranked], parquet=True)

    assert refusal.value.message_dict == {
        "parquet": ["Parquet needs pyarrow, which is not installed here: install Attune's extra “parquet”."]
    }


def test_rest_freezes_and_serves_tables(ranked, rest, eve):  # noqa: F811
    body = {"kind": "comparisons", "format": "trl", "projects": [ranked.pk], "parquet": True}

    asked = rest(eve).post("/api/v1/datasets/", body).json()
    freezing.freeze(version_id=asked["id"])
    files = rest(eve).get(f"/api/v1/datasets/{asked['id']}/").json()["files"]
    answer = rest(eve).get(next(file["url"] for file in files if file["name"] == "train.parquet"))

    assert answer["Content-Type"] == "application/vnd.apache.parquet"
    assert b"".join(answer.streaming_content)[:4] == b"PAR1"


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.skipif(not os.environ.get("TRAIN_PYTHON"), reason="NOT RUN: TRAIN_PYTHON names no Python with datasets.")
def test_datasets_loads_it(ranked, tmp_path):
    path = frozen(ranked).files.get(name="train.parquet").on_disk
    code = f"from datasets import load_dataset; print(load_dataset('parquet', data_files='{path}')['train'].num_rows)"
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}

    told = subprocess.run([os.environ["TRAIN_PYTHON"], "-c", code], env=environ, capture_output=True, text=True)

    assert told.stdout.strip() == "5", told.stderr[-3000:]
