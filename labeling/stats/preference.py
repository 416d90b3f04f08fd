"""What does a ranking say of every two responses? Strict pairs and ties; rank 1 is best."""

from collections import Counter


def pairs(places):
    """Yield (chosen, rejected) for every two places that are not tied.

    >>> list(pairs([("a", 1), ("b", 2), ("c", 2)]))
    [('a', 'b'), ('a', 'c')]
    >>> list(pairs(enumerate([2, 1, 2, 3])))
    [(1, 0), (1, 2), (1, 3), (0, 3), (2, 3)]
    """
    places = sorted(places, key=lambda place: place[1])
    for above, (chosen, rank) in enumerate(places):
        for rejected, lower in places[above + 1 :]:
            if rank < lower:
                yield chosen, rejected


def dense_ranks(groups):
    """Return {item: rank} of tie groups, best first.

    >>> dense_ranks([["b"], ["a", "c"], ["d"]])
    {'b': 1, 'a': 2, 'c': 2, 'd': 3}
    """
    return {item: rank for rank, group in enumerate(groups, start=1) for item in group}


def dense(ranks):
    """Return the same order without gaps: the columns of a board that were left empty do not count.

    >>> dense([4, 1, 4, 7])
    [2, 1, 2, 3]
    """
    closed_up = {rank: place for place, rank in enumerate(sorted(set(ranks)), start=1)}
    return [closed_up[rank] for rank in ranks]


def n_possible(k):
    """Return how many pairs k responses make.

    >>> n_possible(4), n_possible(9)
    (6, 36)
    """
    return k * (k - 1) // 2


def n_ties(ranks):
    """Return how many of the pairs are tied.

    >>> n_ties([1, 2, 2, 2])
    3
    """
    return sum(n_possible(tied) for tied in Counter(ranks).values())
