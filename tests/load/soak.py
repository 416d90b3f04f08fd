"""Is all that was acknowledged still there, when everything that can be killed is killed while people work?

    python -m tests.load.soak [--minutes 10] [--labelers 16] [--seed N]

Labelers at browsers work without a pause on two ranking projects of overlap 2: they submit, skip, save drafts, undo,
walk away until their lease has passed, and come back late. Meanwhile the web processes, the worker, the process
`models`, beat, the broker and PostgreSQL's postmaster are killed with SIGKILL and started again, one at a time, each
once in a round, in an order and at moments that are drawn from the seed; the threads' own timing is not. PostgreSQL,
with fsync on, and Valkey are an instance of this run alone, whatever the environment names, and deleted afterwards.
Prints a line every ten seconds and a table in the end. Exits with 1 when a promise was broken; then the logs stay.
"""

import argparse
import contextlib
import io
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg

from labeling import embedded
from labeling.embedded import valkey
from labeling.embedded.place import Place
from labeling.embedded.postgres import Postmaster
from labeling.embedded.processes import command, wait
from tests.browser_shaped import Browser, SheetPage, Unreachable

INSTANCE = "soak"
PATIENCE = 180  # seconds without a single answer, before a labeler says so and goes on
QUIET, OUTAGE = 4, 3  # seconds, at most: between two kills, and from a kill to the start
ROWS = 10_000  # of an import, five batches
SAVED = "Saved: your ranking"
# What a labeler does with a sheet, besides submitting it at once.
SKIPS, WALKS_AWAY, DRAFTS, UNDOES, LEAVES_AS_IT_WAS, GOES_BACK = 0.06, 0.06, 0.2, 0.1, 0.3, 0.3


@dataclass
class Outage:
    """From a kill until what was killed answers again, in time.monotonic()."""

    name: str
    began: float
    ended: float = float("inf")


@dataclass
class Failure:
    """A request without an answer, or with one that a browser tries again after."""

    began: float
    ended: float
    told: str

    def is_excused(self, outages):
        """Nobody at a browser may notice anything but the loss of the web processes and of the database."""
        felt = [outage for outage in outages if outage.name in {"web", "postgres"}]
        return any(outage.began <= self.ended and self.began <= outage.ended for outage in felt)


