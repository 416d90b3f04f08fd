"""Checkouts to start servers in: none of them this one, all of them gone afterwards."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import redis

from labeling import embedded
from labeling.embedded.place import Place
from labeling.embedded.processes import wait

CHECKOUT = Path(embedded.__file__).parents[2]


@dataclass
class Checkout:
    """A directory as good as a checkout, and the servers that belong to it."""

    root: Path
    instances: set[str] = field(default_factory=set)

    # The instance "test" does not wait for the disk; where that matters, a test names "demo".
    def place(self, instance="test"):
        self.instances.add(instance)
        return Place.of(instance, self.root)

    def start(self, instance="test", environ=None):
        self.instances.add(instance)
        return embedded.start(instance, self.root, environ or {})

    def urls(self, instance="test"):
        return embedded.urls(instance, self.root, {})

    def stop(self, instance="test", **how):
        embedded.stop(instance, self.root, **how)

    def launcher(self, instance="test", body=""):
        """A process of its own that starts the servers and then does what `body` says."""
        self.instances.add(instance)
        program = (
            f"import os, signal\nfrom labeling import embedded\nembedded.start({instance!r}, environ={{}})\n{body}"
        )
        return subprocess.Popen([sys.executable, "-c", program], cwd=self.root)

    def destroy(self):
        for instance in self.instances:
            embedded.destroy(instance, self.root)


def lay_out(root):
    shutil.copytree(CHECKOUT / "labeling" / "embedded", root / "labeling" / "embedded")
    (root / "labeling" / "__init__.py").touch()
    return Checkout(root)


@pytest.fixture
def checkouts(tmp_path):
    """Make as many as a test wants."""
    made = []

    def make(name="checkout"):
        made.append(lay_out(tmp_path / name))
        return made[-1]

    yield make
    for checkout in made:
        checkout.destroy()


@pytest.fixture
def checkout(checkouts):
    return checkouts()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A checkout whose servers run, for tests that only look."""
    checkout = lay_out(tmp_path_factory.mktemp("running") / "checkout")
    checkout.start()
    yield checkout
    checkout.destroy()


@pytest.fixture
def remember():
    """Commit a row, and read all of them back."""

    def rows(services, add=None):
        with psycopg.connect(services.database_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (what text)")
            if add:
                connection.execute("INSERT INTO kept VALUES (%s)", [add])
            return [what for (what,) in connection.execute("SELECT what FROM kept ORDER BY what")]

    return rows


@pytest.fixture
def ping():
    def answer(services):
        with redis.Redis.from_url(services.redis_url) as client:
            return client.ping()

    return answer


def processes_of(home):
    """Command lines of living processes that mention a directory; the guards' own orders among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(home) in command:
            found.append(command)
    return found


def eventually(condition, seconds=60):
    answer = wait(condition, seconds)
    assert answer, "This did not come true in time."
    return answer
