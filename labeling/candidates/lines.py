"""How does one endpoint fare in this engine? What may start now, how fast, and whether anybody answers there."""

import random
import time
from collections import deque

from labeling.candidates.calls import Leased
from models_api.endpoint import Cause

# So many failures in a row, of different calls or of one, and the circuit opens.
MOST_IN_A_ROW = 10
# ... and so many refusals: wrong credentials are wrong for every call.
MOST_REFUSALS = 5
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds, between two attempts at a call
DOWN_SECONDS, LONGEST_DOWN = 5.0, 300.0  # until a silent endpoint is asked again


class Line:
    """The line to one endpoint: calls ready to be made, calls in flight, and what happened to the last ones."""

    def __init__(self, endpoint, client):
        self.endpoint, self.client = endpoint, client
        self.connection = None  # what the client was made from
        self.ready: deque[Leased] = deque()
        self.in_flight = 0
        self.allotted = 0
        self.starts = 0  # how many calls may begin before the limits are asked again
        self.ceiling = float(endpoint.concurrency)  # falls when the endpoint says "too fast"
        self.held_until = 0.0
        self.in_a_row = 0
        self.refusals = 0

    @property
    def paced(self):
        return self.endpoint.calls_per_minute is not None

    @property
    def may_be_in_flight(self):
        """Calls at once, as things are. One at a time asks whether a silent endpoint answers again."""
        most = 1 if self.endpoint.down_at else max(1, int(self.ceiling))
        return min(self.allotted, self.endpoint.concurrency, most)

    def is_open(self, now):
        """May anything start? Not while the endpoint asked us to wait, and not before a silent one is asked again."""
        if time.monotonic() < self.held_until:
            return False
        return self.endpoint.down_until is None or self.endpoint.down_until <= now

    def next_call(self, now):
        """The call to make now, or None."""
        if not self.ready or self.in_flight >= self.may_be_in_flight or not self.is_open(now):
            return None
        if self.paced:
            if self.starts < 1:
                return None
            self.starts -= 1
        self.in_flight += 1
        return self.ready.popleft()

    def room(self):
        """How many more calls to have ready, so that the next one is at hand when one comes back."""
        wanted = self.may_be_in_flight - self.in_flight + max(self.may_be_in_flight, 4)
        return max(0, wanted - len(self.ready)) if self.may_be_in_flight else 0

    def answered(self):
        """A call came back with an answer: the endpoint lives, and may be asked a little faster."""
        self.in_flight -= 1
        self.in_a_row = self.refusals = 0
        self.ceiling = min(float(self.endpoint.concurrency), self.ceiling + 1 / self.ceiling)

    def failed(self, error):
        """A call came back without one."""
        self.in_flight -= 1
        if error.cause in {Cause.REFUSED, Cause.FORBIDDEN} or (error.cause == Cause.UNREACHABLE and error.permanent):
            self.refusals += 1
        elif error.cause not in {Cause.REJECTED, Cause.TOO_LARGE}:
            self.in_a_row += 1
        if error.cause == Cause.THROTTLED and time.monotonic() >= self.held_until:
            self.ceiling = max(1.0, self.ceiling / 2)

    def hold(self, seconds):
        self.held_until = max(self.held_until, time.monotonic() + seconds)

    def abandoned(self):
        """A call was given up by us; it says nothing about the endpoint."""
        self.in_flight -= 1

    @property
    def is_silent(self):
        """Has the circuit to be opened? While it is open already, by the first failure of a call that asks again."""
        return self.in_a_row >= (1 if self.endpoint.down_at else MOST_IN_A_ROW)

    @property
    def turns_us_away(self):
        return self.refusals >= MOST_REFUSALS


def pause(attempts):
    """Seconds before the next attempt: doubled each time, and a different part of it for every call."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempts)
    return longest * (0.5 + random.random() / 2)  # noqa: S311  it only spreads calls out