class Labeler(threading.Thread):
    """One person at a browser, who remembers everything that was acknowledged."""

    def __init__(self, browser, name, projects, over, chance):
        super().__init__(name=name, daemon=True)
        self.browser, self.projects, self.over, self.chance = browser, projects, over, chance
        self.tokens = (f"{name}-{number:06}" for number in itertools.count(1))
        self.said: dict[str, list[str]] = {}  # sheet → what was submitted on it, one token each time
        self.drafted: dict[str, str] = {}  # sheet → the token of its newest draft
        self.left: dict[str, SheetPage] = {}  # old tabs
        self.late: set[str] = set()
        self.skipped: set[str] = set()
        self.did: Counter[str] = Counter()
        self.failures: list[Failure] = []
        self.surprises: list[str] = []
        self.answered = time.monotonic()
        self.is_through = False

    def run(self):
        while not self.is_through and not self.over.is_set():
            try:
                self.work()
            except Exception as surprise:
                self.surprises.append(f"{self.name}: {surprise!r}")
                self.over.wait(1)
        self.browser.close()

    def work(self):
        """From Start to the moment in which this labeler walks away, time is up, or nothing is left."""
        sheet = self.begin()
        while sheet:
            self.find_draft(sheet)
            sheet = self.treat(sheet)

    def begin(self):
        if self.left and self.chance.random() < GOES_BACK:
            return self.left.pop(self.chance.choice(sorted(self.left)))
        for project in self.chance.sample(self.projects, len(self.projects)):
            if sheet := self.insist(lambda project=project: self.browser.start(project)):
                return sheet
        self.is_through = True
        return None

    def treat(self, sheet):
        """Return the sheet that comes next."""
        drawn = self.chance.random()
        if drawn < SKIPS:
            return self.skip(sheet)
        if drawn < SKIPS + WALKS_AWAY:
            return self.walk_away(sheet)
        if drawn < SKIPS + WALKS_AWAY + DRAFTS:
            self.save(sheet)
        return self.submit(sheet)

    def submit(self, sheet):
        token, fields = self.filled_in(sheet)
        posted = {**fields, "then": self.then}
        answer = self.insist(lambda: self.browser.post(sheet.submit, posted, htmx=True))
        assert answer.status == 200, f"Submit: {answer.status} {answer.goes_to}"
        following = SheetPage(answer.text) if answer.headers.get("HX-Push-Url") else None
        if following is None and SAVED not in self.insist(lambda: self.browser.get("/")).text:
            return self.is_refused(sheet, token)
        self.put_away(sheet)
        self.said.setdefault(sheet.id, []).append(token)
        self.did["submitted"] += 1
        return self.undo(sheet, following) if following and self.chance.random() < UNDOES else following

    def is_refused(self, sheet, token):
        """The site says that it keeps what was written as a draft."""
        assert sheet.id in self.late, f"{sheet.id} was refused, though nobody had left it."
        self.left.pop(sheet.id, None)
        self.drafted[sheet.id] = token
        self.did["refused as late"] += 1

    def undo(self, sheet, following):
        answer = self.insist(lambda: self.browser.post(f"/sheets/{sheet.id}/reopen/", {}))
        if answer.goes_to == f"/sheets/{following.id}/" and following.id in self.drafted:
            return following  # it had been begun before, so that it stays where it is
        assert answer.goes_to == f"/sheets/{sheet.id}/", f"Undo: {answer.status} {answer.goes_to}"
        page = self.insist(lambda: self.browser.get(f"/sheets/{sheet.id}/"))
        assert self.said[sheet.id][-1] in page.text, f"{sheet.id} came back without what was said on it."
        self.did["undone"] += 1
        if self.chance.random() < LEAVES_AS_IT_WAS:
            self.insist(lambda: self.browser.post(f"/sheets/{sheet.id}/leave/", {}))
            return None
        return self.submit(SheetPage(page.text))

    def skip(self, sheet):
        asked = {"reason": "It is not clear what is asked.", "then": self.then}
        answer = self.insist(lambda: self.browser.post(f"/sheets/{sheet.id}/skip/", asked))
        assert answer.status == 302, f"Skip: {answer.status}"
        assert answer.goes_to != f"/sheets/{sheet.id}/", f"{sheet.id} could not be skipped."
        self.put_away(sheet)
        self.skipped.add(sheet.id)
        self.did["skipped"] += 1
        is_next = answer.goes_to.startswith("/sheets/")
        return self.insist(lambda: self.browser.open(answer.goes_to)) if is_next else None

    def save(self, sheet):
        token, fields = self.filled_in(sheet)
        revision = int(fields["revision"]) + 1
        answer = self.insist(lambda: self.browser.save(sheet, fields, revision))
        assert answer.status == 200, f"Draft: {answer.status} {answer.text}"
        sheet.texts["revision"] = str(revision)
        self.drafted[sheet.id] = token
        self.did["drafts"] += 1

    def walk_away(self, sheet):
        """As if until the lease had passed; the page stays open in a tab."""
        if self.chance.random() < 0.7:
            self.save(sheet)
        self.left[sheet.id] = sheet
        self.late.add(sheet.id)
        self.did["walked away"] += 1
        # The database may be away at the moment: then this labeler comes back in time.
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(os.environ["DATABASE_URL"]) as server:
            server.execute(
                "UPDATE work_assignment SET lease_until = now() WHERE id = %s AND state = 'open'", [sheet.id]
            )

    def find_draft(self, sheet):
        """Look whether the draft of a sheet that came back is on it."""
        token = self.drafted.get(sheet.id)
        if token and token not in self.insist(lambda: self.browser.get(f"/sheets/{sheet.id}/")).text:
            del self.drafted[sheet.id]
            raise AssertionError(f"{sheet.id} came back without its draft {token}.")

    def filled_in(self, sheet):
        token = next(self.tokens)
        return token, sheet.filled_in(self.chance) | {"A-notes": token}

    def put_away(self, sheet):
        for kept in (self.left, self.drafted):
            kept.pop(sheet.id, None)

    @property
    def then(self):
        return "stop" if self.over.is_set() else "next"

    def insist(self, ask):
        """As draft.js does, send again what got no answer; and leave a connection alone that has been idle."""
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while True:
            began = time.monotonic()
            if began - self.answered > 1:
                self.browser.close()
            try:
                answer = ask()
            except Unreachable as failure:
                self.failures.append(Failure(began, time.monotonic(), str(failure)))
                if time.monotonic() > deadline:
                    raise
                pause.wait(0.2)
            else:
                self.answered = time.monotonic()
                return answer


