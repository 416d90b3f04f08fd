"""Do the intervals of a screening test cover the truth as often as they say? `python -m tests.load.bench_coverage`

Applicants of known ability take simulated tests of the usual sizes, thousands of times; printed is how often the 95 %
interval held the true value, how wide it was, and in how many tests there was none. Needs no database.
"""

import argparse

import numpy as np

from labeling.stats.agreement import flag_agreement, ranking_agreement
from labeling.stats.intervals import mean_over_items

K = 4
MANY = 4_000  # items that stand for infinitely many where the truth has no formula


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tests", type=int, default=2_000, help="simulated tests for each line")
    asked = parser.parse_args()
    chance = np.random.default_rng(2203_02155)
    print(f"{'what':<48}{'n':>4}{'truth':>8}{'covered':>9}{'width':>7}{'none':>6}")
    for n, ability, together in ((24, 0.95, 0), (24, 0.75, 0), (24, 0.75, 0.3), (24, 0.5, 0), (60, 0.75, 0.3)):
        draw = flags(chance, ability, together)
        truths = {name: found.value for name, found in flag_agreement(draw(MANY)).items()}
        truths["agreement"] = ability
        found = [flag_agreement(draw(n)) for _ in range(asked.tests)]
        for name, truth in truths.items():
            title = f"flags, {name}{', items hang together' if together else ''}"
            report(title, n, truth, [one[name] for one in found])
    for n, noise in ((8, 0.5), (8, 1.5), (8, 4), (20, 1.5)):
        draw = rankings(chance, noise)
        truths = {name: found.value for name, found in ranking_agreement(draw(MANY)).items()}
        found = [ranking_agreement(draw(n)) for _ in range(asked.tests)]
        for name, truth in truths.items():
            report(f"rankings, {name}", n, truth, [one[name] for one in found])
    for n, level in ((3, 6.0), (3, 4.0), (6, 5.0)):
        draw = grades(chance, level)
        truth = float(np.mean(draw(MANY)))
        found = [mean_over_items(draw(n), lowest=1, highest=7) for _ in range(asked.tests)]
        report("demonstrations, mean grade of two graders", n, truth, found)


def flags(chance, ability, together):
    """Two decisions per item; `together` is how much of what makes one right makes the other right, too."""

    def draw(items):
        rights = chance.random((items, 2)) < 0.45
        common = chance.random(items) < together
        same = chance.random(items) < ability
        hits = np.where(common[:, None], same[:, None], chance.random((items, 2)) < ability)
        return [
            [(bool(right), bool(right) == bool(hit)) for right, hit in zip(*item, strict=True)]
            for item in zip(rights, hits, strict=True)
        ]

    return draw


def rankings(chance, noise):
    """Four responses whose quality is seen through noise; the key's order is 1, 2, 3, 4."""

    def draw(items):
        seen = np.arange(K) + chance.normal(0, noise, (items, K))
        return [(list(range(1, K + 1)), [int(rank) + 1 for rank in np.argsort(np.argsort(one))]) for one in seen]

    return draw


def grades(chance, level):
    """The mean of two whole grades for each text: texts differ by a deviation of 0.8, graders by 0.6."""

    def draw(items):
        texts = level + chance.normal(0, 0.8, (items, 1))
        return list(np.clip(np.round(texts + chance.normal(0, 0.6, (items, 2))), 1, 7).mean(axis=1))

    return draw


def report(what, n, truth, found):
    sure = [one for one in found if one.low is not None]
    covered = np.mean([one.low <= truth <= one.high for one in sure])
    width = np.mean([one.high - one.low for one in sure])
    print(f"{what:<48}{n:>4}{truth:>8.3f}{covered:>9.1%}{width:>7.2f}{1 - len(sure) / len(found):>6.1%}", flush=True)


if __name__ == "__main__":
    main()
