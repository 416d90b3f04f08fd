"""Do intervals hold what they promise, and do they say when there is nothing to say?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from labeling.stats.intervals import mean_over_items, over_items, share_over_items, student, wilson

COUNTS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_wilson_is_scipys(counted):
    successes, n = counted
    ours = wilson(successes, n)
    theirs = scipy_stats.binomtest(successes, n).proportion_ci(method="wilson")

    assert (ours.low, ours.high) == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))


@pytest.mark.parametrize("freedom", [1, 2, 7, 30, 31, 60, 500])
def test_students_quantile_is_scipys(freedom):
    assert student(freedom) == pytest.approx(scipy_stats.t.ppf(0.975, freedom), rel=1e-4)


@given(st.lists(st.floats(1, 7), min_size=2, max_size=12))
def test_a_mean_has_students_interval_within_the_scale(values):
    found = mean_over_items(values, lowest=1, highest=7)

    assert found.value == pytest.approx(np.mean(values))
    assert 1 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 7


def test_values_that_are_all_alike_still_leave_doubt():
    found = mean_over_items([1.0, 1.0, 1.0, 1.0], lowest=0, highest=1)

    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.5 < found.low < 0.9


def test_decisions_that_hang_together_within_an_item_are_worth_fewer():
    alone = share_over_items([2, 0, 2, 0, 2, 0, 1, 1], [2] * 8)
    apart = share_over_items([1, 1, 1, 1, 1, 1, 1, 1], [2] * 8)

    assert (alone.value, apart.value) == (0.5, 0.5)
    assert alone.high - alone.low > apart.high - apart.low
    assert (apart.low, apart.high) == (pytest.approx(wilson(8, 16).low), pytest.approx(wilson(8, 16).high))


def test_the_order_of_items_changes_nothing():
    assert share_over_items([2, 0, 1], [2, 2, 2]) == share_over_items([1, 2, 0], [2, 2, 2])


def test_a_bootstrap_of_a_share_comes_near_to_its_exact_interval():
    rng = np.random.default_rng(1)
    hits = rng.random(200) < 0.7
    counts = np.stack([hits, ~hits], axis=1)

    found = over_items(lambda sums: sums[..., 0] / sums.sum(axis=-1), counts, lowest=0.0)

    exact = wilson(int(hits.sum()), 200)
    assert (found.low, found.high) == (pytest.approx(exact.low, abs=0.02), pytest.approx(exact.high, abs=0.02))


def test_the_same_counts_have_the_same_interval():
    counts = [[3, 1], [1, 3], [2, 2]]

    assert over_items(_share, counts) == over_items(_share, counts)


def _share(sums):
    return sums[..., 0] / sums.sum(axis=-1)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (wilson(0, 0), "no_items"),
        (share_over_items([], []), "no_items"),
        (mean_over_items([], lowest=1, highest=7), "no_items"),
        (over_items(_share, np.zeros((0, 2))), "no_items"),
        (over_items(lambda sums: sums[..., 0] * np.nan, [[1, 1], [1, 1]]), "one_sided"),
    ],
)
def test_where_there_is_no_number_there_is_a_reason(found, why):
    assert (found.value, found.low, found.high, found.why) == (None, None, None, why)


def test_one_item_has_a_value_and_no_interval():
    assert mean_over_items([5], lowest=1, highest=7) == over_items(lambda sums: sums[..., 0], [[5]])
