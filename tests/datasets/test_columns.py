"""Does no column change its type from line to line, so that files of any length load?"""

import os
import subprocess
import sys

import orjson
import pytest
import yaml
from jsonschema import Draft202012Validator

from labeling.datasets import cards, freezing
from labeling.datasets.columns import features
from labeling.datasets.formats import FORMATS
from labeling.datasets.schemas import schema_of
from tests.datasets.conftest import lines_of, really
from tests.datasets.uneven import frozen_uneven

KINDS = {"string": str, "int64": int, "float64": float, "bool": bool}
# Numbers may be missing for long, and a list be empty; whoever has such a file loads it with its card.
MAY_BE_MISSING = {"rating"}
LISTS = ("comparisons", "webgpt")  # as in OpenAI's file: read line by line, since `datasets` takes no lists
WHOLE = ("comparisons", "grouped")  # says all there is, in objects that differ from line to line
FOR_TRAINERS = [one for one in FORMATS if one[0] not in ("ratings", "raw") and one not in (LISTS, WHOLE)]
GUESSED_RIGHT = [one for one in FOR_TRAINERS if one != ("prompts", "trl")]


@really
def test_every_line_is_of_the_types_that_the_card_declares(ann, rita):
    versions = frozen_uneven(ann=ann, rita=rita, plain=2)
    of_lists = versions.pop(LISTS)
    assert "dataset_info" not in (freezing.folder_of(of_lists) / cards.NAME).read_text()
    for (kind, format), version in versions.items():
        front = (freezing.folder_of(version) / cards.NAME).read_text().split("---\n")[1]
        declared = yaml.safe_load(front)["dataset_info"]["features"]

        assert declared == features(kind, format)
        validator = Draft202012Validator(schema_of(kind, format))
        for line in lines_of(version.files.get().on_disk):
            assert set(line) <= {column["name"] for column in declared}
            assert [column for column in declared if not is_of(line.get(column["name"]), column)] == []
            validator.validate(line)


@really
def test_in_what_trainers_read_no_column_changes_its_type_over_the_whole_file(ann, rita):
    versions = frozen_uneven(ann=ann, rita=rita, plain=2)

    for which in FOR_TRAINERS:
        found: dict = {}
        for line in lines_of(versions[which].files.get().on_disk):
            for path, kind in kinds_in(line):
                found.setdefault(path, set()).add(kind)
        assert {path for path, kinds in found.items() if len(kinds - {"NoneType"}) > 1} == set(), which
        assert {path for path, kinds in found.items() if "NoneType" in kinds} <= MAY_BE_MISSING, which


@really
def test_a_file_of_examples_begins_with_those_that_have_a_rating(ann, rita):
    version = frozen_uneven(ann=ann, rita=rita, plain=2)["sft", "trl"]

    ratings = [line["rating"] for line in lines_of(version.files.get().on_disk)]

    assert ratings == [7.0, 7.0, None, None, None, None]


def is_of(value, feature):
    """Whether `datasets` takes the value for this feature; null it takes for any."""
    if value is None or feature.get("dtype") == "json":
        return True
    if "list" in feature:
        of = feature["list"]
        of = {"dtype": of} if isinstance(of, str) else {"struct": of} if isinstance(of, list) else of
        return isinstance(value, list) and all(is_of(one, of) for one in value)
    if "struct" in feature:
        columns = {column["name"]: column for column in feature["struct"]}
        return set(value) <= set(columns) and all(is_of(one, columns[name]) for name, one in value.items())
    return type(value) is KINDS[feature["dtype"]]


def kinds_in(value, path=""):
    """Yield (path, name of the type) of everything in a line; an empty list says nothing of what is in it."""
    yield path, type(value).__name__
    if isinstance(value, dict):
        yield f"{path}.", " ".join(value)
        for name, one in value.items():
            yield from kinds_in(one, f"{path}.{name}".lstrip("."))
    if isinstance(value, list):
        for one in value:
            yield from kinds_in(one, f"{path}[]")


# What the documentation says, for a folder; and what people type, for a file.
LOAD = """
import json, sys
from datasets import load_dataset

cache, folders, files = sys.argv[1], *map(json.loads, sys.argv[2:])
for folder in folders:
    rows = load_dataset(folder, cache_dir=cache)["train"]
    print(json.dumps([len(rows), rows[0], rows[-1]]))
for file in files:
    rows = load_dataset("json", data_files={"train": file}, cache_dir=cache)["train"]
    print(json.dumps([len(rows), rows[0], rows[-1]]))
"""


@really
@pytest.mark.slow
def test_files_of_more_than_10_megabytes_load_as_they_are(ann, rita, tmp_path):
    versions = frozen_uneven(ann=ann, rita=rita, plain=40, length=300_000)
    del versions[LISTS]
    folders = [str(freezing.folder_of(version)) for version in versions.values()]
    files = [str(versions[which].files.get().on_disk) for which in GUESSED_RIGHT]
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}

    run = subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path / "cache", orjson.dumps(folders), orjson.dumps(files)],
        env=environ,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr[-5000:]
    loaded = [orjson.loads(line) for line in run.stdout.splitlines()]
    for version, (number, first, last) in zip(
        [*versions.values(), *(versions[which] for which in GUESSED_RIGHT)], loaded, strict=True
    ):
        lines = lines_of(version.files.get().on_disk)
        assert sum(len(orjson.dumps(line)) for line in lines[:-3]) > 10 << 20
        assert (number, without_nulls(first), without_nulls(last)) == (
            len(lines), without_nulls(lines[0]), without_nulls(lines[-1]),
        )  # fmt: skip


def without_nulls(value):
    """Of a line, what it says: a table has every column in every row."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value
