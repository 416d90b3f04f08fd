"""Do the labels of programs stay out of what trainers get, unless they are asked for, and are they told apart then?"""

import pytest

from labeling.datasets import choosing, freezing
from labeling.datasets.forms import ChoiceForm
from labeling.datasets.models import DatasetVersion
from labeling.people.pseudonyms import pseudonym
from tests.datasets.conftest import lines_of, really
from tests.factories.labels import rank


@pytest.fixture
def ranked(ann, judge, project, task_of):
    """Two tasks that a person has ranked, and a program the other way round."""
    for _ in range(2):
        task = task_of(project)
        rank(task, ann, "A > B > C > D")
        rank(task, judge, "D > C > B > A")
    return project


def frozen(project, format="grouped", **filters):
    version = freezing.freeze_here(kind="comparisons", format=format, projects=[project], filters=filters)
    return version, lines_of(freezing.folder_of(version) / "train.jsonl.gz")


@really
@pytest.mark.parametrize("asked", [{}, {"programs": False}])
def test_they_are_left_out_by_default_and_the_manifest_says_so(asked, ranked, ann):
    version, lines = frozen(ranked, **asked)

    assert [line["ranks"] for line in lines] == [[1, 2, 3, 4]] * 2
    assert (version.manifest["programs"], version.manifest["filters"], version.manifest["labelers"]) == (None, {}, 1)


@really
@pytest.mark.parametrize("format", ["grouped", "trl"])
def test_asked_for_they_are_in_and_the_manifest_names_them(format, ranked, ann, judge):
    version, lines = frozen(ranked, format, programs=True)

    said = version.manifest
    assert {line["labeler"] for line in lines} == {pseudonym(ann.pseudonym_key), pseudonym(judge.pseudonym_key)}
    assert said["programs"] == [pseudonym(judge.pseudonym_key)]
    assert (said["filters"], said["labelers"], said["rankings"]) == ({"programs": True}, 2, {"train": 4})


@really
def test_labels_that_are_left_out_are_not_locked(ranked):
    from labeling.labels.models import Label

    frozen(ranked)

    assert list(Label.objects.filter(locked_at__isnull=True).values_list("assignment__by_program", flat=True)) == [
        True,
        True,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("ticked", "rankings", "labelers"), [({}, 2, 1), ({"programs": "on"}, 4, 2)])
def test_the_page_counts_them_only_where_the_box_is_ticked(ticked, rankings, labelers, ranked):
    form = ChoiceForm({"projects": [ranked.pk], "format": "comparisons/grouped", **ticked})

    assert form.is_valid(), form.errors
    counts = choosing.preview_counts(form.choice)
    assert (counts["rankings"], counts["labelers"]) == (rankings, labelers)


@really
def test_over_rest_they_are_asked_for_by_a_filter(rest_of, rita, ranked):
    body = {"kind": "comparisons", "format": "grouped", "projects": [ranked.pk], "filters": {"programs": True}}

    answer = rest_of(rita).post("/api/v1/datasets/", body)

    assert (answer.status_code, answer.json()["filters"]) == (202, {"programs": True})
    assert DatasetVersion.objects.get().filters == {"programs": True}


@pytest.fixture
def rest_of():
    from rest_framework.test import APIClient

    from labeling.api import tokens

    def client(user):
        _token, key = tokens.issue(user=user, scope="write")
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        client.default_format = "json"
        return client

    return client
