"""Does a ranking give every strict pair once, and nothing else?"""

import doctest
from itertools import combinations, permutations

from hypothesis import given
from hypothesis import strategies as st

from labeling.stats import preference
from labeling.stats.preference import dense, dense_ranks, n_possible, n_ties, pairs

rankings = st.lists(st.integers(min_value=1, max_value=16), max_size=9)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(preference) == doctest.TestResults(failed=0, attempted=6)


@given(rankings)
def test_every_strict_pair_comes_once_and_no_other(ranks):
    found = list(pairs(enumerate(ranks)))

    assert sorted(found) == sorted((i, j) for i, j in permutations(range(len(ranks)), 2) if ranks[i] < ranks[j])


@given(rankings)
def test_the_possible_pairs_are_the_strict_ones_and_the_ties(ranks):
    assert n_possible(len(ranks)) == len(list(pairs(enumerate(ranks)))) + n_ties(ranks)
    assert n_ties(ranks) == sum(one == other for one, other in combinations(ranks, 2))


@given(rankings)
def test_closing_up_empty_ranks_keeps_the_order_and_starts_at_1(ranks):
    closed_up = dense(ranks)

    assert list(pairs(enumerate(closed_up))) == list(pairs(enumerate(ranks)))
    assert set(closed_up) == set(range(1, len(set(ranks)) + 1))


@given(st.lists(st.lists(st.integers(), min_size=1), max_size=9))
def test_tie_groups_are_numbered_from_the_best(groups):
    items = [(place, index) for place, group in enumerate(groups) for index in range(len(group))]
    named = [[item for item in items if item[0] == place] for place in range(len(groups))]

    assert dense_ranks(named) == {item: item[0] + 1 for item in items}
