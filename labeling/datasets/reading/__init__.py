"""What exactly was said? Records of each kind, in an order that never depends on who was first.

Each module has `count(choice)`, how many there are, `by_split(choice)`, how many in which split, and
`batches(choice, left_out)`, which yields lists of them: inside a transaction, because the rows come from one
server-side cursor.
"""

from collections import Counter

from labeling.datasets import choosing
from labeling.datasets.models import DatasetKind
from labeling.datasets.reading import examples, judged, prompts, rankings, ratings, raw

READERS = {
    DatasetKind.SFT: examples,
    DatasetKind.COMPARISONS: rankings,
    DatasetKind.UNPAIRED: judged,
    DatasetKind.PROMPTS: prompts,
    DatasetKind.RATINGS: ratings,
    DatasetKind.RAW: raw,
}


def count(choice):
    return READERS[choice.kind].count(choice)


def by_split(choice):
    """Return {split: how many records there are}, counted without reading them where the database can."""
    return READERS[choice.kind].by_split(choice)


def batches(choice, left_out=None):
    """Yield lists of records. `left_out`, a Counter, learns what was chosen and became none, by reason."""
    if left_out is not None:
        left_out.update(choosing.kept_back(choice))
    yield from READERS[choice.kind].batches(choice, Counter() if left_out is None else left_out)
