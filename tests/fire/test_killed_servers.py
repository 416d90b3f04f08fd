"""Does a submission that was acknowledged survive, whatever is killed? Eight people work while it happens."""

import signal
import subprocess
from os import kill

import pytest
import redis
from django.db import connection

from labeling.embedded.postgres import Postmaster
from labeling.labels.models import Label
from labeling.work.models import Task
from tests.celery_worker import until
from tests.fire.desks import Room
from tests.house.test_books import recount
from tests.load import scenery

really = pytest.mark.django_db(transaction=True)
TASKS = 160


def keep_the_books(project, room):
    """Everything was labeled exactly once, by whole labels, and nobody was told otherwise."""
    acknowledged = room.acknowledged
    assert len(acknowledged) == len(set(acknowledged)) == Task.objects.filter(project=project).count()
    assert set(scenery.broken_promises(project, acknowledged).items()) == {(name, 0) for name in scenery.BOOKS}
    assert Label.objects.filter(assignment__project=project).count() == len(acknowledged)
    assert recount() == []


@really
def test_web_processes_killed_among_eight_labelers_lose_and_double_nothing(web, labelers):
    project = scenery.project_with(tasks=TASKS)
    room = Room(web.url, labelers, project)

    for killed in range(1, 4):
        until(lambda done=killed * TASKS // 5: room.has_done(done))
        web.restart()
    room.finish()

    keep_the_books(project, room)
    assert room.held_back > 0


def test_a_killed_postgresql_loses_and_doubles_nothing_and_the_site_goes_on_by_itself(own_postgres, own_web):
    project = scenery.project_with(tasks=TASKS)
    room = Room(own_web.url, scenery.labelers(8), project)
    processes = own_web.running.pid

    for killed in range(1, 3):
        until(lambda done=killed * TASKS // 4: room.has_done(done))
        kill_and_start_again(own_postgres)
    room.finish()
    connection.close()  # the test's own, which died with the server

    keep_the_books(project, room)
    assert room.held_back > 0
    assert (own_web.running.pid, own_web.running.poll()) == (processes, None)


def kill_and_start_again(place):
    """SIGKILL for the postmaster alone; then the very same command once more, so that its port stays."""
    (cluster,) = place.clusters()
    data = cluster / "data"
    pid = Postmaster.of(data).pid
    with open(f"/proc/{pid}/cmdline") as file:
        argv = file.read().split("\0")[:-1]
    kill(pid, signal.SIGKILL)
    until(lambda: Postmaster.of(data) is None)
    with place.log("postgres").open("ab") as log:
        account = place.account.as_child if place.account else {}
        until(lambda: started(argv, data, log, account))


def started(argv, data, log, account):
    """False while children of the killed one still hold its memory: then PostgreSQL refuses to start."""
    again = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True, cwd="/", **account)
    until(lambda: again.poll() is not None or ((found := Postmaster.of(data)) and found.is_ready))
    return again.poll() is None


@really
def test_a_broker_flushed_again_and_again_takes_nothing_from_labelers(own_valkey, own_web, labelers):
    project = scenery.project_with(tasks=TASKS // 2)
    room = Room(own_web.url, labelers, project)

    with redis.Redis.from_url(own_valkey) as valkey:
        for flushed in range(1, 7):
            until(lambda done=flushed * TASKS // 2 // 8: room.has_done(done))
            valkey.flushall()
    room.finish()

    keep_the_books(project, room)
    assert room.held_back == 0
