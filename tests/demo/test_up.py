"""Does ./run demo start, say where, survive being killed, and leave nothing running?"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from labeling import embedded
from tests.celery_worker import until

CHECKOUT = Path(embedded.__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A checkout of its own, so that a demo running in this one is left alone."""
    root = tmp_path_factory.mktemp("demo") / "checkout"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "docs", "staticfiles", "tests", "test-results")
    shutil.copytree(CHECKOUT, root, ignore=left_out)
    yield root
    embedded.destroy("demo", root)


@pytest.fixture
def demo(copy):
    """Start it with these arguments; whatever a failed test leaves is ended."""
    started = []

    def up(*args, **environ):
        tests_own = ("DATABASE_URL", "REDIS_URL", "ATTUNE_", "STATIC_ROOT", "SECRET_KEY", "OWNER_KEY", "PSEUDONYM_KEY",
                     "CREDENTIAL_KEYS", "MODEL_HOSTS")  # fmt: skip
        clean = {name: value for name, value in os.environ.items() if not name.startswith(tests_own)}
        process = subprocess.Popen(
            [sys.executable, "-m", "labeling.demo.up", *args],
            cwd=copy,
            env=clean | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield up
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.communicate()


def said_until(process, ending):
    """Its lines, down to the one that starts so."""
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(ending):
            return lines
    raise AssertionError("\n".join(["The demo ended early:", *lines]))


def test_it_says_its_address_first_and_answers_there(demo):
    lines = said_until(demo(), "Ctrl-C stops it.")

    [address] = [line for line in lines if "://" in line]
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(f"{address}accounts/login/") as answer:
        assert answer.status == 200
    assert any("admin@attune.example" in line for line in lines)
    assert any(".data/demo/logs/web.log" in line for line in lines)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_leaves_nothing_running(demo, copy, sign):
    process = demo()
    said_until(process, "Ctrl-C stops it.")
    family = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(sign)

    assert process.communicate()[0].endswith("Stopped; the data is kept for the next ./run demo.\n")
    assert process.returncode == 0
    assert psutil.wait_procs(family, timeout=20)[1] == []
    assert embedded.urls("demo", copy, {}) is None


def test_killed_it_takes_its_processes_along_and_the_next_start_finds_the_servers(demo, copy):
    process = demo()
    said_until(process, "Ctrl-C stops it.")
    family = psutil.Process(process.pid).children(recursive=True)
    services = embedded.urls("demo", copy, {})

    process.kill()

    assert psutil.wait_procs(family, timeout=20)[1] == []
    said_until(demo(), "Ctrl-C stops it.")
    assert embedded.urls("demo", copy, {}) == services


def beat_of(process, dead=()):
    """The demo's scheduler, another than those that are dead."""
    until(lambda: _beats(process, dead))
    return _beats(process, dead)[0]


def _beats(process, dead):
    family = psutil.Process(process.pid).children(recursive=True)
    return [one for one in family if one.pid not in dead and "beat" in _words(one)]


def _words(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_process_that_dies_is_named_with_its_log_and_replaced_until_it_keeps_dying(demo):
    process = demo()
    said_until(process, "Ctrl-C stops it.")
    family = psutil.Process(process.pid).children(recursive=True)
    dead = []

    for _ in range(3):
        beat = beat_of(process, dead)
        beat.kill()
        dead.append(beat.pid)
        said = said_until(process, "The beat process ended (status 137).")[-1]
        assert "Another one runs in its place" in said
        assert ".data/demo/logs/beat.log" in said
    beat_of(process, dead).kill()

    said = process.communicate()[0]
    assert process.returncode == 1
    assert said.startswith("The beat process ended (status 137). It keeps ending.")
    assert psutil.wait_procs(family, timeout=20)[1] == []


def test_two_at_once_choose_two_ports_and_the_first_to_end_leaves_the_other_its_servers(demo, copy):
    one, other = demo(), demo()
    addresses = {said_until(each, "http://")[-1] for each in (one, other)}
    assert len(addresses) == 2

    one.terminate()
    one.communicate()

    assert embedded.urls("demo", copy, {}) is not None


def test_a_port_that_is_taken_is_refused_in_a_sentence(demo):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = demo("--port", str(port))
        said = process.communicate()[0]

    assert (process.returncode, said) == (1, f"Port {port} is taken; choose another with --port.\n")


def test_reset_never_touches_a_database_of_somebody_else(demo):
    process = demo("--reset", DATABASE_URL="postgresql://somebody@else/theirs")

    assert process.communicate()[0].startswith("--reset deletes only a database of this checkout;")
    assert process.returncode == 1
