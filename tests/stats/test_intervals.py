"""Do intervals hold what they promise, and do they say when there is nothing to say?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from labeling.stats.agreement import flag_agreement
from labeling.stats.intervals import mean_over_items, share_over_items, student, wilson
from tests.load.bench_coverage import flags

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


@pytest.mark.parametrize("n", [3, 8, 20])
def test_one_that_is_off_leaves_no_less_doubt_than_none(n):
    """A lower end that rose with the first mistake would call less evidence more."""
    perfect = mean_over_items([1.0] * n, lowest=0, highest=1)
    one_off = mean_over_items([1.0] * (n - 1) + [5 / 6], lowest=0, highest=1)
    grades = [mean_over_items([*[6.0] * (n - 1), last], lowest=1, highest=7) for last in (6.0, 6.5)]

    assert one_off.low < perfect.low < 1
    assert grades[1].high - grades[1].low > 0.9 * (grades[0].high - grades[0].low)


def test_what_can_only_be_right_or_wrong_leaves_all_of_wilsons_doubt():
    found = mean_over_items([1.0] * 8, lowest=0, highest=1, doubt=1.0)

    assert found.low == pytest.approx(wilson(8, 8).low)


def test_decisions_that_hang_together_within_an_item_are_worth_fewer():
    alone = share_over_items([2, 0, 2, 0, 2, 0, 1, 1], [2] * 8)
    apart = share_over_items([1, 1, 1, 1, 1, 1, 1, 1], [2] * 8)

    assert (alone.value, apart.value) == (0.5, 0.5)
    assert alone.high - alone.low > apart.high - apart.low
    assert wilson(4, 8).low < apart.low < wilson(8, 16).low


@pytest.mark.parametrize("per_item", [1, 2, 11])
def test_where_nothing_is_wrong_items_are_what_is_counted_however_much_is_asked_of_each(per_item):
    found = share_over_items([per_item] * 24, [per_item] * 24)

    assert (found.value, found.low, found.n) == (1.0, pytest.approx(wilson(24, 24).low), 24)


def test_a_mistake_that_stands_alone_in_its_item_shows_a_little_that_they_do_not_come_together():
    alone, together = (share_over_items([11] * 22 + last, [11] * 24) for last in ([10, 10], [11, 9]))
    two_of_two = [share_over_items([2] * 23 + [last], [2] * 24) for last in (2, 1)]

    assert together.low < alone.low < alone.value
    assert two_of_two[1].low < two_of_two[0].low


@pytest.mark.parametrize(("ability", "together"), [(0.9, 0.5), (0.95, 0.5), (0.95, 0.8)])
def test_many_decisions_about_each_item_are_not_taken_for_as_many_proofs(ability, together):
    draw = flags(np.random.default_rng(7), 11, ability, together)

    found = [flag_agreement(draw(24))["agreement"] for _ in range(400)]

    assert sum(one.low <= ability <= one.high for one in found) >= 0.95 * len(found)


def test_the_order_of_items_changes_nothing():
    assert share_over_items([2, 0, 1], [2, 2, 2]) == share_over_items([1, 2, 0], [2, 2, 2])


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (wilson(0, 0), "no_items"),
        (share_over_items([], []), "no_items"),
        (mean_over_items([], lowest=1, highest=7), "no_items"),
    ],
)
def test_where_there_is_no_number_there_is_a_reason(found, why):
    assert (found.value, found.low, found.high, found.why) == (None, None, None, why)


def test_one_item_has_a_value_and_no_interval():
    found = mean_over_items([5], lowest=1, highest=7)

    assert (found.value, found.low, found.high, found.n) == (5, None, None, 1)