class Server:
    """A server of this run's instance, started again by the same command, so that its port stays."""

    def __init__(self, name, place, argv, find):
        self.name, self.place, self.argv, self.find, self.running = name, place, argv, find, None

    def kill(self):
        pid = self.find().pid
        os.kill(pid, signal.SIGKILL)
        if self.running:
            self.running.wait()
        assert wait(lambda: not command(pid), 60), f"{self.name} outlives SIGKILL."

    def start(self):
        assert wait(self._is_started, 120), f"{self.name} does not start again; see {self.place.log(self.name)}."

    def is_up(self):
        found = self.find()
        return bool(found and getattr(found, "is_ready", True))

    def _is_started(self):
        """False while children of the killed one still hold its memory: then PostgreSQL refuses to start."""
        account = self.place.account.as_child if self.place.account else {}
        with self.place.log(self.name).open("ab") as log:
            self.running = subprocess.Popen(
                self.argv, stdout=log, stderr=log, start_new_session=True, cwd="/", **account
            )
        wait(lambda: self.running.poll() is not None or self.is_up(), 120)
        return self.running.poll() is None


class Killer(threading.Thread):
    """Kills everything by turns and starts it again, until the time is up; everything has its turn at least once."""

    def __init__(self, victims, over, chance):
        super().__init__(name="killer", daemon=True)
        self.victims, self.over, self.chance = victims, over, chance
        self.time_is_up = threading.Event()
        self.outages: list[Outage] = []
        self.imports: list[int] = []
        self.ended_by_themselves: list[str] = []
        self.failure: Exception | None = None

    def run(self):
        try:
            for name in self.turns():
                self.kill(name)
        except Exception as failure:
            self.failure = failure

    def turns(self):
        """Yield the name of whom to kill, after a moment of rest."""
        for turn in itertools.count():
            if turn % len(self.victims) == 0:
                order = self.chance.sample(sorted(self.victims), len(self.victims))
            self.over.wait(self.chance.uniform(0, QUIET))
            if self.over.is_set() or (turn >= len(order) and self.time_is_up.is_set()):
                return
            yield order[turn % len(order)]

    def kill(self, name):
        if name in {"worker", "broker"}:
            self.imports.append(request_import(len(self.imports)))
            self.over.wait(self.chance.uniform(0, 2))
        self.revive()
        victim = self.victims[name]
        outage = Outage(name, time.monotonic())
        self.outages.append(outage)
        victim.kill()
        self.over.wait(self.chance.uniform(0, OUTAGE))
        victim.start()
        outage.ended = time.monotonic()

    def revive(self):
        """Start again what has ended by itself, as docker-compose.yml does."""
        for name, victim in self.victims.items():
            if not is_alive(victim):
                self.ended_by_themselves.append(name)
                victim.start()


def is_alive(victim):
    return victim.is_up() if isinstance(victim, Server) else victim.running.poll() is None


def request_import(number):
    """Something for the worker to be killed at; return the import's number."""
    from django.db import connection

    from labeling.candidates import importing

    rows = (json.dumps({"id": f"r{n}", "prompt": f"Name river {n} of the land {number}."}) for n in range(ROWS))
    file = io.BytesIO("\n".join(rows).encode())
    try:
        return importing.request_import(file=file, filename="rivers.jsonl", source_name=f"rivers {number}").pk
    finally:
        connection.close()  # the next one may find another server


def set_up(root):
    """Start this run's own servers, which nobody else uses, with an empty database."""
    import django
    from django.core.management import call_command

    services = embedded.start(INSTANCE, root=root, environ={})
    os.environ.update(
        DATABASE_URL=services.database_url,
        REDIS_URL=services.redis_url,
        ATTUNE_DATA_DIR=str(root / "files"),
        ATTUNE_ENV="test",
        DJANGO_SETTINGS_MODULE="labeling.settings",
        SWEEP_SECONDS="2",
        LOG_LEVEL="CRITICAL",
        **embedded.secrets(INSTANCE, root=root),
    )
    django.setup()
    call_command("migrate", verbosity=0)


