"""History: what one has done oneself, newest first, and what may still be changed."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from labeling.desk import history
from labeling.labels import recording, reopening
from labeling.labels.models import Label, Lock
from labeling.work import drafts, queue
from labeling.work.models import Assignment
from tests.factories import ProjectFactory, TaskFactory
from tests.factories.labels import assign, rank, say
from tests.labels.writing import asking_sheet_of

pytestmark = pytest.mark.django_db

PAGE = reverse("desk:history")
LATER = {"ratings": [{"slot": "A", "notes": "a later thought"}]}


@pytest.fixture
def project():
    return ProjectFactory(name="Rank answers")


def entries(client, address=PAGE):
    return client.get(address).context["entries"]


def test_it_says_project_time_state_and_what_was_said_in_short(ann, project, client_of):
    rank(TaskFactory(project=project), ann, "D > A = B > C", seconds=412)

    (entry,) = entries(client_of(ann))

    assert (entry.project, entry.state, entry.said, entry.spent) == (
        "Rank answers", "submitted", "D > A = B > C", "6 min 52 s",
    )  # fmt: skip
    assert (entry.may_reopen, entry.why_not) == (True, "")


def test_it_is_ones_own_alone(ann, bob, project, client_of):
    label = rank(TaskFactory(project=project), ann, "A > B > C > D")
    bobs = client_of(bob)

    assert entries(bobs) == []
    assert bobs.get(reverse("desk:past-sheet", args=[label.assignment_id])).status_code == 404
    assert bobs.post(reverse("labels:reopen", args=[label.assignment_id])).status_code == 404
    assert Assignment.objects.get().state == "submitted"


def test_strangers_and_people_without_a_role_see_none(client, charlie, client_of):
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"
    assert client_of(charlie).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("because", "sentence"),
    [
        (Lock.FROZEN, "It is part of a dataset, so it can no longer be changed."),
        (Lock.REVIEWED, "It has been reviewed, so it can no longer be changed."),
    ],
)
def test_a_locked_label_says_why(ann, project, client_of, because, sentence):
    label = rank(TaskFactory(project=project), ann, "A > B > C > D")
    reopening.lock(labels=[label.pk], because=because)

    (entry,) = entries(client_of(ann))

    assert (entry.may_reopen, entry.why_not) == (False, sentence)


def test_an_old_label_and_one_of_a_closed_project_say_why(ann, project, client_of):
    yesterday = timezone.now() - timedelta(hours=25)
    rank(TaskFactory(project=project), ann, "A > B > C > D", at=yesterday)
    rank(TaskFactory(project=ProjectFactory(state="closed")), ann, "A > B > C > D")

    assert [entry.why_not for entry in entries(client_of(ann))] == [
        "The project has been closed, so it can no longer be changed.",
        "It is more than a day old, so it can no longer be changed.",
    ]


def test_skipped_sheets_say_why_and_expired_ones_are_there_with_their_draft(ann, project, client_of):
    skipped = assign(TaskFactory(project=project), ann, state="open")
    queue.skip(assignment=skipped, reason="It is in French.")
    kept = assign(TaskFactory(project=project), ann, state="expired")
    drafts.save_draft(assignment=kept, revision=1, body={"ratings": [{"slot": "A", "notes": "half a thought"}]})
    lost = assign(TaskFactory(project=project), ann, state="expired")
    client = client_of(ann)

    shown = {entry.id: entry for entry in entries(client)}

    assert set(shown) == {skipped.pk, kept.pk}
    assert shown[skipped.pk].skip_reason == "It is in French."
    assert (shown[kept.pk].has_draft, shown[kept.pk].may_reopen) == (True, False)
    assert "half a thought" in client.get(reverse("desk:past-sheet", args=[kept.pk])).text
    assert client.get(reverse("desk:past-sheet", args=[lost.pk])).status_code == 200


def test_a_sheet_that_is_open_again_comes_first_and_is_continued(ann, project, client_of):
    first = rank(TaskFactory(project=project), ann, "A > B > C > D").assignment
    rank(TaskFactory(project=project), ann, "A > B > C > D")
    reopening.reopen(assignment=Assignment.objects.get(pk=first.pk))

    top = entries(client_of(ann))[0]

    assert (top.id, top.state, top.is_open, top.may_reopen) == (first.pk, "open again", True, False)


def test_pages_follow_each_other_without_a_gap_or_a_repeat(ann, client_of):
    project = ProjectFactory(k=2)
    now = timezone.now()
    for number in range(history.PAGE * 2 + 1):
        # three in one moment: the page may break between them
        rank(TaskFactory(project=project), ann, "A > B", at=now - timedelta(seconds=number // 3))
    client, address, seen, pages = client_of(ann), PAGE, [], 0

    while address:
        page = client.get(address)
        seen += [entry.id for entry in page.context["entries"]]
        following, pages = page.context["following"], pages + 1
        address = f"{PAGE}?before={quote(following, safe='')}" if following else None

    assert (pages, len(seen), len(set(seen))) == (3, history.PAGE * 2 + 1, history.PAGE * 2 + 1)


@pytest.mark.parametrize("before", ["x", "2026-01-01", "2026-01-01T00:00,x", ",", "2026-01-01T00:00Z,\0"])
def test_a_page_that_is_none_is_not_there(ann, client_of, before):
    assert client_of(ann).get(PAGE, {"before": before}).status_code == 404


def test_a_page_costs_the_same_however_much_is_on_it(ann, client_of, django_assert_num_queries):
    project = ProjectFactory(k=2)
    client = client_of(ann)
    rank(TaskFactory(project=project), ann, "A > B")
    client.get(PAGE)
    for _ in range(3):
        rank(TaskFactory(project=project), ann, "A > B")

    # session, user with roles; sheets, those open again; labels, places, slots, ratings
    with django_assert_num_queries(8):
        client.get(PAGE)


def test_a_past_sheet_shows_what_was_said_and_names_no_model(ann, project, client_of):
    label = rank(
        TaskFactory(project=project), ann, "A > B > C > D", ratings={"A": 6}, answers={"A": {"fails_task": True}}
    )

    page = client_of(ann).get(reverse("desk:past-sheet", args=[label.assignment_id])).text

    assert "What you said" in page
    assert "Overall quality" in page
    for slot in label.assignment.slots.all():
        assert slot.candidate.response.text in page
        assert slot.candidate.response.endpoint.name not in page


def test_a_prompt_that_one_wrote_is_shown_with_its_type_and_its_tags(ann, client_of):
    sheet = asking_sheet_of(ann, asks_for_tags=True)
    body = {"text": "The Han.", "prompt": {"type": "plain", "text": "Which river?"}, "tags": ["closed_domain"]}
    recording.record(assignment=sheet, body=body)

    page = client_of(ann).get(reverse("desk:past-sheet", args=[sheet.pk])).text

    said = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "Prompt type Plain Tags of the prompt Closed domain Prompt Which river?" in said


def test_words_on_a_reopened_sheet_that_were_not_submitted_stay_readable(ann, project, client_of):
    sheet = rank(TaskFactory(project=project), ann, "A > B > C > D").assignment
    reopening.reopen(assignment=Assignment.objects.get(pk=sheet.pk))
    drafts.save_draft(assignment=sheet, revision=2_000_000, body=LATER)
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")
    queue.expire_due()

    page = client_of(ann).get(reverse("desk:past-sheet", args=[sheet.pk])).text

    assert "A later draft that was not submitted" in page
    assert "a later thought" in page


def test_the_desk_shows_the_last_five_and_the_way_to_the_others(ann, project, client_of):
    for _ in range(6):
        rank(TaskFactory(project=project), ann, "A > B > C > D")

    page = client_of(ann).get("/")

    assert len(page.context["recent"]) == 5
    assert PAGE in page.text


def test_time_is_counted_by_the_labelers_own_day_and_week(ann, project, client_of):
    ann.time_zone = "Asia/Seoul"
    ann.save()
    evening = datetime(2026, 11, 17, 20, tzinfo=UTC)  # Wednesday morning in Seoul
    spans = {"today": 60, "on Monday": 3600, "last week": 7}
    rank(TaskFactory(project=project), ann, "A > B > C > D", at=evening - timedelta(hours=1), seconds=spans["today"])
    rank(TaskFactory(project=project), ann, "A > B > C > D", at=evening - timedelta(days=1), seconds=spans["on Monday"])
    rank(TaskFactory(project=project), ann, "A > B > C > D", at=evening - timedelta(days=4), seconds=spans["last week"])

    with time_machine.travel(evening):
        page = client_of(ann).get("/").text

    assert "1 min 0 s of work today, 1 h 1 min this week" in page


def test_a_revision_counts_once(ann, project):
    sheet = rank(TaskFactory(project=project), ann, "A > B > C > D", seconds=60).assignment
    say(sheet, "B > A > C > D", seconds=90)

    assert Label.objects.count() == 2
    assert history.seconds_spent(ann)["week"] == 90
