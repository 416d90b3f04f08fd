"""A real Celery worker on the test database: the fixture `worker`, and `until`, which waits for what it does.

Load it in a test module with `from tests.celery_worker import until, worker  # noqa: F401`.
"""

import os
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from labeling.celery import app

QUEUES = "celery,sweeps,models,webhooks"


def until(condition, seconds=60):
    """Wait until `condition()` is true and return what it said; fail when it is not so in `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (outcome := condition()):
        assert time.monotonic() < deadline, f"It did not happen within {seconds} s."
        pause.wait(0.05)
    return outcome


def environment(**more):
    """What a process needs to work on the database and the broker of this very test session."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {**os.environ, "DATABASE_URL": database, "ATTUNE_DATA_DIR": str(settings.MEDIA_ROOT), **more}


def start_worker(*options):
    """Start a worker that takes from this session's queue alone, and return its process when it answers."""
    name = f"test@{os.getpid()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "labeling", "worker", "-P", "solo", "-n", name, "-Q", QUEUES, *options],
        env=environment(REDIS_URL=app.conf.broker_url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: process.poll() is not None or app.control.ping([name], timeout=0.5))
    assert process.poll() is None, "The worker did not start."
    return process


@pytest.fixture
def worker(transactional_db, own_broker):
    """A running Celery worker; the messages of earlier tests are thrown away first."""
    app.control.purge()
    process = start_worker()
    yield process
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def own_broker(monkeypatch):
    """A Valkey database for this process: the workers of other test processes must not take our messages."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1")[2:]) + 1
    first = urlsplit(settings.REDIS_URL)
    url = first._replace(path=f"/{int(first.path.lstrip('/') or 0) + number}").geturl()
    monkeypatch.setattr(app.conf, "broker_url", url)
    _forget_connections()
    yield url
    _forget_connections()


def _forget_connections():
    app.amqp._producer_pool = None
    app._pool = None
