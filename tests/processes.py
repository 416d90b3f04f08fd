"""The real processes of the house, on the database and the broker of this very test: `web`, `worker`, `beat`.

A folder that uses them imports the fixtures in its conftest.py; its tests are marked django_db(transaction=True):

    from tests.processes import beat, own_broker, web, worker  # noqa: F401
"""

import contextlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from labeling.embedded.processes import free_port
from tests.celery_worker import environment, own_broker, until, worker

__all__ = ["Process", "Web", "beat", "environment", "own_broker", "running", "until", "web", "worker"]

ROOT = Path(__file__).resolve().parent.parent
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ": " in line)


class Process:
    """One line of the Procfile, running in a process group of its own."""

    def __init__(self, line, *options, environ, log):
        program, *words = shlex.split(PROCFILE[line])
        self.argv = [str(Path(sys.executable).with_name(program)), *words, *options]
        self.environ, self.log = environ, log
        self.running = None

    def start(self):
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.argv, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        return self

    def kill(self):
        """SIGKILL for all of it at once; nobody says goodbye."""
        self._signal(signal.SIGKILL)
        self.running.wait()

    def stop(self):
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.running.wait(timeout=10)
        self.kill()

    def restart(self):
        self.kill()
        return self.start()

    def last_words(self, characters=4_000):
        return f"The end of {self.log}:\n{self.log.read_text(errors='replace')[-characters:]}"

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running.pid, number)


class Web(Process):
    """gunicorn with several workers on a free port of this machine: `url`, `kill()`, `restart()`."""

    def __init__(self, *, environ, log, workers=2, application="labeling.wsgi"):
        self.port = free_port()
        bind = f"127.0.0.1:{self.port}"
        super().__init__("web", "--bind", bind, "--workers", str(workers), environ=environ, log=log)
        self.argv[self.argv.index("labeling.wsgi")] = application
        self.url = f"http://{bind}"

    def start(self, path="/accounts/login/"):
        super().start()
        until(lambda: self.running.poll() is not None or self.answers(path))
        assert self.running.poll() is None, self.last_words()
        return self

    def kill(self):
        super().kill()
        # The workers are children of the killed one: they are gone when nobody listens any more.
        until(lambda: not self._listens())

    def answers(self, path="/accounts/login/"):
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asked.request("GET", path)
            return asked.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


# Starting a site takes seconds, so that one stands until the session ends. Where it works → Web.
SITES: dict[tuple[str, ...], Web] = {}
WHERE = ("DATABASE_URL", "REDIS_URL", "ATTUNE_DATA_DIR", "EMAIL_PORT", "OIDC_ISSUER")


@pytest.fixture
def web(request, transactional_db, own_broker, tmp_path_factory):
    """The site as the Procfile starts it, at `web.url`. What it wrote is shown with a test that fails."""
    environ = environment(REDIS_URL=own_broker)
    with redis.Redis.from_url(own_broker) as valkey:
        valkey.flushdb()  # the sign-ins of earlier tests count against a limit
    # A test with a mail server or a provider of single sign-on of its own has a site that asks there.
    where = tuple(environ.get(name, "") for name in WHERE)
    if where not in SITES:
        SITES[where] = Web(environ=environ, log=tmp_path_factory.mktemp("web") / "web.log").start()
        request.session.addfinalizer(SITES[where].stop)  # before the test database is dropped
    yield SITES[where]
    print(SITES[where].last_words())


@pytest.fixture
def beat(transactional_db, own_broker, tmp_path):
    """Celery's clock: it wakes every sweeper each second."""
    environ = environment(REDIS_URL=own_broker, SWEEP_SECONDS="1")
    yield from running(Process("beat", environ=environ, log=tmp_path / "beat.log"))


def running(process):
    """Start it, hand it over, and leave nothing of it."""
    try:
        yield process.start()
    finally:
        process.stop()
        print(process.last_words())
