"""Which counts may be shown, so that no group of fewer than five people can be read off or worked out?

A count that was looked at before and after somebody answered would tell what they said. So whoever comes to a cell (the
people who gave one answer) waits until five or more wait there, and then they are shown together: every number that is
ever shown of a cell is another one by nothing, or by five or more. What a cell shows depends on nobody outside of it,
and how many people there are in all is not told: so nothing is left to subtract, and of those who wait nobody can tell
whether they are none or four.
"""

FEWEST = 5


def shown(arrivals):
    """Return how many of a cell are shown once these have come, one number for each quarter in their order.

    >>> [shown([6, 1, 4][:quarters]) for quarters in (1, 2, 3)]
    [6, 6, 11]
    >>> shown([4, 0])
    0
    """
    together = waiting = 0
    for came in arrivals:
        waiting += came
        if waiting >= FEWEST:
            together, waiting = together + waiting, 0
    return together
