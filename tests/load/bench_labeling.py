"""How many labels a second, in the browser and over REST, next to a bare view that reads and writes the same rows?

    python -m tests.load.bench_labeling [--labelers 1 8 32] [--seconds 20] [--tasks 10000] [--next] [--big]

This process is the browsers and the programs: each labeler submits a whole sheet of table 3, gets the next one in the
answer, and goes on without a thought. The site is gunicorn as in the Procfile, on a database of its own that is dropped
in the end, on the server that DATABASE_URL names or on the instance "bench" of this machine, whose fsync is on. Exits
with 1 when a promise was broken. --next measures the queue by itself too, by the size of the project and by what was
done before; --big with a million tasks as well.
"""

import argparse
import contextlib
import http.client
import json
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
    """One labeler's client: on one connection, one request a label once it is under way."""

    def __init__(self, url, pass_, project, until):
        super().__init__(daemon=True)
        self.wire = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.project, self.until = project, until
        self.acknowledged, self.submits, self.first = [], [], None
        self.errors, self.bytes, self.body, self.headers = 0, 0, "", {}
        self.introduce(pass_)

    def run(self):
        began = time.perf_counter()
        sheet = self.start_work()
        self.first = time.perf_counter() - began
        while time.perf_counter() < self.until and sheet:
            began = time.perf_counter()
            is_stored, following = self.submit(sheet)
            if not is_stored:
                self.errors += 1
                continue
            self.submits.append(time.perf_counter() - began)
            self.acknowledged.append(sheet)
            sheet = following

    def ask(self, method, path, body=None):
        self.wire.request(method, path, body, self.headers)
        answer = self.wire.getresponse()
        told = answer.read()
        self.bytes = max(self.bytes, len(told))
        return answer, told


class Browser(Hand):
    """Signed in; htmx gets the next sheet's page in the answer to a submission."""

    def introduce(self, cookies):
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.body = urlencode(DRAFTLESS | WHOLE | {"csrfmiddlewaretoken": cookies["csrftoken"]})

    def start_work(self):
        answer, _page = self.ask("POST", f"/projects/{self.project.pk}/start/", self.body)
        address = answer.headers["Location"]
        _answer, page = self.ask("GET", address)
        if b"/instructions/" in page:  # read once; the bare view has none
            self.ask("POST", f"{address}instructions/", self.body)
        return self.sheet_at(address)

    def submit(self, sheet):
        answer, _page = self.ask("POST", f"/sheets/{sheet}/submit/", self.body)
        return answer.status == 200, self.sheet_at(answer.headers["HX-Push-Url"])

    def sheet_at(self, address):
        return address.split("/")[2] if address and "/sheets/" in address else None


class Program(Hand):
    """With a token of scope label; JSON carries the next sheet in the answer to a submission."""

    def introduce(self, key):
        self.headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
        self.body = json.dumps(as_json(WHOLE) | {"next": True})

    def start_work(self):
        answer, told = self.ask("POST", f"/api/v1/projects/{self.project.pk}/next/", "{}")
        return json.loads(told)["assignment"] if answer.status == 200 else None

    def submit(self, sheet):
        answer, told = self.ask("POST", f"/api/v1/assignments/{sheet}/submit/", self.body)
        following = json.loads(told).get("next") if answer.status == 201 else None
        return answer.status == 201, following and following["assignment"]


def whole():
    """Every question of table 3 answered for four responses, and a ranking with a tie."""
    from labeling.guidelines.instructgpt import BINARIES

    said = {}
    for letter, quality, rank in (("A", 5, 2), ("B", 5, 2), ("C", 1, 4), ("D", 7, 1)):
        said |= {f"{letter}-overall_quality": quality, f"{letter}-rank": rank, f"{letter}-notes": ""}
        said |= {f"{letter}-{key}": "na" if may_be_na else "no" for key, _wording, _good, may_be_na in BINARIES}
    return said


def as_json(form):
    """The same in the shape of REST."""
    said = {"na": None, "no": False}
    by_rank: dict = {}
    for letter in "ABCD":
        by_rank.setdefault(form[f"{letter}-rank"], []).append(letter)
    ratings = [
        {
            "slot": letter,
            "overall_quality": form[f"{letter}-overall_quality"],
            "answers": {key[2:]: said[value] for key, value in form.items() if key[0] == letter and value in said},
        }
        for letter in "ABCD"
    ]
    return {"ratings": ratings, "ranking": [by_rank[rank] for rank in sorted(by_rank)], "seconds": 95}


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


def key_of(person):
    from labeling.api import tokens

    _token, key = tokens.issue(user=person, scope="label")
    return key


