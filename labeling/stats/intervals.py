"""How sure can one be of a number that came from few items? 95 % intervals, and words where there is no number.

Items are few (three demonstrations, eight rankings, twenty prompts to flag), and what is said within one item belongs
together. So every interval here but Wilson's is over items, never over single answers; and where what was seen is all
alike, what was not seen keeps its doubt.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

Z = 1.959963984540054  # of the normal distribution, for 95 %
IN_ADVANCE = 2  # items; measured by tests.load.bench_coverage: 1 is too few, 3 make wider and no truer

# Two-sided 95 % quantiles of Student's t by degrees of freedom 1 to 30; beyond, the expansion of Cornish and Fisher.
T = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
    2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
    2.0452, 2.0423,
)  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval and the items it rests on; or no number, and `why` as a key: "no_items" …

    `low` and `high` are None where one item gives a value and says nothing of its spread.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    why: str = ""


def undefined(why, n=0):
    return Estimate(None, n=n, why=why)


def wilson(successes, n):
    """Return the Estimate of a share, `successes` of `n` independent trials (Wilson 1927).

    >>> found = wilson(15, 20)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.75, 0.531, 0.888)
    """
    if n == 0:
        return undefined("no_items")
    share = successes / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return Estimate(share, min(middle - half, share), max(middle + half, share), n)


def share_over_items(successes, trials):
    """Return the Estimate of a share whose trials come in items that may hang together.

    `successes` and `trials` are numbers by item. Wilson's interval for as many independent trials as these are worth:
    their variance over items, against that of independent ones, says how many (Kish's design effect, never below 1;
    Korn and Graubard 1998 do the same for surveys).
    """
    successes, trials = np.asarray(successes, float), np.asarray(trials, float)
    items, n = int((trials > 0).sum()), trials.sum()
    if n == 0:
        return undefined("no_items")
    share = float(successes.sum() / n)
    worth = n / _design_effect(successes, trials, items)
    found = wilson(float(share * worth), float(worth))
    return Estimate(share, min(found.low, share), max(found.high, share), items)


def _design_effect(successes, trials, items):
    """How many trials are worth one independent one.

    What hangs together shows only in items that hold something of the rarer answer. Without any, an item's trials count
    as one; each that there is weighs what it shows against IN_ADVANCE items of which that is taken for granted.
    """
    n = trials.sum()
    share = successes.sum() / n
    telling = min((successes > 0).sum(), (successes < trials).sum())
    if items == 1 or not telling:
        return n / items
    spread = items / (items - 1) * ((successes - share * trials) ** 2).sum() / n**2
    seen = max(1.0, spread / (share * (1 - share) / n))
    return (telling * seen + IN_ADVANCE * max(seen, n / items)) / (telling + IN_ADVANCE)


def mean_over_items(values, *, lowest, highest, doubt=0.5):
    """Return the Estimate of the mean of one value per item, all within `lowest` … `highest`: Student's t, cut there.

    With so few items as there are, percentiles of a bootstrap miss the truth about twice as often as they should, and
    values that happen to be alike say little of those that were not seen. So each side reaches at least as far as the
    doubt at an end of the scale, in proportion to how far off its own end is. That doubt is Wilson's for a share of 0
    or 1 where an item can only be at one end or the other (`doubt` 1), and half of it where values lie between.
    """
    values = np.asarray([value for value in values if value is not None], float)
    if values.size == 0:
        return undefined("no_items")
    mean = float(values.mean())
    if values.size == 1:
        return Estimate(mean, n=1)
    half = student(values.size - 1) * float(values.std(ddof=1)) / sqrt(values.size)
    least = doubt * (1 - wilson(values.size, values.size).low)
    below, above = max(half, least * (mean - lowest)), max(half, least * (highest - mean))
    return Estimate(mean, max(mean - below, lowest), min(mean + above, highest), values.size)


def student(freedom):
    """Return the two-sided 95 % quantile of Student's t with so many degrees of freedom."""
    if freedom <= len(T):
        return T[freedom - 1]
    return Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)
