"""Does a preview count what would be frozen, without reading it?"""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.candidates.models import Response
from labeling.datasets import choosing
from labeling.work import drawing
from tests.datasets.test_kinds import drawn, lines, rate, write
from tests.factories import OwnerFactory, ProjectFactory
from tests.factories.labels import rank

pytestmark = pytest.mark.django_db

KINDS = [("unpaired", "trl"), ("prompts", "trl"), ("ratings", "native"), ("raw", "native"), ("sft", "trl")]


@pytest.fixture
def said(ann):
    """Rated responses in two splits, one of them empty and one at the threshold, and a demonstration."""
    rating, writing = ProjectFactory(kind="rating", k=4), ProjectFactory(kind="demonstration")
    for split in ("train", "train", "test"):
        task = drawn(rating, ["a", "b", "c", "d"], owner=OwnerFactory(split=split))
        rate(task, ann, A=7, B=4, C=5, D=1)
    Response.objects.filter(text="d").update(text=" ")
    drawing.add_tasks(project=writing, prompts=[task.prompt_id])
    write(writing, ann, {"text": "A river."})
    return rating, writing


@pytest.mark.parametrize(("kind", "format"), KINDS)
def test_each_split_counts_the_records_that_are_read(said, kind, format):
    filters = {"minimum_rating": 5} if kind == "sft" else {}
    projects = said if kind in ("sft", "raw", "prompts") else said[:1]
    choice = choosing.choose(kind=kind, format=format, projects=projects, filters=filters)

    counted = choosing.preview_counts(choice)["splits"]

    made = Counter(split for split, _line in lines(kind, format, *projects, **filters))
    assert [[*one.values()] for one in counted] == [["train", made["train"]], ["test", made["test"]]]


@pytest.mark.parametrize(("kind", "format"), KINDS[1:-1])
def test_no_text_is_read_for_it(said, kind, format):
    choice = choosing.choose(kind=kind, format=format, projects=said[:1])

    with CaptureQueriesContext(connection) as asked:
        choosing.preview_counts(choice)

    assert [query["sql"] for query in asked if "messages" in query["sql"] or "FETCH" in query["sql"]] == []


def test_rankings_are_counted_by_the_same_labels(ann):
    project = ProjectFactory(k=2)
    rank(drawn(project, ["a", "b"], owner=OwnerFactory(split="train")), ann, "A > B")
    choice = choosing.choose(kind="comparisons", format="trl", projects=[project])

    assert choosing.preview_counts(choice)["splits"] == [{"split": "train", "rankings": 1, "pairs": 1, "ties": 0}]
