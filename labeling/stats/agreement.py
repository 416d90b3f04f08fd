"""How far do two people agree, and how far does one agree with the right answers?"""

from itertools import combinations
from math import sqrt

import numpy as np

from labeling.stats.intervals import Estimate, mean_over_items, share_over_items, undefined

WITHOUT_TIES, TIE_HALF = "without_ties", "tie_half"


def flag_agreement(items):
    """Return {measure: Estimate} of yes/no answers against a key.

    `items` is [[(right, given), …], …]: for each item its decisions as pairs of bool. "agreement" is the share of equal
    answers; "recall" and "precision" are of yes; "kappa" is Cohen's (1960); "positive_agreement" is
    2a / (2a + b + c), which says of rare flags what raw agreement hides (Cicchetti and Feinstein 1990): of all that
    either calls yes, counted once for each of them, the share that the other does, too.

    >>> found = flag_agreement([[(True, True)], [(True, False)], [(False, False)], [(False, False)]])
    >>> {name: estimate.value for name, estimate in found.items()}
    {'agreement': 0.75, 'recall': 0.5, 'precision': 1.0, 'kappa': 0.5, 'positive_agreement': 0.6666666666666666}
    """
    counts = flag_counts(items)
    both, missed, false_alarms, neither = counts.T
    agreement = share_over_items(both + neither, counts.sum(axis=1))
    return {
        "agreement": agreement,
        "recall": _of_yes(both, both + missed, "none_in_the_key"),
        "precision": _of_yes(both, both + false_alarms, "none_given"),
        "kappa": _kappa(agreement, counts.sum(axis=0)),
        "positive_agreement": _of_yes(2 * both, 2 * both + missed + false_alarms, "one_sided"),
    }


def _of_yes(matched, said, why):
    """The share of what was said to be yes; if nothing was, `why`, unless nothing was answered at all."""
    found = share_over_items(matched, said)
    return undefined(why, len(said)) if found.value is None and len(said) else found


def flag_counts(items):
    """Return an array, items × 4: a (both yes), b (missed), c (false alarms), d (both no)."""
    return np.array(
        [
            [sum((right, given) == cell for right, given in item) for cell in CELLS]
            for item in items
            if item  # one without an answer is no evidence
        ]
    ).reshape(-1, 4)


CELLS = ((True, True), (True, False), (False, True), (False, False))


def _kappa(agreement, counts):
    """Cohen's kappa with the interval that he gives it (1960): the agreement's own, beyond what chance explains.

    `counts` are a, b, c, d over all items.
    """
    both, missed, false_alarms, neither = map(float, counts)
    n = both + missed + false_alarms + neither
    if n == 0:
        return undefined("no_items")
    expected = ((both + missed) * (both + false_alarms) + (neither + missed) * (neither + false_alarms)) / n**2
    if expected == 1:
        return undefined("one_sided", agreement.n)
    value, low, high = (
        (share - expected) / (1 - expected) for share in (agreement.value, agreement.low, agreement.high)
    )
    return Estimate(value, max(low, -1.0), high, agreement.n)


def pair_agreement(right, given, variant=WITHOUT_TIES):
    """Return the share of pairs of one item that two rankings order alike, or None where none counts.

    `right` and `given` are ranks in the same order of responses, 1 is best. WITHOUT_TIES leaves out pairs that either
    calls a tie (Stiennon et al. 2020); TIE_HALF counts a tie against an order as one half, and two ties as agreeing
    (WebGPT, Nakano et al. 2021).

    >>> pair_agreement([1, 2, 3, 4], [1, 2, 4, 3])
    0.8333333333333334
    >>> pair_agreement([1, 2, 2], [1, 2, 3]), pair_agreement([1, 2, 2], [1, 2, 3], TIE_HALF)
    (1.0, 0.8333333333333334)
    """
    scores = []
    for one, other in combinations(range(len(right)), 2):
        is_right, is_given = _order(right, one, other), _order(given, one, other)
        if is_right and is_given:
            scores.append(float(is_right == is_given))
        elif variant == TIE_HALF:
            scores.append(1.0 if is_right == is_given else 0.5)
    return sum(scores) / len(scores) if scores else None


def _order(ranks, one, other):
    return (ranks[one] > ranks[other]) - (ranks[one] < ranks[other])


def tau_b(right, given):
    """Return Kendall's τ-b of two rankings with ties, from -1 to 1, or None where one of them is all ties.

    >>> tau_b([1, 2, 3, 4], [1, 2, 4, 3])
    0.6666666666666666
    """
    pairs = [(_order(right, *pair), _order(given, *pair)) for pair in combinations(range(len(right)), 2)]
    in_right, in_given = sum(abs(one) for one, _ in pairs), sum(abs(other) for _, other in pairs)
    if not in_right or not in_given:
        return None
    return sum(one * other for one, other in pairs) / sqrt(in_right * in_given)


