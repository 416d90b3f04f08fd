"""How sure can one be of a number that came from few items? 95 % intervals, and words where there is no number.

Items are few (three demonstrations, eight rankings, twenty prompts to flag), and what is said within one item belongs
together. So every interval here but Wilson's is over items, never over single answers.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import erfc, sqrt

import numpy as np

Z = 1.959963984540054  # of the normal distribution, for 95 %
RESAMPLES = 2_000
SEED = 2203_02155

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
    effect = 1.0
    if items > 1 and 0 < share < 1:
        spread = items / (items - 1) * ((successes - share * trials) ** 2).sum() / n**2
        effect = max(1.0, spread / (share * (1 - share) / n))
    found = wilson(float(share * n / effect), float(n / effect))
    return Estimate(share, min(found.low, share), max(found.high, share), items)


def mean_over_items(values, *, lowest, highest):
    """Return the Estimate of the mean of one value per item, all within `lowest` … `highest`: Student's t, cut there.

    With so few items as there are, percentiles of a bootstrap miss the truth about twice as often as they should.
    """
    values = np.asarray([value for value in values if value is not None], float)
    if values.size == 0:
        return undefined("no_items")
    mean = float(values.mean())
    if values.size == 1:
        return Estimate(mean, n=1)
    half = student(values.size - 1) * float(values.std(ddof=1)) / sqrt(values.size)
    if half == 0:
        # All alike: as for a share of 0 or 1, what was not seen may still be there.
        half = (highest - lowest) * (1 - wilson(values.size, values.size).low) / 2
    return Estimate(mean, max(mean - half, lowest), min(mean + half, highest), values.size)


def student(freedom):
    """Return the two-sided 95 % quantile of Student's t with so many degrees of freedom."""
    if freedom <= len(T):
        return T[freedom - 1]
    return Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)


def over_items(statistic, counts, *, resamples=RESAMPLES, seed=SEED, lowest=-1.0, highest=1.0):
    """Return the Estimate of a statistic of summed counts, by a bootstrap over items.

    `counts` is an array, items × columns; `statistic` takes an array … × columns of sums and returns …, nan where it
    is undefined. Percentiles of the resamples, spread by n and by Student's t as few items demand (Hesterberg 2015,
    "expanded percentile"). Where it is undefined in more than half of the resamples, there is no interval.
    """
    counts = np.asarray(counts, float)
    items = len(counts)
    value = float(statistic(counts.sum(axis=0))) if items else np.nan
    if np.isnan(value):
        return undefined("no_items" if not items else "one_sided", items)
    if items == 1:
        return Estimate(value, n=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = statistic(_weights(items, resamples, seed) @ counts)
    found = found[~np.isnan(found)]
    if found.size < resamples / 2:
        return Estimate(value, n=items)
    tail = _tail(items)
    low, high = np.quantile(found, [tail, 1 - tail])
    return Estimate(value, max(min(float(low), value), lowest), min(max(float(high), value), highest), items)


@lru_cache(maxsize=32)
def _weights(items, resamples, seed):
    """How often each item is in each resample. The same for every person who was asked as many items."""
    drawn = np.random.default_rng(seed).integers(0, items, (resamples, items))
    places = drawn + items * np.arange(resamples)[:, None]
    return np.bincount(places.ravel(), minlength=resamples * items).reshape(resamples, items).astype(float)


def _tail(items):
    """The share to leave out at each end so that the width is that of a t-interval with the unbiased deviation."""
    reach = sqrt(items / (items - 1)) * student(items - 1)
    return erfc(reach / sqrt(2)) / 2
