"""Are frozen files whole, reproducible, and of one moment, whatever happens meanwhile?"""

import hashlib
import stat
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta

import orjson
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.datasets import freezing, leases, tasks
from labeling.datasets.models import DatasetVersion, File
from labeling.events import webhooks
from labeling.events.models import WebhookDelivery
from labeling.work import queue
from labeling.work.models import Task
from tests.celery_worker import until
from tests.datasets.conftest import lines_of, really
from tests.factories.labels import rank

pytestmark = really


def frozen(project, format="grouped", **filters):
    version = freezing.freeze_here(kind="comparisons", format=format, projects=[project], filters=filters)
    assert (version.state, version.error) == ("frozen", "")
    return version


def requested(project, **asked):
    return freezing.request_dataset(**{"kind": "comparisons", "format": "grouped", "projects": [project], **asked})


@contextmanager
def stopped_halfway(work):
    """Run `work` in a thread; inside the block it stands still within its snapshot, waiting for a table."""
    thread = threading.Thread(target=lambda: (work(), connection.close()))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE labels_rating IN ACCESS EXCLUSIVE MODE")
            thread.start()
            until(lambda: somebody_waits(cursor))
        yield
    thread.join()


def somebody_waits(cursor):
    cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'labels_rating'::regclass")
    return cursor.fetchone() is not None


def test_whoever_asked_is_told_what_was_frozen_and_what_was_not(ann, project, task_of):
    webhooks.register(url="https://hooks.example/", events=["dataset.frozen", "dataset.failed"])
    rank(task_of(project), ann, "A > B=C > D")

    version = frozen(project)
    empty = freezing.freeze_here(kind="comparisons", format="trl", projects=[project], filters={"split": "test"})

    told = WebhookDelivery.objects.order_by("pk").values_list("event", "payload__data")
    which = {"kind": "comparisons", "number": 1}
    assert list(told) == [
        ("dataset.frozen", which | {"dataset": version.pk, "format": "grouped", "rows": 1}),
        ("dataset.failed", which | {"dataset": empty.pk, "format": "trl", "error": empty.error}),
    ]


