"""Is agreement what its authors defined, by hand and by scipy?"""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from labeling.stats import agreement
from labeling.stats.agreement import (
    TIE_HALF,
    WITHOUT_TIES,
    flag_agreement,
    grade_agreement,
    krippendorff_alpha,
    pair_agreement,
    pairs_told_apart,
    ranking_agreement,
    tau_b,
)

RANKS = st.integers(2, 9).flatmap(lambda k: st.tuples(*[st.lists(st.integers(1, k), min_size=k, max_size=k)] * 2))


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(agreement).failed == 0


@given(RANKS)
def test_tau_b_is_scipys(both):
    right, given_ranks = both
    ours, theirs = tau_b(right, given_ranks), kendalltau(right, given_ranks).statistic

    assert (ours is None) == bool(np.isnan(theirs))
    assert ours is None or ours == pytest.approx(theirs)


@given(RANKS, st.sampled_from([WITHOUT_TIES, TIE_HALF]))
def test_agreement_is_mutual_and_between_0_and_1(both, variant):
    right, given_ranks = both
    found = pair_agreement(right, given_ranks, variant)

    assert found == pair_agreement(given_ranks, right, variant)
    assert found is None or 0 <= found <= 1


@given(st.permutations(range(1, 7)), st.permutations(range(1, 7)))
def test_without_ties_it_is_half_of_one_and_tau(right, given_ranks):
    assert pair_agreement(right, given_ranks) == pytest.approx((1 + tau_b(right, given_ranks)) / 2)


def test_a_pair_that_either_ties_is_left_out_or_counts_half():
    assert pair_agreement([1, 2, 3], [1, 1, 1]) is None
    assert pair_agreement([1, 2, 3], [1, 1, 1], TIE_HALF) == 0.5
    assert pair_agreement([1, 1, 2], [1, 1, 2], TIE_HALF) == 1
    assert pair_agreement([1, 1, 2], [1, 1, 2]) == 1


def test_rankings_are_averaged_over_items_however_many_pairs_each_has():
    found = ranking_agreement([([1, 2], [1, 2]), ([1, 2, 3, 4], [4, 3, 2, 1])])

    assert (found["agreement"].value, found["agreement"].n, found["tau_b"].value) == (0.5, 2, 0.0)


def test_whoever_tells_only_the_worst_apart_agrees_throughout_and_has_compared_half():
    items = [([1, 2, 3, 4], [1, 1, 1, 2])] * 8

    found = ranking_agreement(items)

    assert (found["agreement"].value, found["tau_b"].value) == (1.0, pytest.approx(3 / 18**0.5))
    assert pairs_told_apart(items) == (24, 48)


def test_a_single_pair_is_as_much_in_doubt_as_a_yes_or_no():
    of_pairs, of_fours = (ranking_agreement([([*range(k)], [*range(k)])] * 8)["agreement"] for k in (2, 4))

    assert of_pairs.low < of_fours.low < 1


def test_a_key_of_ties_alone_gives_no_number_but_a_reason():
    assert ranking_agreement([([1, 1], [1, 2])])["agreement"].why == "all_ties"
    assert ranking_agreement([])["agreement"].why == "no_items"


def test_always_no_agrees_often_where_flags_are_rare_and_the_other_measures_tell():
    items = [[(True, False)]] * 2 + [[(False, False)]] * 18

    found = flag_agreement(items)

    assert found["agreement"].value == 0.9
    assert (found["recall"].value, found["kappa"].value, found["positive_agreement"].value) == (0, 0, 0)
    assert (found["precision"].why, found["precision"].n) == ("none_given", 20)


def test_it_is_told_apart_whether_the_key_or_the_answers_hold_no_yes():
    found = flag_agreement([[(False, False)]] * 5)

    assert {name: estimate.why for name, estimate in found.items() if estimate.value is None} == {
        "recall": "none_in_the_key", "precision": "none_given", "kappa": "one_sided", "positive_agreement": "one_sided",
    }  # fmt: skip
    assert {estimate.why for estimate in flag_agreement([]).values()} == {"no_items"}


def test_flags_by_hand():
    """a = 4, b = 1, c = 2, d = 3."""
    items = [[(True, True)]] * 4 + [[(True, False)]] + [[(False, True)]] * 2 + [[(False, False)]] * 3

    found = {name: estimate.value for name, estimate in flag_agreement(items).items()}

    assert found == {
        "agreement": pytest.approx(0.7),
        "recall": pytest.approx(4 / 5),
        "precision": pytest.approx(4 / 6),
        "kappa": pytest.approx((0.7 - 0.5) / 0.5),
        "positive_agreement": pytest.approx(8 / 11),
    }


def test_an_item_without_an_answer_is_no_evidence():
    with_gap = flag_agreement([[(True, True)], [], [(False, True)]])

    assert (with_gap["agreement"].value, with_gap["agreement"].n) == (0.5, 2)


def test_only_equal_answers_make_everything_one():
    found = flag_agreement([[(True, True), (False, False)]] * 10)

    assert {name: estimate.value for name, estimate in found.items()} == dict.fromkeys(found, 1)
    assert {estimate.high for estimate in found.values()} == {1}
    assert all(0.3 < estimate.low < 0.8 for estimate in found.values())


def test_kappa_doubts_as_much_as_the_agreement_that_it_rests_on():
    """Cohen (1960): where chance explains half, kappa is twice as far from 1 as the agreement is."""
    found = flag_agreement([[(True, True)], [(False, False)]] * 10)

    assert 1 - found["kappa"].low == pytest.approx(2 * (1 - found["agreement"].low))


# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units, gaps.
PUBLISHED = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
    [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
]  # fmt: skip


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_its_authors_example(level, alpha):
    assert krippendorff_alpha(PUBLISHED, level).value == pytest.approx(alpha, abs=0.0005)


def test_alpha_says_why_there_is_none():
    assert krippendorff_alpha([[1], [2]]).why == "one_grader"
    assert krippendorff_alpha([[1, 1], [1, 1]]).why == "all_alike"


def test_graders_agree_when_they_are_at_most_one_grade_apart():
    found = grade_agreement([[6, 7], [3, 5], [4, 4], [2]])

    assert (found["within_1"].value, found["within_1"].n) == (pytest.approx(2 / 3), 3)
    assert grade_agreement([[5], [6]])["within_1"].why == "one_grader"
