"""Whoever is killed, and whenever: is nothing lost, and nothing left half-started?"""

import json
import os
import signal

import pytest

from labeling import embedded
from labeling.embedded.processes import command
from tests.embedded.conftest import eventually, processes_of

pytestmark = pytest.mark.slow


def pid_of(checkout, server, instance="test"):
    return json.loads(checkout.place(instance).state.read_text())[server]["pid"]


def test_servers_outlive_a_launcher_that_was_killed_and_are_found_again(checkout, ping):
    launcher = checkout.launcher(body="os.kill(os.getpid(), signal.SIGKILL)")
    assert launcher.wait(timeout=60) == -signal.SIGKILL
    left = checkout.urls()

    services = checkout.start()

    assert services == left
    assert ping(services)


def test_rows_outlive_a_killed_postmaster(checkout, remember):
    remember(checkout.start("demo"), add="committed")
    os.kill(pid_of(checkout, "postgres", "demo"), signal.SIGKILL)
    eventually(lambda: checkout.urls("demo") is None)

    assert remember(checkout.start("demo"), add="later") == ["committed", "later"]


def test_a_killed_broker_is_started_again(checkout, ping):
    first = checkout.start()
    os.kill(pid_of(checkout, "valkey"), signal.SIGKILL)
    eventually(lambda: checkout.urls() is None)

    second = checkout.start()

    assert ping(second)
    assert second.database_url == first.database_url


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("pg*.partial/password", id="before initdb"),
        pytest.param("pg*.partial/data/PG_VERSION", id="in initdb"),
        pytest.param("pg*.partial/data/global/pg_control", id="late in initdb"),
        pytest.param("pg*/password", id="between initdb and start"),
        pytest.param("pg*[0-9]/data/postmaster.pid", id="PostgreSQL is starting"),
        pytest.param("valkey.conf", id="Valkey is starting"),
    ],
)
def test_a_launcher_killed_in_mid_start_leaves_nothing_half_started(checkout, remember, ping, moment):
    home = checkout.place().home
    launcher = checkout.launcher()
    eventually(lambda: list(home.glob(moment)))
    launcher.kill()
    launcher.wait()

    # Either it had just finished, and both stand; or nothing of it remains.
    eventually(lambda: checkout.urls() or not processes_of(home))
    services = checkout.start()

    assert remember(services, add="one") == ["one"]
    assert ping(services)


def test_a_start_that_fails_takes_along_what_it_had_started(checkout, monkeypatch):
    monkeypatch.setattr("labeling.embedded.valkey.OLDEST", (999,))

    with pytest.raises(embedded.CannotServe, match="No Valkey or Redis 999 or newer"):
        checkout.start()

    assert processes_of(checkout.place().home) == []


def test_a_pid_file_whose_number_is_somebody_elses_now_is_no_obstacle(checkout, remember):
    remember(checkout.start(), add="one")
    [cluster] = checkout.place().clusters()
    left = (cluster / "data" / "postmaster.pid").read_text()
    checkout.stop()
    stranger = os.getppid()
    assert command(stranger)
    (cluster / "data" / "postmaster.pid").write_text(left.replace(left.splitlines()[0], str(stranger), 1))

    assert remember(checkout.start()) == ["one"]
