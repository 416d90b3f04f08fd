"""How often do two people order the same two responses alike? Of the rankings that are frozen."""

from labeling.datasets import choosing
from labeling.quality import agreeing


def agreement(choice):
    """Return {"share", "low", "high", "pairs", "tasks"}, the interval over tasks at 95 %; None where none is shared.

    As in InstructGPT: of the pairs that both people put in order.
    """
    found = agreeing.of_rankings(choosing.labels(choice))
    if found is None or found.without_ties.value is None:
        return None
    share = found.without_ties
    return {"share": share.value, "low": share.low, "high": share.high, "pairs": found.pairs, "tasks": share.n}
