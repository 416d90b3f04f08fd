"""Which counts may be shown, so that no group of fewer than five people can be read off or worked out?"""

FEWEST = 5


def shown_of_one(counts):
    """Return the counts with None for the hidden ones; everybody is in exactly one cell, and the total is known.

    Cells of fewer than five are hidden, empty ones as well as soon as another is. What is hidden adds up to the total
    less what is shown; where that tells too much, the smallest of the others is hidden with them.

    >>> shown_of_one({"a": 12, "b": 7, "c": 0})
    {'a': 12, 'b': 7, 'c': 0}
    >>> shown_of_one({"a": 12, "b": 7, "c": 2, "d": 0})
    {'a': 12, 'b': None, 'c': None, 'd': None}
    >>> shown_of_one({"a": 12, "b": 4, "c": 2})
    {'a': 12, 'b': None, 'c': None}
    >>> shown_of_one({"a": 3, "b": 1})
    {'a': None, 'b': None}
    """
    if sum(counts.values()) < FEWEST:
        return dict.fromkeys(counts)
    hidden = {cell for cell, n in counts.items() if n < FEWEST}
    if not any(counts[cell] for cell in hidden):
        return counts
    while (others := counts.keys() - hidden) and _tells([counts[cell] for cell in hidden]):
        # All of the smallest at once: which of two equals is hidden would tell, too.
        smallest = min(counts[cell] for cell in others)
        hidden |= {cell for cell in others if counts[cell] == smallest}
    return {cell: None if cell in hidden else n for cell, n in counts.items()}


def _tells(hidden):
    """Fewer than five are a small group themselves; and a sum as large as can be leaves each cell one value, 4."""
    return sum(hidden) < FEWEST or hidden == [FEWEST - 1] * len(hidden)


def shown_of_several(counts, total):
    """The same where people may be in several cells: each splits the `total` into those in it and those who are not.

    >>> shown_of_several({"a": 6, "b": 9, "c": 3, "d": 0, "e": 11}, 11)
    {'a': 6, 'b': None, 'c': None, 'd': 0, 'e': 11}
    """
    if total < FEWEST:
        return dict.fromkeys(counts)
    return {cell: None if 0 < n < FEWEST or 0 < total - n < FEWEST else n for cell, n in counts.items()}