def everything(root):
    """Return {name: what can be killed and started}; the servers run already."""
    from tests.processes import Process, Web

    place = Place.of(INSTANCE, root)
    (data,) = (cluster / "data" for cluster in place.clusters())
    postgres = command(Postmaster.of(data).pid).split()
    broker = [str(valkey._program(place).path), str(valkey._conf(place))]
    environ = {**os.environ, "LOG_LEVEL": "INFO"}
    processes = {
        name: Process(name, environ=environ, log=place.logs / f"{name}.log") for name in ("worker", "models", "beat")
    }
    return {
        "web": Web(environ=environ, log=place.logs / "web.log"),
        **processes,
        "broker": Server("valkey", place, broker, lambda: valkey.Answering.of(place)),
        "postgres": Server("postgres", place, postgres, lambda: Postmaster.of(data)),
    }


def soak(options, root):
    """Let everybody work and everything die; return the promises that were broken."""
    from tests.load import scenery
    from tests.load.bench_labeling import cookies_of

    victims, over = everything(root), threading.Event()
    killer = Killer(victims, over, random.Random(f"{options.seed} killer"))
    tasks = options.tasks or int(1_000 * max(1, options.minutes))
    # The smaller one is done sooner, so that there is a struggle for the last seats.
    projects = [scenery.project_with(tasks=size, name=f"Soak {size}", overlap=2) for size in (tasks, tasks // 10)]
    processes = [victim for victim in victims.values() if not isinstance(victim, Server)]
    try:
        for process in processes:
            process.start()
        labelers = []
        for person in scenery.labelers(options.labelers):
            browser = Browser(victims["web"].url, timeout=60)
            browser.cookies = cookies_of(person)
            name = person.email.partition("@")[0]
            labelers.append(Labeler(browser, name, projects, over, random.Random(f"{options.seed} {name}")))
        for thread in (*labelers, killer):
            thread.start()
        watch(labelers, killer, options.minutes * 60)
        over.set()
        still_there = settle(labelers, killer)
    finally:
        over.set()
        if killer.is_alive():
            killer.join()
        for process in processes:
            if process.running:
                process.stop()
    return report(projects, labelers, killer, still_there)


def watch(labelers, killer, seconds):
    """Tell what happens, until the time is up, or nothing is left to do, and the killer has ended."""
    began, told, shown = time.monotonic(), 0, 0
    while killer.is_alive():
        killer.join(0.5)
        passed = time.monotonic() - began
        if passed >= seconds or not any(labeler.is_alive() for labeler in labelers):
            killer.time_is_up.set()
        if passed >= told + 10:
            told, done = 10 * (passed // 10), total(labelers)
            kills = killer.outages[shown:]
            shown += len(kills)
            print(
                f"{passed:5.0f} s  {done['submitted']} submitted, {done['drafts']} drafts, {done['skipped']} skipped,"
                f" {done['undone']} undone, {done['walked away']} walked away; {held_back(labelers)} requests held"
                f" back; killed: {', '.join(kill.name for kill in kills) or 'nothing'}",
                flush=True,
            )


def total(labelers):
    return sum((labeler.did for labeler in labelers), Counter())


def held_back(labelers):
    return sum(len(labeler.failures) for labeler in labelers)


def settle(labelers, killer):
    """Everything runs: labelers finish the sheet in hand, and workers what was lost on the way; return what is not."""
    from django.db import connection

    connection.close()  # it died with the first postmaster
    for labeler in labelers:
        labeler.join(PATIENCE)
    wait(lambda: killer.revive() or not any(unfinished(killer).values()), 180)
    return {
        "labelers still at work": [labeler.name for labeler in labelers if labeler.is_alive()],
        **unfinished(killer),
    }


def unfinished(killer):
    """Return what beat, `models` and the worker still have to do, under the promise that they do it."""
    from django.utils import timezone

    from labeling.prompts.models import Import
    from labeling.work.models import Assignment

    jobs = Import.objects.filter(pk__in=killer.imports)
    whole = {"state": "done", "created_count": ROWS, "source__prompts__count": ROWS}
    late = Assignment.objects.filter(state="open", lease_until__lt=timezone.now())
    return {
        "imports not whole": [job.pk for job in jobs if is_not(job, whole)],
        "passed leases not swept": list(late.values_list("pk", flat=True)),
    }


def is_not(job, whole):
    found = {
        "state": job.state,
        "created_count": job.created_count,
        "source__prompts__count": job.source.prompts.count(),
    }
    return found != whole


def report(projects, labelers, killer, still_there):
    """Print the tables and return the promises that were broken."""
    print(f"\n{'killed':<10} {'times':>6} {'away, s':>9} {'requests held back meanwhile':>30} {'ended by itself':>16}")
    for name in sorted(killer.victims):
        outages = [outage for outage in killer.outages if outage.name == name]
        away = sum(outage.ended - outage.began for outage in outages)
        felt = sum(failure.is_excused(outages) for labeler in labelers for failure in labeler.failures)
        print(f"{name:<10} {len(outages):>6} {away:>9.1f} {felt:>30} {killer.ended_by_themselves.count(name):>16}")
    print("\n" + ", ".join(f"{count} {what}" for what, count in total(labelers).items()))
    promises = {**still_there, **recounted(projects, labelers), **errors(labelers, killer)}
    print(f"\n{'promise':<52} {'broken':>6}")
    for promise, broken in promises.items():
        print(f"{promise:<52} {len(broken):>6}")
    for promise, broken in promises.items():
        for one in broken[:20]:
            print(f"{promise}: {one}")
    return [promise for promise, broken in promises.items() if broken]


def errors(labelers, killer):
    """Return what was neither a connection lost nor a 5xx while the web or the database was away."""
    failures = [failure for labeler in labelers for failure in labeler.failures]
    return {
        "requests without an answer, though all was up": [
            failure.told for failure in failures if not failure.is_excused(killer.outages)
        ],
        "answers that were not expected": [surprise for labeler in labelers for surprise in labeler.surprises],
        "servers that could not be killed or started": [repr(killer.failure)] if killer.failure else [],
    }


STANDING = """
SELECT label.assignment_id::text, count(*), max(rating.notes) FILTER (WHERE label.superseded_at IS NULL)
FROM labels_label label JOIN labels_rating rating ON rating.label_id = label.id
    JOIN work_slot slot ON slot.id = rating.slot_id AND slot.place = 1
GROUP BY label.assignment_id
"""


def recounted(projects, labelers):
    """Return {promise: everything that breaks it}, from the tables and from what labelers were told."""
    from django.db import connection

    from labeling.work.models import Assignment, Draft

    with connection.cursor() as cursor:
        cursor.execute(STANDING)
        stored = {sheet: (times, newest) for sheet, times, newest in cursor.fetchall()}
    said = {sheet: tokens for labeler in labelers for sheet, tokens in labeler.said.items()}
    drafted = {sheet: token for labeler in labelers for sheet, token in labeler.drafted.items()}
    skipped = {sheet for labeler in labelers for sheet in labeler.skipped}
    drafts = {str(pk): body for pk, body in Draft.objects.values_list("assignment_id", "body")}
    still = Assignment.objects.filter(pk__in=skipped, state="skipped").count()
    return {
        "submissions not stored exactly once": [
            sheet for sheet in {*said, *stored} if len(said.get(sheet, [])) != stored.get(sheet, (0,))[0]
        ],
        "labels other than what was said last": [
            sheet for sheet in {*said} & {*stored} if said[sheet][-1] != stored[sheet][1]
        ],
        "drafts lost": [sheet for sheet, token in drafted.items() if token not in json.dumps(drafts.get(sheet))],
        "skips lost": ["skips"] * (len(skipped) - still),
        **in_the_books(projects, said),
    }


def in_the_books(projects, said):
    """Return the promises of every bench, but for the one that Undo breaks on purpose: it adds a second label."""
    from tests.load import scenery

    counted = [scenery.broken_promises(project, said) for project in projects]
    books = [promise for promise in scenery.BOOKS if promise != "sheets with two labels"]
    return {promise: [promise] * sum(books[promise] for books in counted) for promise in books}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--labelers", type=int, default=16)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--tasks", type=int, help="of the larger project; else a thousand a minute")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    root, broken = Path(tempfile.mkdtemp(prefix="attune-soak-")), ["the soak did not end"]
    print(f"{options.labelers} labelers, {options.minutes:g} minutes, --seed {options.seed}", flush=True)
    try:
        set_up(root)
        broken = soak(options, root)
    finally:
        embedded.destroy(INSTANCE, root=root)
        if broken:
            print(f"\nBROKEN: {'; '.join(broken)}. The logs are in {Place.of(INSTANCE, root).logs}.")
        else:
            shutil.rmtree(root)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
