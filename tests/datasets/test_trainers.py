"""Does every format load in the trainer that it is for, and train? With tiny models of the moment.

It needs an environment of its own with the dependency group `train`, and is not a part of normal runs:

    UV_PROJECT_ENVIRONMENT=.train uv sync --only-group train
    TRAIN_PYTHON=.train/bin/python .venv/bin/python -m pytest tests/datasets/test_trainers.py -m train -rs
"""

import json
import math
import os
import subprocess
from pathlib import Path

import pytest

from labeling.datasets import freezing
from labeling.labels import recording
from labeling.work import drawing, queue
from labeling.work.models import Assignment
from tests.datasets.conftest import really
from tests.datasets.test_kinds import drawn, rate
from tests.factories import OwnerFactory, ProjectFactory, PromptFactory
from tests.factories.labels import rank

PYTHON = os.environ.get("TRAIN_PYTHON", "")

pytestmark = [
    really,
    pytest.mark.train,
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="NOT RUN: TRAIN_PYTHON names no Python with torch and trl; see this file."),
    pytest.mark.timeout(900),
]


def in_training():
    return {"owner": OwnerFactory(split="train")}


@pytest.fixture
def frozen(ann, tmp_path):
    """A directory with the files of every format, some rows each."""
    ranking, pairs = ProjectFactory(k=4), ProjectFactory(k=2)
    rating, writing = ProjectFactory(kind="rating", k=2), ProjectFactory(kind="demonstration")
    for n in range(4):
        said = {"messages": [{"role": "user", "content": "Name many rivers, please."}]} if n == 0 else {}
        rank(drawn(ranking, [f"{n}{letter}" for letter in "abcd"], **in_training(), **said), ann, "B > A=C > D")
        rank(drawn(pairs, [f"{n} first", f"{n} second"], **in_training()), ann, "B > A")
        rate(drawn(rating, [f"{n} good", f"{n} bad"], **in_training()), ann, A=7, B=1)
        drawing.add_tasks(project=writing, prompts=[PromptFactory(**in_training()).pk])
    rank(drawn(ranking, list("wxyz"), **in_training()), ann, "A=B=C=D")
    while sheet := queue.next_assignment(labeler=ann, project=writing):
        related = Assignment.objects.select_related("project", "task__prompt")
        recording.record(assignment=related.get(pk=sheet.pk), body={"text": "A river.", "seconds": 9})
    for name, kind, format, project in (
        ("sft-trl", "sft", "trl", writing),
        ("sft-openai", "sft", "openai", writing),
        ("comparisons-trl", "comparisons", "trl", ranking),
        ("comparisons-grouped", "comparisons", "grouped", ranking),
        ("pairs-trl", "comparisons", "trl", pairs),
        ("pairs-grouped", "comparisons", "grouped", pairs),
        ("unpaired-trl", "unpaired", "trl", rating),
        ("prompts-trl", "prompts", "trl", ranking),
    ):
        version = freezing.freeze_here(kind=kind, format=format, projects=[project])
        assert version.is_frozen, version.error
        (tmp_path / name).symlink_to(freezing.folder_of(version))
    return tmp_path


def test_every_trainer_trains_on_what_was_frozen_for_it(frozen):
    script = Path(__file__).with_name("trainers.py")
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(frozen / "hub"), "TRL_EXPERIMENTAL_SILENCE": "1"}

    run = subprocess.run([PYTHON, script, frozen], env=environ, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr[-5000:]
    found = json.loads(run.stdout.splitlines()[-1])
    at_two, left_out = found.pop("at two"), found.pop("left out by listwise")
    assert {name: (said["steps"], said["rows"]) for name, said in found.items()} == {
        "sft": (2, 4),
        "sft-openai": (2, 4),
        "reward": (2, 20),
        "dpo": (2, 20),
        "kto": (2, 8),
        "rloo": (2, 5),
        "listwise": (2, 4),  # one of five is all tied
    }
    assert math.isfinite(found["listwise"]["eval_loss"])
    longest = max(left_out["lengths"])
    fit = sum(length < longest for length in left_out["lengths"][:-1])
    assert left_out["told"] == [
        [fit, f"{5 - fit} of 5 rankings are left out: all tied, or longer than {longest - 1} tokens."],
        ["No ranking is left to learn from."],
    ]
    assert at_two["ours"] == pytest.approx(at_two["theirs"], rel=1e-5)
