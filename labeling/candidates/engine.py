"""How does one process keep hundreds of calls in flight? One event loop asks, and one thread keeps the books.

Each turn stores what came back and leases what comes next, in one statement each; between turns a call that comes back
is followed at once by one that is ready. Several engines share the work: a call is leased by one of them at a time.
"""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import structlog
from django.utils import timezone

from labeling.candidates import recipes
from labeling.candidates.calls import Answered, Scored, missed
from labeling.candidates.clerk import Clerk
from labeling.candidates.lines import Line, pause
from labeling.sealing import CannotOpen
from models_api.endpoint import Cause, EndpointError

logger = structlog.get_logger(__name__)

TURN_SECONDS = 0.05
AWAY_SECONDS = 1.0  # before the database is asked again
IDLE_SECONDS = 3.0  # without anything to do, and the engine goes home
STAYS_SECONDS = 20.0  # for a call that is due so soon
GRACE_SECONDS = 5.0  # for calls in flight when the process is told to stop


class Engine:
    """Asks models until nothing is due, or until `stop` is set."""

    def __init__(self, *, id=None, stop=None, redis_url=None):
        self.id = id or uuid4()  # by which its leases are known
        self.stop = stop or threading.Event()
        self.lines = {}  # endpoint id → Line
        self.stored = 0
        self._clerk = Clerk(self.id, url=redis_url)
        self._outcomes = []
        self._news = []  # (what, line, reason): of endpoints, to be written down
        self._asking = {}  # task → (line, call)
        self._retired = []  # clients whose last calls are still in flight
        self._busy_at = 0.0

    def run(self):
        """Work until there is nothing to do; returns how many outcomes were stored."""
        asyncio.run(self._run())
        return self.stored

    async def _run(self):
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="clerk")
        self._busy_at = time.monotonic()
        try:
            while not self.stop.is_set() and time.monotonic() - self._busy_at < IDLE_SECONDS:
                await self._turn()
                await asyncio.sleep(TURN_SECONDS)
        finally:
            await self._go_home()
            self._desk.shutdown()

    async def _turn(self):
        try:
            await self._at_desk(self._keep_books)
        except Clerk.AWAY as error:
            await self._at_desk(self._clerk.is_away, error)
            await asyncio.sleep(AWAY_SECONDS)
            self._busy_at = time.monotonic()
        await self._renew_clients()
        for line in self.lines.values():
            self._pump(line)
        if self._asking or self._outcomes or self._is_soon():
            self._busy_at = time.monotonic()

    def _is_soon(self):
        due = self._clerk.due_at
        return due is not None and (due - timezone.now()).total_seconds() < STAYS_SECONDS

    # In the clerk's thread: what is handed over to the loop is appended or assigned whole.

    def _keep_books(self):
        now = time.monotonic()
        self._store()
        self._tell()
        if self._clerk.look(now=now):
            self._renew_lines()
            self._clerk.due_at = None if self._asking else self._clerk.look_ahead()
        for line in self.lines.values():
            self._clerk.allot(line, now=now)
            if line.is_open(timezone.now()):
                line.ready.extend(self._clerk.fetch(line, now=now))

    def _store(self):
        outcomes = self._outcomes[:]
        if outcomes:
            self._clerk.settle(outcomes)
            del self._outcomes[: len(outcomes)]
            self.stored += len(outcomes)

    def _tell(self):
        while self._news:
            what, line, reason = self._news[0]
            if what == "down":
                line.endpoint = self._clerk.say_down(line.endpoint, reason)
                line.in_a_row = 0
            elif what == "up":
                self._clerk.say_up(line.endpoint)
                line.endpoint.down_at = line.endpoint.down_until = None
            elif what == "turned away":
                self._clerk.say_turned_away(line.endpoint, reason)
                line.refusals = 0
            else:
                self._clerk.hold(line, reason)
            del self._news[0]

    def _renew_lines(self):
        """Have a line for every endpoint that is asked, as it is set up now; give back what nobody wants any more."""
        endpoints = {part.endpoint_id: part.endpoint for part in self._clerk.parts.values()}
        for pk, line in list(self.lines.items()):
            wanted = pk in endpoints and (endpoints[pk].down_until is None or line.is_open(timezone.now()))
            unwanted = [call for call in list(line.ready) if not wanted or call.part not in self._clerk.parts]
            if given_back := [call for call in unwanted if _removed(call, line.ready)]:
                self._clerk.release(given_back)
        for pk, endpoint in endpoints.items():
            if pk not in self.lines:
                self.lines[pk] = Line(endpoint, None)
            self.lines[pk].endpoint = endpoint

    # In the loop.

    async def _renew_clients(self):
        """A client is made in the loop that uses it, and made anew when its endpoint was set up differently."""
        for line in self.lines.values():
            wanted = recipes.connection(line.endpoint)
            if line.connection != wanted:
                if line.client is not None:
                    self._retired.append(line.client)
                line.connection, line.client = wanted, self._client(line.endpoint)
        if self._retired and not self._asking:
            await asyncio.gather(*(client.aclose() for client in self._retired))
            self._retired.clear()

    def _client(self, endpoint):
        try:
            return recipes.client(endpoint)
        except (ValueError, CannotOpen) as error:
            return Unusable(str(error))

    def _pump(self, line):
        """Start as many of the line's calls as may be in flight."""
        now = timezone.now()
        while not self.stop.is_set() and (call := line.next_call(now)) is not None:
            task = asyncio.create_task(self._ask(line, call))
            self._asking[task] = (line, call)
            task.add_done_callback(self._asking.pop)

    async def _ask(self, line, call):
        part = self._clerk.parts.get(call.part)
        if part is None:  # its job was paused or cancelled a moment ago
            line.abandoned()
            await self._at_desk(self._clerk.release, [call])
            return
        try:
            outcome = await self._outcome(line, call, part)
            line.answered()
            if line.endpoint.down_at:
                self._news.append(("up", line, ""))
        except EndpointError as error:
            outcome = self._missed(line, call, error)
        except Exception as error:
            logger.exception("call_broke", call=call.id)
            sentence = f"The answer could not be read: {type(error).__name__}."
            outcome = self._missed(line, call, EndpointError(sentence, cause=Cause.MALFORMED, permanent=False))
        self._outcomes.append(outcome)
        self._pump(line)

    async def _outcome(self, line, call, part):
        if call.answer is not None:
            began = time.perf_counter()
            value = await line.client.score(call.messages, call.answer)
            return Scored(call, value, time.perf_counter() - began)
        seed = None if part.job.seed is None else part.job.seed + call.sample
        completion = await line.client.complete(call.messages, recipes.sampling(part.recipe, seed=seed))
        said = {name: value for name, value in part.recipe["sampling"].items() if value not in (None, [])}
        return Answered(
            call,
            completion,
            said if seed is None else said | {"seed": seed},
            (line.endpoint.name, line.endpoint.model_id),
        )

    def _missed(self, line, call, error):
        line.failed(error)
        wait = pause(max(call.attempts, line.in_a_row // 8))
        if error.cause == Cause.THROTTLED:
            seconds = error.retry_after if error.retry_after is not None else wait
            line.hold(seconds)
            self._news.append(("hold", line, seconds))
        if line.is_silent:
            self._news.append(("down", line, str(error)))
        if line.turns_us_away:
            self._news.append(("turned away", line, str(error)))
        return missed(call, error, pause=wait)

    async def _go_home(self):
        """Give back what was not begun, wait a little for what was, store what came, let everything go."""
        ready = [call for line in self.lines.values() for call in line.ready]
        tasks = dict(self._asking)
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            ready += [tasks[task][1] for task in late]
        try:
            await self._at_desk(self._store)
            await self._at_desk(self._tell)
            await self._at_desk(self._clerk.release, ready)
        except Clerk.AWAY as error:  # the leases will pass, and another engine asks again
            logger.warning("went_home_without_storing", outcomes=len(self._outcomes), error=str(error))
        clients = [line.client for line in self.lines.values() if line.client is not None]
        await asyncio.gather(*(client.aclose() for client in [*clients, *self._retired]), return_exceptions=True)
        await self._at_desk(self._clerk.leave)

    async def _at_desk(self, work, *args):
        return await asyncio.get_running_loop().run_in_executor(self._desk, work, *args)


def _removed(call, ready):
    """Take the call out of what is ready, unless it has been started this very moment."""
    try:
        ready.remove(call)
    except ValueError:
        return False
    return True


class Unusable:
    """In the place of a client that could not be made: every call says why."""

    def __init__(self, sentence):
        self.sentence = sentence

    async def complete(self, messages, sampling):
        raise EndpointError(self.sentence, cause=Cause.REFUSED, permanent=True)

    async def score(self, messages, response):
        raise EndpointError(self.sentence, cause=Cause.REFUSED, permanent=True)

    async def aclose(self):
        pass
