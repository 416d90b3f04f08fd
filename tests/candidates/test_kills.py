"""Workers are really killed, and a real Celery worker really works."""

import json
import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from labeling.candidates.importing import cancel_import, request_import, resume_import, run_import
from labeling.candidates.models import Response
from labeling.candidates.tasks import resume_imports
from labeling.prompts.models import Import, JobState, Prompt
from tests.candidates.files import jsonl
from tests.celery_worker import environment, own_broker, until, worker  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = 30_000


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "many.jsonl"
    with path.open("w") as file:
        for number in range(ROWS):
            row = {
                "id": str(number),
                "prompt": f"강 {number}",
                "author": f"a{number % 99}",
                "responses": {"m": f"{number}"},
            }
            file.write(json.dumps(row if number % 1000 else {"id": "bad"}) + "\n")
    return path


def is_over(job):
    job.refresh_from_db()
    return job.is_over


def test_a_killed_import_goes_on_and_stores_every_row_once(many):
    command = [sys.executable, "manage.py", "import_prompts", str(many), "--source", "questions"]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: Import.objects.filter(lines_done__gt=0).exists())
    process.send_signal(signal.SIGKILL)
    process.wait()
    job = Import.objects.get()
    assert job.state == JobState.RUNNING
    assert 0 < job.lines_done < ROWS
    assert job.lines_done == job.created_count + job.refused_count
    assert Prompt.objects.count() == Response.objects.count() == job.created_count
    Import.objects.update(lease_until="2000-01-01T00:00Z")
    assert run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.lines_done) == (JobState.DONE, 2, ROWS)
    assert (job.created_count, job.seen_count, job.refused_count, job.response_count) == (ROWS - 30, 0, 30, ROWS - 30)
    assert Prompt.objects.count() == Response.objects.count() == ROWS - 30


def test_a_celery_worker_runs_what_was_asked_for(worker):  # noqa: F811
    job = request_import(file=jsonl({"prompt": "강?"}), filename="a.jsonl", source_name="questions")
    until(lambda: is_over(job))
    assert (job.state, job.created_count) == (JobState.DONE, 1)


def test_the_sweeper_finds_an_import_whose_message_was_lost(worker):  # noqa: F811
    job = request_import(file=jsonl({"prompt": "강?"}), filename="a.jsonl", source_name="questions", wake_worker=False)
    resume_imports()
    until(lambda: is_over(job))
    assert (job.state, job.created_count) == (JobState.DONE, 1)


def test_a_cancelled_import_stops_in_the_worker_and_goes_on_when_resumed(worker, many):  # noqa: F811
    with many.open("rb") as file:
        job = request_import(file=file, filename=many.name, source_name="questions")
    until(lambda: Import.objects.filter(lines_done__gt=0).exists())
    assert cancel_import(import_id=job.pk)
    job.refresh_from_db()
    assert job.created_count == Prompt.objects.count() < ROWS - 30
    assert resume_import(import_id=job.pk)
    until(lambda: is_over(job))
    assert (job.state, job.created_count, Prompt.objects.count()) == (JobState.DONE, ROWS - 30, ROWS - 30)


def test_a_killed_celery_worker_is_followed_by_another(worker, many):  # noqa: F811
    from tests.celery_worker import start_worker

    with many.open("rb") as file:
        job = request_import(file=file, filename=many.name, source_name="questions")
    until(lambda: Import.objects.filter(lines_done__gt=0).exists())
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    Import.objects.update(lease_until="2000-01-01T00:00Z")
    other = start_worker()
    try:
        resume_imports()
        until(lambda: is_over(job))
    finally:
        other.terminate()
        other.wait()
    assert (job.state, job.attempts, job.created_count) == (JobState.DONE, 2, ROWS - 30)
    assert Prompt.objects.count() == Response.objects.count() == ROWS - 30
