"""A sheet in Ann's hands, and the body and the form that complete it."""

import pytest

from labeling.work import queue
from tests.factories import TaskFactory


@pytest.fixture
def sheet(ann):
    task = TaskFactory()
    return queue.next_assignment(labeler=ann, project=task.project)


@pytest.fixture
def body():
    """D is best, B and A are level, C is worst."""
    return {
        "ratings": [
            {"slot": letter, "overall_quality": quality, "answers": {"fails_task": quality < 3}, "notes": ""}
            for letter, quality in {"A": 5, "B": 5, "C": 1, "D": 7}.items()
        ],
        "ranking": [["D"], ["A", "B"], ["C"]],
        "seconds": 95,
    }


@pytest.fixture
def form():
    """The same as the browser posts it."""
    fields = {"seconds": "95", "revision": "1", "then": "next"}
    for letter, quality, rank in [("A", 5, 2), ("B", 5, 2), ("C", 1, 4), ("D", 7, 1)]:
        fields[f"{letter}-overall_quality"] = str(quality)
        fields[f"{letter}-fails_task"] = "yes" if quality < 3 else "no"
        fields[f"{letter}-rank"] = str(rank)
    return fields
