"""How badly does the stand-in's server behave, and what has it seen?"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass
class Behaviour:
    """How well the server does its work. It may be changed while it runs; the next request sees it.

    `latency` is in seconds, and up to `jitter` comes on top. The others, from `fail` on, are the shares of requests, 0
    to 1, that end in one way; together they are at most 1.
    """

    latency: float = 0.0
    jitter: float = 0.0
    fail: float = 0.0  # 500
    throttle: float = 0.0  # 429
    drip: float = 0.0  # the answer, one byte every `drip_pause` seconds
    truncate: float = 0.0  # half of the JSON
    mistype: float = 0.0  # a web page
    flood: float = 0.0  # ten megabytes
    hang_up: float = 0.0  # the connection closes without an answer
    most_faults: int = 0  # a question that ended badly so many times is answered well then; 0 is no limit
    drip_pause: float = 0.05
    retry_after: int = 1  # seconds, with a 429
    max_concurrent: int = 0  # more at a time get 429; 0 is no limit
    key: str = ""  # who does not send it gets 401

    def fault(self, before: int = 0) -> str:
        """Return the way in which a request ends badly, or nothing. `before` is how often the same question did."""
        if self.most_faults and before >= self.most_faults:
            return ""
        left = random.random()  # noqa: S311 -- nobody's secret
        for name in FAULTS:
            left -= getattr(self, name)
            if left < 0:
                return name
        return ""


FAULTS = ("fail", "throttle", "drip", "truncate", "mistype", "flood", "hang_up")


@dataclass
class Seen:
    """What was asked: how often each (model, prompt's words, seed), what was answered, how many at a time.

    `faults` is how often each question, by its whole body, ended badly.
    """

    asked: Counter[tuple[str, str, int | None]] = field(default_factory=Counter)
    faults: Counter[bytes] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0

    def spoil(self, question: dict[str, Any], behaviour: Behaviour) -> str:
        """Return the way in which this request ends badly, or nothing, and count it."""
        body = orjson.dumps(question, option=orjson.OPT_SORT_KEYS)
        fault = behaviour.fault(self.faults[body])
        if fault:
            self.faults[body] += 1
        return fault

    def come(self) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def go(self) -> None:
        self.in_flight -= 1