def test_each_split_with_rows_becomes_a_hashed_read_only_file(ann, project, task_of, data_directory):
    for split, n in (("train", 3), ("test", 1)):
        for _ in range(n):
            rank(task_of(project, split), ann, "A > B=C > D")

    version = frozen(project)

    files = list(version.files.all())
    assert [(file.name, file.split, file.rows) for file in files] == [
        ("test.jsonl.gz", "test", 1), ("train.jsonl.gz", "train", 3),
    ]  # fmt: skip
    for file in files:
        path = data_directory / file.path
        assert file.path == f"datasets/{version.pk}/{file.name}"
        assert (file.bytes, file.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
        assert [line["split"] for line in lines_of(path)] == [file.split] * file.rows
    assert (version.rows_done, version.rows_total, version.percent) == (4, 4, 100)
    assert sorted(path.name for path in (data_directory / "datasets").iterdir()) == [str(version.pk)]


def test_the_manifest_says_what_was_chosen_counted_and_left_out(ann, project, task_of, data_directory):
    rank(task_of(project, texts=["a", "bb", "", "dddd"]), ann, "A > B > C > D")

    version = frozen(project, "trl", cohort="training")

    said = version.manifest
    file = version.files.get()
    assert orjson.loads((data_directory / "datasets" / str(version.pk) / "manifest.json").read_bytes()) == said
    assert (said["kind"], said["format"], said["number"]) == ("comparisons", "trl", 1)
    assert said["projects"] == [{"id": project.pk, "name": "Rank answers", "purpose": "training"}]
    assert said["filters"] == {"cohort": "training"}
    assert (said["labelers"], said["rankings"], said["rows"]) == (1, {"train": 1}, 3)
    assert said["left_out"] == {"pairs with an empty side": 3}
    assert said["lengths"]["completion"] == {"p50": 2, "p90": 4, "p99": 4, "max": 4}
    assert said["lengths"]["prompt"]["max"] == len(project.tasks.get().prompt.messages[0]["content"])
    assert said["instructions_versions"] == [{"instructions": project.instructions.name, "version": 1, "rankings": 1}]
    assert said["form_versions"] == [{"form": project.form.key, "version": 1, "rankings": 1}]
    assert (said["schema_version"], said["code_version"]) == (2, "0.1.0")
    assert version.requested_at <= datetime.fromisoformat(said["snapshot_at"]) <= version.frozen_at
    assert said["files"] == [
        {"name": "train.jsonl.gz", "split": "train", "rows": 3, "bytes": file.bytes, "sha256": file.sha256}
    ]


@pytest.mark.parametrize("format", ["grouped", "trl"])
def test_the_same_choice_frozen_twice_gives_the_same_bytes(ann, bob, project, task_of, data_directory, format):
    for split in ("train", "valid", "train"):
        task = task_of(project, split)
        Task.objects.filter(pk=task.pk).update(seats=2)
        for labeler in (bob, ann):
            rank(task, labeler, "D > A=B > C", ratings={"A": 5}, answers={"A": {"fails_task": True}})

    first, second = frozen(project, format), frozen(project, format)

    assert (first.number, second.number) == (1, 2)
    assert first.choice_hash == second.choice_hash
    for file in first.files.all():
        twin = second.files.get(name=file.name)
        assert (data_directory / file.path).read_bytes() == (data_directory / twin.path).read_bytes()
        assert file.sha256 == twin.sha256


def test_an_empty_choice_fails_and_says_that_there_is_nothing_to_freeze(project, data_directory):
    version = freezing.freeze_here(kind="comparisons", format="grouped", projects=[project])

    assert version.state == "failed"
    assert version.error == "There is nothing to freeze: no rankings fit the choice."
    assert list((data_directory / "datasets").iterdir()) == []


def test_rankings_without_a_usable_pair_leave_nothing_to_freeze(ann, project, task_of):
    rank(task_of(project), ann, "A=B=C=D")

    version = freezing.freeze_here(kind="comparisons", format="trl", projects=[project])

    assert version.error == ("There is nothing to freeze: of the chosen rankings, this format could use none.")


def test_a_failed_version_can_be_tried_again(ann, project, task_of):
    version = freezing.freeze_here(kind="comparisons", format="grouped", projects=[project])
    rank(task_of(project), ann, "A > B > C > D")

    assert freezing.retry(version=version)
    assert freezing.freeze(version_id=version.pk)

    version.refresh_from_db()
    assert (version.state, version.error, version.number) == ("frozen", "", 1)
    assert not freezing.retry(version=version)


def test_files_that_cannot_be_written_fail_the_version_in_a_sentence(ann, project, task_of, data_directory):
    rank(task_of(project), ann, "A > B > C > D")
    data_directory.write_text("a file where the directory should be")

    version = freezing.freeze_here(kind="comparisons", format="grouped", projects=[project])

    assert (version.state, version.error) == ("failed", "The files could not be written: Not a directory.")


def test_a_bad_choice_leaves_no_version(project):
    with pytest.raises(ValidationError):
        requested(project, format="csv")

    assert not DatasetVersion.objects.exists()


def test_a_hundred_requests_at_once_get_a_hundred_numbers(project):
    failures = []

    def ask():
        try:
            for _ in range(10):
                requested(project)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(DatasetVersion.objects.values_list("number", flat=True)) == list(range(1, 101))


def test_choices_are_numbered_each_for_itself(project):
    assert [requested(project).number, requested(project).number, requested(project, format="trl").number] == [1, 2, 1]


def test_a_version_in_somebodys_hands_is_not_taken(ann, project, task_of):
    rank(task_of(project), ann, "A > B > C > D")
    version = requested(project)
    leases.take(version.pk)

    assert freezing.freeze(version_id=version.pk) is False
    assert File.objects.count() == 0


def test_labels_submitted_in_mid_freeze_are_in_the_next_version_and_not_in_this(ann, project, task_of, data_directory):
    rank(task_of(project), ann, "A > B > C > D")
    late = task_of(project)
    version = requested(project)

    with stopped_halfway(lambda: freezing.freeze(version_id=version.pk)):
        rank(late, ann, "D > C > B > A", ratings={"A": 7})

    (line,) = lines_of(data_directory / version.files.get().path)
    assert line["ranks"] == [1, 2, 3, 4]
    assert frozen(project).files.get().rows == 2


def test_progress_and_the_lease_are_seen_from_outside_while_the_snapshot_reads(ann, project, task_of):
    rank(task_of(project), ann, "A > B > C > D")
    version = requested(project)
    begun = timezone.now()

    def seen():
        version.refresh_from_db()
        return version.rows_total == 1 and version.lease_until > begun + leases.LEASE + timedelta(seconds=0.5)

    with stopped_halfway(lambda: freezing.freeze(version_id=version.pk)):
        until(seen)
        assert (version.state, version.rows_done, version.attempts) == ("freezing", 0, 1)

    version.refresh_from_db()
    assert version.is_frozen


def test_what_is_cancelled_halfway_is_given_up_and_can_be_tried_again(ann, project, task_of, data_directory):
    webhooks.register(url="https://hooks.example/", events=["dataset.failed"])
    rank(task_of(project), ann, "A > B > C > D")
    version = requested(project)
    answers = []

    with stopped_halfway(lambda: answers.append(freezing.freeze(version_id=version.pk))):
        assert freezing.cancel(version=version)

    version.refresh_from_db()
    assert (answers, version.state, version.error) == ([False], "failed", "Freezing was cancelled.")
    assert [*(data_directory / "datasets").iterdir()] == []
    assert WebhookDelivery.objects.get().payload["data"]["error"] == "Freezing was cancelled."
    assert not freezing.cancel(version=version)
    assert freezing.retry(version=version)
    assert freezing.freeze(version_id=version.pk)
    assert not freezing.cancel(version=version)


def test_whoever_lost_the_lease_writes_nothing(ann, project, task_of, data_directory):
    rank(task_of(project), ann, "A > B > C > D")
    version = requested(project)
    answers = []

    with stopped_halfway(lambda: answers.append(freezing.freeze(version_id=version.pk))):
        DatasetVersion.objects.update(lease_until=timezone.now() + timedelta(hours=1))

    version.refresh_from_db()
    assert answers == [False]
    assert (version.state, File.objects.count()) == ("freezing", 0)
    assert list((data_directory / "datasets").iterdir()) == []


def test_nobody_waits_for_a_version_that_is_being_published(ann, project, task_of):
    rank(task_of(project), ann, "A > B > C > D")
    version = requested(project)
    DatasetVersion.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    answers = []

    with transaction.atomic():
        DatasetVersion.objects.select_for_update().get(pk=version.pk)
        other = threading.Thread(
            target=lambda: (answers.append(freezing.freeze(version_id=version.pk)), connection.close())
        )
        other.start()
        other.join(10)

    assert answers == [False]


def test_a_sweep_wakes_workers_for_as_long_as_until_the_next(project, monkeypatch, settings):
    version = requested(project)
    woken = []
    monkeypatch.setattr(tasks.freeze, "apply_async", lambda args, **how: woken.append((args, how)))

    tasks.resume_freezing()

    assert woken == [((version.pk,), {"expires": settings.SWEEP_SECONDS})]


def test_a_version_whose_workers_keep_dying_is_given_up_with_a_sentence(ann, project, task_of):
    version = requested(project)
    DatasetVersion.objects.update(attempts=freezing.MOST_ATTEMPTS, lease_until=timezone.now() - timedelta(seconds=1))

    tasks.resume_freezing()

    version.refresh_from_db()
    assert (version.state, version.error) == (
        "failed", "Freezing was interrupted 5 times; the worker's log says by what.",
    )  # fmt: skip


def test_freezing_asks_as_many_questions_for_12_rankings_as_for_2(ann, project, task_of):
    counts = []
    for n in (2, 10):
        for _ in range(n):
            rank(task_of(project), ann, "A > B > C > D")
        version = requested(project)
        with CaptureQueriesContext(connection) as asked:
            freezing.freeze(version_id=version.pk)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_what_is_frozen_is_locked_and_what_came_later_is_not(ann, bob, project, task_of):
    frozen_label = rank(task_of(project), ann, "A > B=C > D")
    with stopped_halfway(lambda: frozen(project)):
        later = rank(task_of(project), ann, "A > B > C > D")

    frozen_label.refresh_from_db()
    later.refresh_from_db()
    version = DatasetVersion.objects.get()
    assert (frozen_label.locked_because, later.locked_at) == ("frozen", None)
    assert frozen_label.locked_at >= version.frozen_at


def test_a_version_that_fails_locks_nothing(ann, project, task_of):
    label = rank(task_of(project), ann, "A=B=C=D")

    version = freezing.freeze_here(kind="comparisons", format="trl", projects=[project])

    label.refresh_from_db()
    assert (version.state, label.locked_at) == ("failed", None)


def test_a_label_reopened_while_it_was_frozen_is_locked_as_it_was_read(ann, project, task_of):
    label = rank(task_of(project), ann, "A > B=C > D")
    with stopped_halfway(lambda: frozen(project)):
        queue.reopen(assignment=label.assignment)

    label.refresh_from_db()
    assert (label.locked_because, label.superseded_at) == ("frozen", None)
