"""Can researchers read labels without learning whose they are?"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.labels.models import Label
from labeling.labels.recording import record
from labeling.people.pseudonyms import pseudonym
from labeling.work import queue
from tests.factories import ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/labels/label/"


def label_of(labeler, project=None):
    """B best, A and C level, D last."""
    task = TaskFactory(**({"project": project} if project else {}))
    ratings = [
        {"slot": slot, "overall_quality": quality, "answers": {"fails_task": slot == "D"}}
        for slot, quality in zip("ABCD", (4, 7, 4, 1), strict=True)
    ]
    body = {"ratings": ratings, "ranking": [["B"], ["A", "C"], ["D"]], "seconds": 61}
    return record(assignment=queue.next_assignment(labeler=labeler, project=task.project), body=body)


def test_a_researcher_reads_a_label_under_a_pseudonym(rita, ann, client_of):
    label, client = label_of(ann), client_of(rita)

    for address in (LIST, reverse("admin:labels_label_change", args=[label.pk])):
        text = client.get(address).text
        assert "B &gt; A = C &gt; D" in text
        assert pseudonym(ann.pseudonym_key) in text
        assert "Ann" not in text
        assert ann.email not in text
    assert "fails_task: True" in text
    assert str(label.assignment.task.prompt) in text


def test_an_admin_reads_whose_label_it_is(ada, ann, client_of):
    label_of(ann)

    assert "Ann" in client_of(ada).get(LIST).text


def test_labels_are_read_and_never_written_here(rita, ann, client_of):
    label, client = label_of(ann), client_of(rita)

    answers = [
        client.post(reverse("admin:labels_label_change", args=[label.pk]), {"seconds": 1}),
        client.post(reverse("admin:labels_label_delete", args=[label.pk])),
        client.get(reverse("admin:labels_label_add")),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Label.objects.get().seconds == 61


@pytest.mark.parametrize("who", ["ann", "charlie", "eve", "judge"])
def test_others_are_sent_away(who, client_of, request):
    assert client_of(request.getfixturevalue(who)).get(LIST).status_code == 302


def test_superseded_labels_are_told_apart(rita, ann, client_of):
    label = label_of(ann)
    client = client_of(rita)

    found = {
        revision: client.get(LIST, {"revision": revision}).context["cl"].result_count
        for revision in ("standing", "superseded")
    }

    assert (label.revision, found) == (1, {"standing": 1, "superseded": 0})


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_takes_the_same_queries_for_one_and_for_four(count, rita, ann, client_of):
    project = ProjectFactory()
    for _ in range(count):
        label_of(ann, project)
    client = client_of(rita)

    with CaptureQueriesContext(connection) as queries:
        text = client.get(LIST).text

    assert text.count("B &gt; A = C &gt; D") == count
    tables = ("labels_", "work_")
    assert sum(any(f' FROM "{table}' in query["sql"] for table in tables) for query in queries) == 6