class Side:
    """One way to label, with a project of its own, and what was measured of it so far."""

    def __init__(self, name, hand, site, passes, options):
        from tests.load import scenery

        self.name, self.hand, self.site, self.passes = name, hand, site, passes
        self.project = scenery.project_with(tasks=options.tasks, name=name)
        self.acknowledged, self.errors = [], 0
        self.forget()

    def forget(self):
        """Start measuring anew; what was acknowledged is recounted in the end."""
        self.hands, self.took, self.busy = [], 0.0, [0.0, 0.0]

    def work(self, labelers, seconds):
        """Let so many labelers work for so long; return their Hands."""
        until = time.perf_counter() + seconds
        hands = [self.hand(self.site.url, one, self.project, until) for one in self.passes[:labelers]]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        self.acknowledged += [sheet for hand in hands for sheet in hand.acknowledged]
        self.errors += sum(hand.errors for hand in hands)
        return hands

    def measure(self, labelers, seconds):
        before, began = [cpu_of(self.site.running.pid), cpu_of(postmaster())], time.perf_counter()
        self.hands += self.work(labelers, seconds)
        self.took += time.perf_counter() - began
        self.busy[0] += cpu_of(self.site.running.pid) - before[0]
        self.busy[1] += cpu_of(postmaster()) - before[1]

    @property
    def labels(self):
        return sum(len(hand.submits) for hand in self.hands)

    @property
    def rate(self):
        return self.labels / self.took

    @property
    def cost(self):
        return sum(self.busy) / self.labels

    def report(self):
        submits = [1000 * one for hand in self.hands for one in hand.submits]
        first = statistics.median(1000 * hand.first for hand in self.hands)
        p50, p95, p99 = (statistics.quantiles(submits, n=100)[at] for at in (49, 94, 98))
        web, server = (1000 * one / self.labels for one in self.busy)
        print(
            f"{self.name:<8} {self.rate:>7.1f} labels/s   submit + next p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms;"
            f" first sheet p50 {first:.0f} ms\n         processor: {web:.1f} ms of the web and {server:.1f} ms of the"
            f" database a label; {max(hand.bytes for hand in self.hands):,} bytes"
        )


def cpu_of(parent):
    """Seconds of processor that a process and its children have used, those that have ended included."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            own = int(path.parent.name)
            if parent in {own, int(fields[1])}:
                ticks += sum(map(int, fields[11 : 15 if own == parent else 13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def postmaster():
    """The server's first process, if it runs on this machine; else a number that nobody has."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    return int(path.read_text().rpartition(")")[2].split()[1]) if path.exists() else -1


def bench_labeling(options, folder):
    """All sides by turns, so that whatever else the machine does falls on all of them; return the broken promises."""
    from tests.load import scenery

    people = scenery.labelers(max(options.labelers))
    cookies, keys = [cookies_of(person) for person in people], [key_of(person) for person in people]
    WHOLE.update(whole())
    with served("labeling.wsgi", options, folder) as ours, served("tests.load.bare", options, folder) as bare:
        sides = [
            Side("browser", Browser, ours, cookies, options),
            Side("rest", Program, ours, keys, options),
            Side("bare", Browser, bare, cookies, options),
        ]
        for labelers in options.labelers:
            compare(sides, labelers, options.seconds)
    print(f"queries a submit: {queries(people[0])}")
    return [promise for side in sides for promise in recounted(side)]


@contextlib.contextmanager
def served(application, options, folder):
    """One of the two sites. Ours answers with so many bytes."""
    from tests.processes import Web

    environ = {**os.environ, "BARE_BYTES": "52000", "PYTHONPATH": str(Path.cwd())}
    log = Path(folder, f"{application}.log")
    site = Web(environ=environ, log=log, workers=options.workers, application=application).start()
    try:
        yield site
    finally:
        site.stop()


def compare(sides, labelers, seconds):
    for side in sides:
        side.forget()
        side.work(labelers, min(WARM_UP, seconds))
    for _ in range(TURNS):
        for side in sides:
            side.measure(labelers, seconds / TURNS)
    print(f"-- {labelers} at once")
    for side in sides:
        side.report()
    *ours, bare = sides
    for side in ours:
        print(
            f"ratio    {side.name}: {side.rate / bare.rate:.2f} of the bare view's labels/s,"
            f" {side.cost / bare.cost:.2f} times its processor time"
        )


def recounted(side):
    """Print how often each promise was broken; return those that were."""
    from tests.load import scenery

    counted = scenery.broken_promises(side.project, side.acknowledged)
    counted["errors"] = side.errors
    print(f"{side.name:<8} " + ", ".join(f"{count} {promise}" for promise, count in counted.items()))
    return [f"{side.name}: {promise}" for promise, count in counted.items() if count]


def queries(person):
    """How many a submit asks that goes on to the next sheet, transactions included."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from labeling.work import queue
    from labeling.work.models import Project

    sheet = queue.next_assignment(labeler=person, project=Project.objects.get(name="browser"))
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

    people = scenery.labelers(4)
    medians: dict = {}
    for size in [1_000, 100_000, *([1_000_000] if options.big else [])]:
        medians[size] = time_next(scenery.project_with(tasks=size, name=f"{size} tasks"), people[0])
        print(
            f"next     {medians[size]:.2f} ms at {size:,} open tasks   {medians[size] / medians[1_000]:.2f}× of 1,000"
        )
    project = scenery.project_with(tasks=100_000, name="overlap 3", overlap=3)
    fresh = time_next(project, people[1])
    print(f"next     {fresh:.2f} ms in a project of overlap 3 with nothing done")
    for person, done in zip(people[2:], (1_000, 50_000), strict=True):
        scenery.has_done(person, project, done)
        seasoned = time_next(project, person)
        print(f"next     {seasoned:.2f} ms with {done:,} done   {seasoned / fresh:.2f}×")


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
    parser.add_argument(
        "--labelers", type=int, nargs="+", default=[1, 8, 32], help="how many at once, one after another"
    )
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
