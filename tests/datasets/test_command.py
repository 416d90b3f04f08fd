"""Does `manage.py freeze` end with everything done, or with a sentence and another exit status?"""

import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labeling.datasets.models import DatasetVersion
from tests.celery_worker import environment
from tests.datasets.conftest import lines_of, really
from tests.factories.labels import rank

pytestmark = really


def freeze(*words):
    out = StringIO()
    call_command("freeze", "comparisons", *map(str, words), stdout=out)
    return out.getvalue()


def test_the_files_and_the_manifest_are_copied_out(ann, project, task_of, tmp_path, data_directory):
    for split in ("train", "test"):
        rank(task_of(project, split), ann, "B > A=C > D")
    out = tmp_path / "some" / "where"

    said = freeze("--project", "Rank answers", "--format", "grouped", "--out", out)

    version = DatasetVersion.objects.get()
    assert said.splitlines()[0] == f"Frozen: comparisons, grouped, number 1 (id {version.pk})."
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md",
        "manifest.json",
        "test.jsonl.gz",
        "train.jsonl.gz",
    ]
    for path in out.iterdir():
        assert path.read_bytes() == (data_directory / "datasets" / str(version.pk) / path.name).read_bytes()


def test_a_second_run_replaces_what_the_first_copied(ann, project, task_of, tmp_path):
    for n in (1, 2):
        rank(task_of(project), ann, "B > A=C > D")
        freeze("--project", project.pk, "--format", "grouped", "--out", tmp_path)
        assert len(lines_of(tmp_path / "train.jsonl.gz")) == n


def test_the_filters_reach_the_choice(ann, project, task_of):
    rank(task_of(project), ann, "B > A=C > D")

    freeze("--project", project.pk, "--format", "trl", "--cohort", "training", "--split", "train", "--programs")

    assert DatasetVersion.objects.get().filters == {"cohort": "training", "split": "train", "programs": True}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--project", "No such"), "There is no project called “No such”."),
        (
            ("--project", "Rank answers", "--since", "soon"),
            "The filter “since” is a date or a time in ISO 8601, such as 2026-11-22, unlike 'soon'.",
        ),
        (("--project", "Rank answers"), "There is nothing to freeze: no rankings fit the choice."),
    ],
    ids=["project", "filter", "nothing"],
)
def test_what_cannot_be_done_is_said_in_a_sentence(project, words, sentence):
    with pytest.raises(CommandError) as refused:
        freeze(*words, "--format", "grouped")

    assert str(refused.value) == sentence


def test_the_exit_status_is_0_only_when_all_was_done(ann, project, task_of, tmp_path):
    rank(task_of(project), ann, "B > A=C > D")
    command = [sys.executable, "manage.py", "freeze", "comparisons", "--project", "Rank answers", "--format", "trl"]

    done = subprocess.run([*command, "--out", tmp_path], env=environment(), capture_output=True, text=True)
    empty = subprocess.run([*command, "--split", "test"], env=environment(), capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert len(lines_of(tmp_path / "train.jsonl.gz")) == 5
    assert (empty.returncode, empty.stderr.strip()) == (
        1, "CommandError: There is nothing to freeze: no rankings fit the choice.",
    )  # fmt: skip
