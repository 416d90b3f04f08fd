"""Is work done whose message the broker has lost? The rows say what there is to do, and the clock looks again."""

import io

import orjson
import pytest
import redis

from labeling.candidates import importing
from labeling.datasets import freezing
from labeling.prompts.models import Import, Prompt
from tests.celery_worker import start_worker, until
from tests.factories import LabelerFactory, TaskFactory
from tests.factories.labels import rank

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_import_and_a_dataset_whose_messages_were_flushed_are_made_all_the_same(own_valkey, own_broker, beat):
    task = TaskFactory()
    rank(task, LabelerFactory(), "A > B=C > D")
    rows = b"".join(orjson.dumps({"id": f"r{n}", "prompt": f"Name {n} rivers of Asia."}) + b"\n" for n in range(50))
    with redis.Redis.from_url(own_valkey) as valkey:
        job = importing.request_import(file=io.BytesIO(rows), filename="rivers.jsonl", source_name="rivers")
        version = freezing.request_dataset(kind="comparisons", format="grouped", projects=[task.project])
        valkey.flushall()

    worker = start_worker()
    try:
        until(lambda: is_over(job) and is_over(version))
    finally:
        worker.kill()
        worker.wait()

    assert (job.state, job.created_count, Prompt.objects.filter(source__name="rivers").count()) == ("done", 50, 50)
    assert (version.state, version.error, version.files.get().rows) == ("frozen", "", 1)


def test_messages_that_arrive_twice_change_nothing(worker):
    from labeling.candidates.tasks import run_import
    from labeling.datasets.tasks import freeze

    task = TaskFactory()
    rank(task, LabelerFactory(), "A > B=C > D")
    job = importing.request_import(file=io.BytesIO(b'{"prompt": "One."}\n'), filename="one.jsonl", source_name="one")
    version = freezing.request_dataset(kind="comparisons", format="grouped", projects=[task.project])
    for _ in range(3):
        run_import.delay(job.pk)
        freeze.delay(version.pk)
    # Messages are taken in order: when the last import is over, all of them were heard.
    last = importing.request_import(file=io.BytesIO(b'{"prompt": "Two."}\n'), filename="two.jsonl", source_name="two")
    until(lambda: is_over(last))

    assert is_over(job)
    assert is_over(version)
    assert (job.attempts, job.created_count, Import.objects.count()) == (1, 1, 2)
    assert (version.attempts, version.files.count()) == (1, 1)


def is_over(row):
    row.refresh_from_db()
    return row.state in {"done", "failed", "frozen"}
