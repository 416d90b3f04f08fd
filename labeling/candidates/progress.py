"""How far is a job, how fast is it, and when will it be over? Asked every second, and dear at no size.

Counts are those of the job's parts. Only the pace looks at calls: at those of the newest answers.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import ceil

from django.db.models import Count, Min
from django.utils import timezone

from labeling.candidates.models import Call, Response, Score
from labeling.prompts.models import JobState

# The pace is that of the last half minute, seen in the newest answers of the whole house.
LATELY = timedelta(seconds=30)
NEWEST = 2_000
MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class PartProgress:
    """One model's part of a job; `cost` is in dollars, None without prices."""

    endpoint: object
    total: int
    done: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal | None

    @property
    def waiting(self):
        return self.total - self.done - self.failed


@dataclass(frozen=True)
class Progress:
    """All of a job. `rate` is answers a second, `eta` seconds; None where there is nothing to measure."""

    parts: list[PartProgress]
    is_planned: bool
    rate: float | None
    eta: int | None

    @property
    def total(self):
        return sum(part.total for part in self.parts)

    @property
    def done(self):
        return sum(part.done for part in self.parts)

    @property
    def failed(self):
        return sum(part.failed for part in self.parts)

    @property
    def waiting(self):
        return self.total - self.done - self.failed

    @property
    def cost(self):
        """Dollars, as far as prices are known; None where none is."""
        known = [part.cost for part in self.parts if part.cost is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def percent(self):
        """100 only when nothing is left."""
        if not self.total:
            return 100 if self.is_planned else 0
        percent = 100 * (self.done + self.failed) // self.total
        return percent if self.is_planned else min(percent, 99)


def progress(job):
    """Return the `Progress` of a job."""
    parts = [_part(part) for part in job.parts.select_related("endpoint").order_by("endpoint__name")]
    rate = _rate(job, parts)
    left = sum(part.waiting for part in parts)
    eta = ceil(left / rate) if rate and job.planned_at else None
    return Progress(parts, job.planned_at is not None, rate, eta)


def _part(part):
    cost = spent(part.endpoint, part.prompt_tokens, part.completion_tokens)
    return PartProgress(
        part.endpoint, part.total, part.done, part.failed, part.prompt_tokens, part.completion_tokens, cost
    )


def spent(endpoint, prompt_tokens, completion_tokens):
    """Dollars for these tokens, None where the model has no prices."""
    if endpoint.price_in is None and endpoint.price_out is None:
        return None
    dollars = prompt_tokens * (endpoint.price_in or 0) + completion_tokens * (endpoint.price_out or 0)
    return (Decimal(dollars) / MILLION).quantize(Decimal("0.0001"))


def _rate(job, parts):
    if job.state != JobState.RUNNING or not parts:
        return None
    now = timezone.now()
    lately = _lately(job, parts, now - LATELY).aggregate(number=Count("pk"), first=Min("answered_at"))
    seconds = (now - lately["first"]).total_seconds() if lately["number"] > 1 else 0
    return lately["number"] / seconds if seconds > 0 else None


def _lately(job, parts, since):
    calls = Call.objects.filter(part__job=job, answered_at__gte=since)
    if parts[0].endpoint.is_scorer:
        newest = Score.objects.order_by("-pk").values("response")[:NEWEST]
        return calls.filter(scored__in=newest, endpoint__in=[part.endpoint for part in parts])
    return calls.filter(response__in=Response.objects.order_by("-pk").values("pk")[:NEWEST])