def ranking_agreement(items, variant=WITHOUT_TIES):
    """Return {"agreement": Estimate, "tau_b": Estimate} of rankings against a key, averaged over items.

    `items` is [(right, given), …], each a list of ranks in the same order of responses.
    """
    if not items:
        return {"agreement": undefined("no_items"), "tau_b": undefined("no_items")}
    shares = [pair_agreement(right, given, variant) for right, given in items]
    taus = [tau_b(right, given) for right, given in items]
    doubt = 0.5 if any(len(right) > 2 for right, _given in items) else 1.0  # one pair is in order, or it is not
    return {"agreement": _mean(shares, 0.0, doubt), "tau_b": _mean(taus, -1.0, doubt)}


def _mean(values, lowest, doubt):
    if all(value is None for value in values):
        return undefined("all_ties", len(values))
    return mean_over_items(values, lowest=lowest, highest=1.0, doubt=doubt)


def pairs_told_apart(items):
    """Return (told, possible): of all pairs that the key puts in order, how many were put in one at all.

    `items` as in `ranking_agreement`. Whoever ties all but what is plain is right about what is left.

    >>> pairs_told_apart([([1, 2, 3, 4], [1, 1, 1, 2]), ([1, 1, 2], [1, 2, 2])])
    (4, 8)
    """
    pairs = [
        (_order(right, *pair), _order(given, *pair))
        for right, given in items
        for pair in combinations(range(len(right)), 2)
    ]
    return sum(bool(right and given) for right, given in pairs), sum(bool(right) for right, _given in pairs)


def grade_agreement(grades):
    """Return {"within_1": Estimate, "alpha": Estimate} of grades 1–7 by several graders.

    `grades` is [[grade, …], …] by item. "within_1" is the share of pairs of grades that differ by at most 1; "alpha" is
    Krippendorff's for ordinal data.
    """
    several = [item for item in grades if len(item) > 1]
    if not several:
        return {"within_1": undefined("one_grader"), "alpha": undefined("one_grader")}
    found = answer_agreement([[item] for item in several], is_ordered=True)
    return {name: found[name] for name in ("within_1", "alpha")}


def answer_agreement(items, *, is_ordered=False):
    """Return {measure: Estimate} of answers to one question, by several people who are all worth the same.

    `items` is [[[answer, …], …], …]: for each item its units, each with what was said of it. "agreement" is the share
    of pairs of answers that are equal; "alpha" is Krippendorff's, for ordinal data if they are numbers (`is_ordered`),
    else for nominal. Of numbers "within_1" is the share of pairs that differ by at most 1; of bool
    "positive_agreement" is 2a / (2a + b + c), as in `flag_agreement`. The others are None.

    >>> found = answer_agreement([[[True, True], [True, False]], [[False, False]]])
    >>> round(found["agreement"].value, 3), round(found["positive_agreement"].value, 3), found["within_1"]
    (0.667, 0.667, None)
    """
    pairs = [[pair for unit in item for pair in combinations(unit, 2)] for item in items]
    units = [unit for item in items for unit in item]
    is_yes_or_no = all(isinstance(answer, bool) for unit in units for answer in unit)
    return {
        "agreement": _share(pairs, lambda one, other: one == other),
        "alpha": krippendorff_alpha(units, level="ordinal" if is_ordered else "nominal"),
        "within_1": _share(pairs, lambda one, other: abs(one - other) <= 1) if is_ordered else None,
        "positive_agreement": _agreement_on_yes(pairs) if is_yes_or_no else None,
    }


def _share(pairs, is_so):
    return share_over_items([sum(is_so(*pair) for pair in item) for item in pairs], [len(item) for item in pairs])


def _agreement_on_yes(pairs):
    said = [[one + other for one, other in item] for item in pairs]
    return _of_yes([2 * item.count(2) for item in said], [sum(item) for item in said], "one_sided")


def krippendorff_alpha(units, level="nominal"):
    """Return the Estimate of Krippendorff's alpha (2011), without an interval; undefined where all values are alike.

    `units` is [[value, …], …]: what was said of each unit, however many said something. `level` is "nominal",
    "ordinal" or "interval".

    >>> krippendorff_alpha([[1, 1], [2, 2], [1, 2], [1, 1]]).value
    0.5333333333333333
    """
    units = [list(unit) for unit in units if len(unit) > 1]
    values = sorted({value for unit in units for value in unit})
    if not units:
        return undefined("one_grader")
    if len(values) < 2:
        return undefined("all_alike", len(units))
    coincidences = _coincidences(units, {value: place for place, value in enumerate(values)})
    margins = coincidences.sum(axis=1)
    distance = _distances(np.array(values, float) if level == "interval" else values, margins, level)
    observed = (coincidences * distance).sum()
    expected = (np.outer(margins, margins) * distance).sum() / (margins.sum() - 1)
    return Estimate(float(1 - observed / expected), n=len(units))


def _coincidences(units, place_of):
    found = np.zeros((len(place_of), len(place_of)))
    for unit in units:
        for one, other in combinations(unit, 2):
            found[place_of[one], place_of[other]] += 1 / (len(unit) - 1)
            found[place_of[other], place_of[one]] += 1 / (len(unit) - 1)
    return found


def _distances(values, margins, level):
    """The squared difference between every two values, at the level of measurement."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "interval":
        return np.subtract.outer(values, values) ** 2
    before = np.cumsum(margins)
    middle = before - margins / 2  # the mean rank of each value, but for a constant
    return np.subtract.outer(middle, middle) ** 2
