"""Do the intervals of a screening test cover the truth as often as they say? `python -m tests.load.bench_coverage`

Applicants of known ability take simulated tests of the usual sizes, thousands of times; printed is how often the 95 %
interval held the true value, how wide it was, and in how many tests there was none. Needs no database.
"""

import argparse

import numpy as np

from labeling.stats.agreement import flag_agreement, ranking_agreement
from labeling.stats.intervals import mean_over_items

MANY = 4_000  # items that stand for infinitely many where the truth has no formula
# Items, decisions about each, how often one is right, how much hangs together within an item. Eleven are table 3's.
FLAGS = (
    (24, 2, 0.95, 0), (24, 2, 0.75, 0), (24, 2, 0.75, 0.5), (24, 2, 0.95, 0.8), (24, 2, 0.5, 0), (60, 2, 0.75, 0.5),
    (24, 11, 0.9, 0.5), (24, 11, 0.95, 0.5), (24, 9, 0.95, 0.8), (24, 11, 0.75, 0.5),
)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tests", type=int, default=2_000, help="simulated tests for each line")
    asked = parser.parse_args()
    chance = np.random.default_rng(2203_02155)
    print(f"{'what':<48}{'n':>4}{'truth':>8}{'covered':>9}{'width':>7}{'none':>6}")
    for n, decisions, ability, together in FLAGS:
        draw = flags(chance, decisions, ability, together)
        truths = {name: found.value for name, found in flag_agreement(draw(MANY)).items()}
        truths["agreement"] = ability
        found = [flag_agreement(draw(n)) for _ in range(asked.tests)]
        for name, truth in truths.items():
            title = f"flags {decisions}/item{f', {together:.0%} common' if together else ''}, {name}"
            report(title, n, truth, [one[name] for one in found])
    for n, k, noise in ((8, 4, 0.5), (8, 4, 0.8), (8, 4, 1.5), (8, 4, 4), (20, 4, 1.5), (8, 2, 0.8)):
        draw = rankings(chance, k, noise)
        truths = {name: found.value for name, found in ranking_agreement(draw(MANY)).items()}
        found = [ranking_agreement(draw(n)) for _ in range(asked.tests)]
        for name, truth in truths.items():
            report(f"rankings of {k}, {name}", n, truth, [one[name] for one in found])
    for n, level in ((3, 6.0), (3, 4.0), (3, 6.8), (6, 5.0), (6, 6.8)):
        draw = grades(chance, level)
        truth = float(np.mean(draw(MANY)))
        found = [mean_over_items(draw(n), lowest=1, highest=7) for _ in range(asked.tests)]
        report("demonstrations, mean grade of two graders", n, truth, found)


def flags(chance, decisions, ability, together):
    """So many decisions per item; `together` is the share of them that one and the same thing makes right or wrong."""

    def draw(items):
        rights = chance.random((items, decisions)) < 0.45
        same = chance.random((items, 1)) < ability
        is_common = chance.random((items, decisions)) < together
        hits = np.where(is_common, same, chance.random((items, decisions)) < ability)
        return [
            [(bool(right), bool(right) == bool(hit)) for right, hit in zip(*item, strict=True)]
            for item in zip(rights, hits, strict=True)
        ]

    return draw


def rankings(chance, k, noise):
    """So many responses whose quality is seen through noise; the key's order is 1, 2, 3 …"""

    def draw(items):
        seen = np.arange(k) + chance.normal(0, noise, (items, k))
        return [(list(range(1, k + 1)), [int(rank) + 1 for rank in np.argsort(np.argsort(one))]) for one in seen]

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
