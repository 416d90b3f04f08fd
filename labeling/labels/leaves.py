"""Which page of a sheet is shown? In the layout “pages” each response has a leaf of its own; the board is the last."""

from labeling.labels import bodies
from labeling.work.models import Layout


def leaf_count(asks, layout):
    """Return how many leaves a sheet has; where nothing is rated there is nothing to say page by page."""
    if layout != Layout.PAGES or not asks.rates:
        return 1
    return asks.k + asks.ranks


def leaf_of(field, asks):
    """Return the leaf on which a form field stands; None for what stands beside every leaf, such as the prompt's."""
    letter, _dash, key = field.partition("-")
    if asks.ranks and (key == "rank" or field == "ranking"):
        return asks.k + 1
    return asks.letters.index(letter) + 1 if letter in asks.letters else None


def leaf_shown(body, *, asks, leaves, wanted, faults):
    """Return the leaf to open: the first with a fault, else the one asked for, else the first that is not finished."""
    if leaves == 1:
        return 1
    if not faults and wanted and wanted <= leaves:
        return wanted
    if not faults and not body:
        return 1
    found = (leaf_of(fault.field, asks) for fault in faults or _missing(body, asks))
    return min((leaf for leaf in found if leaf), default=leaves)


def _missing(body, asks):
    try:
        bodies.clean(body, sheet=asks)
    except bodies.Faults as found:
        return found.faults
    return []
