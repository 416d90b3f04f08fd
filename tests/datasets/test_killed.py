"""Does a freeze survive the death of its process, at whichever moment?"""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from labeling.datasets import freezing, tasks
from labeling.datasets.models import DatasetVersion, File
from tests.celery_worker import environment, own_broker, start_worker, until, worker  # noqa: F401
from tests.datasets.conftest import lines_of, really
from tests.factories.labels import rank

pytestmark = [really, pytest.mark.slow]


def kill_where_it_waits_for(table, start):
    """Have the freeze stand still at the first use of a table, and kill its process there."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        process = start()
        until(lambda: is_waited_for(cursor, table))
        process.kill()
        process.wait()


def is_waited_for(cursor, table):
    cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table])
    return cursor.fetchone() is not None


def let_the_lease_pass():
    DatasetVersion.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def freeze_in_a_process():
    command = [sys.executable, "manage.py", "freeze", "comparisons", "--project", "Rank answers", "--format", "grouped"]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.usefixtures("own_broker")
@pytest.mark.parametrize("table", ["labels_rating", "datasets_file"], ids=["while reading", "while publishing"])
def test_a_killed_freeze_is_started_anew_by_the_sweeper(ann, project, task_of, data_directory, table):
    for _ in range(3):
        rank(task_of(project), ann, "B > A=C > D")
    kill_where_it_waits_for(table, freeze_in_a_process)
    version = DatasetVersion.objects.get()
    left = [path.name for path in (data_directory / "datasets").iterdir()]
    let_the_lease_pass()

    second = start_worker()
    try:
        tasks.resume_freezing()
        until(lambda: DatasetVersion.objects.get().is_frozen)
    finally:
        second.terminate()
        second.wait()

    assert (version.state, version.attempts) == ("freezing", 1)
    assert [name.rsplit("-", 1)[0] for name in left] == [f".freezing-{version.pk}"]
    version.refresh_from_db()
    assert version.attempts == 2
    assert len(lines_of(data_directory / File.objects.get().path)) == 3
    assert [path.name for path in (data_directory / "datasets").iterdir()] == [str(version.pk)]


def test_what_a_run_left_that_died_between_moving_and_committing_is_replaced(ann, project, task_of, data_directory):
    rank(task_of(project), ann, "B > A=C > D")
    version = freezing.request_dataset(kind="comparisons", format="grouped", projects=[project])
    moved = data_directory / "datasets" / str(version.pk)
    moved.mkdir(parents=True)
    (moved / "valid.jsonl.gz").write_text("of another snapshot")

    freezing.freeze(version_id=version.pk)

    assert sorted(path.name for path in moved.iterdir()) == [
        "README.md",
        "manifest.json",
        "prompts.txt",
        "train.jsonl.gz",
    ]


@pytest.mark.usefixtures("worker")
def test_a_request_is_carried_out_by_a_worker(ann, project, task_of, data_directory):
    rank(task_of(project), ann, "B > A=C > D")

    version = freezing.request_dataset(kind="comparisons", format="grouped", projects=[project])

    until(lambda: DatasetVersion.objects.get(pk=version.pk).is_frozen)
    assert len(lines_of(data_directory / version.files.get().path)) == 1
