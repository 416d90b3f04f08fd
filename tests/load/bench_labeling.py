"""How many labels a second, next to a bare Django view that reads and writes the same rows?

    python -m tests.load.bench_labeling [--labelers 8] [--seconds 20] [--tasks 10000] [--next] [--big]

This process is the browsers: each labeler submits a whole sheet of table 3, gets the next one in the answer, and goes
on without a thought. The site is gunicorn as in the Procfile, on a database of its own that is dropped in the end, on
the server that DATABASE_URL names or on the instance "bench" of this machine, whose fsync is on. Exits with 1 when a
promise was broken. --next measures the queue by itself too, by the size of the project and by what was done before.
"""

import argparse
import contextlib
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg

from labeling import embedded

NAME = "attune_bench_labeling"
WARM_UP = 4  # seconds, for templates and connections
TURNS = 4
DRAFTLESS = {"revision": "0", "arranged": "", "then": "next", "seconds": "95"}


class Hand(threading.Thread):
    """One labeler's browser: signed in, on one connection, one request a label once it is under way."""

    def __init__(self, url, cookies, project, until):
        super().__init__(daemon=True)
        self.wire = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.project, self.until = project, until
        self.cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.body = urlencode(DRAFTLESS | WHOLE | {"csrfmiddlewaretoken": cookies["csrftoken"]})
        self.acknowledged, self.submits, self.first = [], [], None
        self.errors, self.bytes = 0, 0

    def run(self):
        began = time.perf_counter()
        _status, headers = self.ask("POST", f"/projects/{self.project.pk}/start/")
        address = headers["Location"]
        self.ask("GET", address)
        self.first = time.perf_counter() - began
        while time.perf_counter() < self.until and address != "/":
            began = time.perf_counter()
            status, headers = self.ask("POST", f"{address}submit/")
            if status != 200:
                self.errors += 1
                continue
            self.submits.append(time.perf_counter() - began)
            self.acknowledged.append(address.split("/")[2])
            address = headers["HX-Push-Url"] or "/"

    def ask(self, method, path):
        headers = {"Cookie": self.cookie, "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
        self.wire.request(method, path, self.body if method == "POST" else None, headers)
        answer = self.wire.getresponse()
        self.bytes = max(self.bytes, len(answer.read()))
        return answer.status, answer.headers


def whole():
    """Every question of table 3 answered for four responses, and a ranking with a tie."""
    from labeling.guidelines.instructgpt import BINARIES

    said = {}
    for letter, quality, rank in (("A", 5, 2), ("B", 5, 2), ("C", 1, 4), ("D", 7, 1)):
        said |= {f"{letter}-overall_quality": quality, f"{letter}-rank": rank, f"{letter}-notes": ""}
        said |= {f"{letter}-{key}": "na" if may_be_na else "no" for key, _wording, _good, may_be_na in BINARIES}
    return said


WHOLE: dict = {}


def cookies_of(person):
    """A session as signing in leaves it, and the token a first page gives."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.middleware.csrf import _get_new_csrf_string

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return {"sessionid": session.session_key, "csrftoken": _get_new_csrf_string()}


class Side:
    """One of the two sites, with a project of its own, and what was measured of it so far."""

    def __init__(self, name, application, options, folder):
        from tests.load import scenery
        from tests.processes import Web

        self.name, self.hands, self.took, self.busy = name, [], 0.0, [0.0, 0.0]
        self.project = scenery.project_with(tasks=options.tasks, name=name)
        # Ours answers with so many bytes.
        environ = {**os.environ, "BARE_BYTES": "52000", "PYTHONPATH": str(Path.cwd())}
        log = Path(folder, f"{name}.log")
        self.site = Web(environ=environ, log=log, workers=options.workers, application=application).start()

    def work(self, cookies, seconds):
        """Let all labelers work for so long; return their Hands."""
        until = time.perf_counter() + seconds
        hands = [Hand(self.site.url, one, self.project, until) for one in cookies]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        return hands

    def measure(self, cookies, seconds):
        before, began = [cpu_of(self.site.running.pid), cpu_of(postmaster())], time.perf_counter()
        self.hands += self.work(cookies, seconds)
        self.took += time.perf_counter() - began
        self.busy[0] += cpu_of(self.site.running.pid) - before[0]
        self.busy[1] += cpu_of(postmaster()) - before[1]

    @property
    def labels(self):
        return sum(len(hand.submits) for hand in self.hands)

    @property
    def rate(self):
        return self.labels / self.took

    def report(self):
        submits = [1000 * one for hand in self.hands for one in hand.submits]
        first = statistics.median(1000 * hand.first for hand in self.hands)
        p50, p95, p99 = (statistics.quantiles(submits, n=100)[at] for at in (49, 94, 98))
        web, server = (1000 * one / self.labels for one in self.busy)
        print(
            f"{self.name:<6} {self.rate:>7.1f} labels/s   submit + next p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms;"
            f" first sheet p50 {first:.0f} ms\n       processor: {web:.1f} ms of the web and {server:.1f} ms of the"
            f" database a label; {max(hand.bytes for hand in self.hands):,} bytes"
        )


def cpu_of(parent):
    """Seconds of processor that a process and its children have used."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if parent in {int(path.parent.name), int(fields[1])}:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def postmaster():
    """The server's first process, if it runs on this machine; else a number that nobody has."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    return int(path.read_text().rpartition(")")[2].split()[1]) if path.exists() else -1


def bench_labeling(options, folder):
    """Both sides by turns, so that whatever else the machine does falls on both; return the broken promises."""
    from tests.load import scenery

    people = scenery.labelers(options.labelers)
    cookies = [cookies_of(person) for person in people]
    WHOLE.update(whole())
    sides = []
    try:
        for name, application in (("ours", "labeling.wsgi"), ("bare", "tests.load.bare")):
            sides.append(Side(name, application, options, folder))
        warm = {side.name: side.work(cookies, WARM_UP) for side in sides}
        for _ in range(TURNS):
            for side in sides:
                side.measure(cookies, options.seconds / TURNS)
    finally:
        for side in sides:
            side.site.stop()
    broken = []
    for side in sides:
        side.report()
        broken += recounted(side, [*warm[side.name], *side.hands])
    ours, bare = sides
    cost = (sum(ours.busy) / ours.labels) / (sum(bare.busy) / bare.labels)
    print(f"ratio  {ours.rate / bare.rate:>7.2f} of the bare view's labels/s, {cost:.2f} times its processor time")
    print(f"queries a submit: {queries(people[0])}")
    return broken


def recounted(side, hands):
    """Print how often each promise was broken; return those that were."""
    from tests.load import scenery

    counted = scenery.broken_promises(side.project, [sheet for hand in hands for sheet in hand.acknowledged])
    counted["errors"] = sum(hand.errors for hand in hands)
    print("       " + ", ".join(f"{count} {promise}" for promise, count in counted.items()))
    return [f"{side.name}: {promise}" for promise, count in counted.items() if count]


def queries(person):
    """How many a submit asks that goes on to the next sheet, transactions included."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from labeling.work import queue
    from labeling.work.models import Project

    sheet = queue.next_assignment(labeler=person, project=Project.objects.get(name="ours"))
    client = Client(headers={"HX-Request": "true"})
    client.force_login(person)
    form = DRAFTLESS | WHOLE
    for _ in range(3):  # the first fills the caches
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(f"/sheets/{sheet.pk}/submit/", form)
        sheet.pk = answer.headers["HX-Push-Url"].split("/")[2]
    return len(asked)


def bench_next(options):
    """The queue alone: median ms of next_assignment, by the size of the project and by what was done before."""
    from tests.load import scenery

    (person, *_others) = scenery.labelers(2)
    sizes = [1_000, 100_000, *([1_000_000] if options.big else [])]
    medians = {size: time_next(scenery.project_with(tasks=size, name=f"{size} tasks"), person) for size in sizes}
    for size in sizes:
        print(f"next   {medians[size]:.2f} ms at {size:,} open tasks   {medians[size] / medians[1_000]:.2f}× of 1,000")
    project = scenery.project_with(tasks=100_000, name="overlap 3", overlap=3)
    fresh = time_next(project, person)
    veteran = scenery.labelers(2)[1]
    scenery.has_done(veteran, project, 50_000)
    seasoned = time_next(project, veteran)
    print(f"next   {fresh:.2f} ms with nothing done, {seasoned:.2f} ms with 50,000 done   {seasoned / fresh:.2f}×")


def time_next(project, person, times=300):
    """Median ms of serving a fresh sheet; each is handed in before the next is asked for."""
    from labeling.work import queue

    took = []
    for _ in range(times):
        began = time.perf_counter()
        sheet = queue.next_assignment(labeler=person, project=project)
        took.append(1000 * (time.perf_counter() - began))
        queue.hand_in(assignment=sheet)
    return statistics.median(took)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labelers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2, help="gunicorn's processes, of 8 threads each")
    parser.add_argument("--next", action="store_true", help="measure the queue by itself too")
    parser.add_argument("--big", action="store_true", help="... with a million tasks as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        try:
            broken = bench_labeling(options, folder)
            if options.next or options.big:
                bench_next(options)
        finally:
            drop_database()
    if broken:
        print("BROKEN: " + "; ".join(broken))
    return 1 if broken else 0


def set_up(folder):
    """A fresh database on the server the environment names, or on one of this machine."""
    import django
    from django.core.management import call_command

    services = embedded.start("bench")
    os.environ.update(DATABASE_URL=services.database_url, REDIS_URL=services.redis_url, ATTUNE_DATA_DIR=folder)
    for name, value in embedded.secrets("bench").items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("ATTUNE_ENV", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")
    admin(f"DROP DATABASE IF EXISTS {NAME}", f"CREATE DATABASE {NAME}")
    os.environ["DATABASE_URL"] = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{NAME}").geturl()
    django.setup()
    call_command("migrate", verbosity=0)
    say_where()


def say_where():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        version, fsync = cursor.fetchone()
    print(f"{os.cpu_count()} cores, PostgreSQL {version.split()[0]} with fsync {fsync}")


def drop_database():
    from django.db import connection

    connection.close()
    admin(f"DROP DATABASE {NAME}")


def admin(*statements):
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(url, autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


if __name__ == "__main__":
    sys.exit(main())
