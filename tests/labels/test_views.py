"""The sheet's pages: whose they are, what they give away, and what they keep."""

import re

import pytest
from django.urls import reverse

from labeling.candidates.models import ModelEndpoint
from labeling.labels.models import Label
from labeling.work import drafts, queue
from labeling.work.models import Assignment, Draft
from tests.factories import ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db

PAGES = ["labels:sheet", "labels:draft", "labels:turn", "labels:submit", "labels:skip"]


# who and in which roles (2), the sheet with all that it is made of, its slots with their texts, how far along
QUERIES_OF_A_SHEET = 5
# who (2); the sheet, its slots; closed and stored in one transaction (4); open to whom (2); in one transaction their
# place in line, what they hold and the lease (5); the sheet that follows, its texts, how far along
QUERIES_OF_A_SUBMISSION = 18


def url(name, sheet):
    return reverse(f"labels:{name}", args=[sheet.pk])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_sheet_is_not_there(sheet, bob, client_of, page, method):
    answer = getattr(client_of(bob), method)(reverse(page, args=[sheet.pk]), follow=True)

    assert answer.status_code in {404, 405}
    sheet.refresh_from_db()
    assert sheet.state == "open"


def test_the_sheet_shows_the_prompt_and_every_response(sheet, ann, client_of):
    page = client_of(ann).get(url("sheet", sheet)).content.decode()

    assert sheet.task.prompt.messages[0]["content"] in page
    for candidate in sheet.task.candidates.all():
        assert candidate.response.text in page


def test_the_page_is_blind(sheet, ann, client_of):
    """No model, no response's or task's number, nothing that says where a response stood for others."""
    for number, endpoint in enumerate(ModelEndpoint.objects.all()):
        endpoint.name = f"secret-model-{number}"
        endpoint.base_url = f"https://secret-host-{number}.example/v1"
        endpoint.save()

    page = client_of(ann).get(url("sheet", sheet)).content.decode()

    assert "secret" not in page
    assert set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", page)) == {str(sheet.pk)}


def test_the_page_is_left_in_no_cache_for_whoever_comes_next(sheet, ann, client_of):
    assert "no-store" in client_of(ann).get(url("sheet", sheet)).headers["Cache-Control"]


def test_submitting_stores_the_label_and_goes_on_to_the_next_sheet(sheet, ann, client_of, form):
    following = TaskFactory(project=sheet.project)

    answer = client_of(ann).post(url("submit", sheet), form)

    label = Label.objects.get()
    assert {place.slot.letter: place.rank for place in label.ranking.places.all()} == {"A": 2, "B": 2, "C": 3, "D": 1}
    assert answer.url == reverse("labels:sheet", args=[Assignment.objects.get(task=following).pk])


def test_submit_and_stop_goes_to_the_desk_and_takes_no_further_sheet(sheet, ann, client_of, form):
    TaskFactory(project=sheet.project)

    answer = client_of(ann).post(url("submit", sheet), form | {"then": "stop"})

    assert answer.url == reverse("desk:home")
    assert Assignment.objects.filter(state="open").count() == 0


def test_with_htmx_the_next_sheet_is_in_the_answer(sheet, ann, client_of, form):
    TaskFactory(project=sheet.project)

    answer = client_of(ann).post(url("submit", sheet), form, headers={"HX-Request": "true"})

    following = Assignment.objects.get(state="open")
    assert answer.headers["HX-Push-Url"] == reverse("labels:sheet", args=[following.pk])
    assert str(following.pk) in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_an_unfinished_sheet_is_refused_and_keeps_what_was_filled_in(sheet, ann, client_of, form):
    del form["C-rank"]

    answer = client_of(ann).post(url("submit", sheet), form | {"A-notes": "keep me"})

    assert answer.status_code == 422
    assert [error.sentence for error in answer.context["sheet"].errors] == ["Response C is not ranked yet."]
    assert "keep me" in answer.content.decode()
    assert Label.objects.count() == 0


def test_an_untouched_board_is_refused(sheet, ann, client_of, form):
    form = {name: value for name, value in form.items() if not name.endswith("-rank")}

    answer = client_of(ann).post(url("submit", sheet), form)

    assert answer.status_code == 422
    assert len(answer.context["sheet"].errors) == 4


def test_the_same_form_posted_twice_makes_one_label(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)

    answer = client.post(url("submit", sheet), form)

    assert answer.status_code == 302
    assert Label.objects.count() == 1


def test_other_words_posted_for_a_submitted_sheet_are_not_said_to_be_saved_and_come_back_with_undo(
    sheet, ann, client_of, form
):
    client = client_of(ann)
    client.post(url("submit", sheet), form)
    client.get("/")  # what was saved has been read

    page = client.post(url("submit", sheet), form | {"A-notes": "an hour of other words"}, follow=True).text

    assert "what came now was not taken" in page
    assert "Saved:" not in page
    assert Label.objects.get().ratings.filter(notes="").count() == 4
    shown = client.post(url("reopen", sheet), follow=True).context["sheet"]
    assert shown.slots[0].notes == "an hour of other words"


def test_submitting_throws_no_newer_draft_away_and_drops_nothing(sheet, ann, client_of, form):
    client = client_of(ann)
    drafts.save_draft(assignment=sheet, revision=9, body={"ratings": [{"slot": "A", "notes": "from another machine"}]})

    answer = client.post(url("submit", sheet), form | {"A-notes": "here"})

    assert (answer.status_code, Label.objects.count()) == (409, 0)
    assert "A newer draft of this sheet was saved elsewhere, so nothing was submitted." in answer.text
    shown = answer.context["sheet"]
    assert (shown.slots[0].notes, shown.revision) == ("here", 9)
    assert Draft.objects.get().body["ratings"][0]["notes"] == "from another machine"
    # Submitted once more, in full knowledge, it is taken.
    client.post(url("submit", sheet), form | {"A-notes": "here", "revision": "9"})
    assert Label.objects.get().ratings.filter(notes="here").count() == 1


def test_a_script_hears_of_the_newer_draft_and_lets_its_labeler_choose(sheet, ann, client_of, form):
    drafts.save_draft(assignment=sheet, revision=9, body={"ratings": [{"slot": "A", "notes": "from another machine"}]})

    answer = client_of(ann).post(url("submit", sheet), form, headers={"HX-Request": "true"})

    assert (answer.status_code, answer.json()) == (
        409, {"revision": 9, "detail": "A newer draft of this sheet was saved elsewhere, so nothing was submitted."},
    )  # fmt: skip


def test_an_unfinished_sheet_that_is_refused_overwrites_no_newer_draft(sheet, ann, client_of, form):
    del form["C-rank"]
    drafts.save_draft(assignment=sheet, revision=9, body={"ratings": [{"slot": "A", "notes": "from another machine"}]})

    answer = client_of(ann).post(url("submit", sheet), form | {"A-notes": "here"})

    assert (answer.status_code, answer.context["sheet"].slots[0].notes) == (409, "here")
    assert Draft.objects.get().body["ratings"][0]["notes"] == "from another machine"


def test_a_draft_comes_back_as_it_was(sheet, ann, client_of):
    client = client_of(ann)
    fields = {"revision": "3", "B-overall_quality": "6", "B-rank": "3", "A-notes": "half a thought", "seconds": "41"}

    assert client.post(url("draft", sheet), fields).json() == {"revision": 3}

    sheet_page = client.get(url("sheet", sheet)).context["sheet"]
    assert (sheet_page.revision, sheet_page.seconds) == (3, 41)
    assert sheet_page.slots[0].notes == "half a thought"
    assert sheet_page.slots[1].rank == 3
    assert [option.value for option in sheet_page.slots[1].questions[0].options if option.checked] == ["6"]


def test_an_older_draft_never_overwrites_a_newer_one(sheet, ann, client_of):
    client = client_of(ann)
    client.post(url("draft", sheet), {"revision": "7", "A-notes": "newer"})

    answer = client.post(url("draft", sheet), {"revision": "6", "A-notes": "older"})

    assert answer.status_code == 409
    assert answer.json()["revision"] == 7
    assert Draft.objects.get().body["ratings"][0]["notes"] == "newer"


def test_the_same_draft_sent_again_is_kept(sheet, ann, client_of):
    client = client_of(ann)
    fields = {"revision": "6", "A-notes": "once"}
    client.post(url("draft", sheet), fields)

    answer = client.post(url("draft", sheet), fields)

    assert (answer.status_code, answer.json()) == (200, {"revision": 6})


def test_two_windows_with_the_same_revision_are_told_apart(sheet, ann, client_of):
    client = client_of(ann)
    client.post(url("draft", sheet), {"revision": "6", "A-notes": "in one window"})

    answer = client.post(url("draft", sheet), {"revision": "6", "A-notes": "in the other"})

    assert (answer.status_code, answer.json()["revision"]) == (409, 6)
    assert Draft.objects.get().body["ratings"][0]["notes"] == "in one window"


@pytest.mark.parametrize("revision", ["", "-1", "0", "x", "99999999999", "²", "9" * 5_000])
def test_a_draft_without_a_sound_revision_is_refused(sheet, ann, client_of, revision):
    answer = client_of(ann).post(url("draft", sheet), {"revision": revision})

    assert answer.status_code == 400
    assert answer.json()["detail"] == "A draft needs a revision, a number from 1."


def test_a_draft_starts_the_lease_anew(sheet, ann, client_of):
    before = sheet.lease_until

    client_of(ann).post(url("draft", sheet), {"revision": "1"})

    sheet.refresh_from_db()
    assert sheet.lease_until > before


def test_a_late_submission_to_a_full_task_says_so_and_keeps_the_draft(sheet, ann, bob, client_of, form):
    Assignment.objects.update(lease_until="2020-01-01T00:00Z")
    queue.expire_due()
    queue.next_assignment(labeler=bob, project=sheet.project)

    page = client_of(ann).post(url("submit", sheet), form, follow=True)

    assert "others have completed the task since" in page.content.decode()
    assert Draft.objects.get().body["ranking"] == [["D"], ["A", "B"], ["C"]]


@pytest.mark.parametrize("number", ["²", "9" * 5_000])
@pytest.mark.parametrize("field", ["seconds", "A-rank", "A-overall_quality"])
def test_what_is_no_number_breaks_nothing(sheet, ann, client_of, form, field, number):
    client = client_of(ann)

    assert client.post(url("draft", sheet), form | {field: number}).status_code == 200
    assert client.post(url("submit", sheet), form | {field: number}).status_code == (302 if field == "seconds" else 422)


def test_a_reason_keeps_every_character_that_the_database_can_hold(sheet, ann, client_of):
    client_of(ann).post(url("skip", sheet), {"reason": "un\0clear"})

    assert Assignment.objects.get(pk=sheet.pk).skip_reason == "unclear"


def test_skipping_asks_first_and_then_goes_on(sheet, ann, client_of):
    following = TaskFactory(project=sheet.project)
    client = client_of(ann)
    assert client.get(url("skip", sheet)).status_code == 200

    answer = client.post(url("skip", sheet), {"reason": "The prompt is unclear."})

    sheet.refresh_from_db()
    assert (sheet.state, sheet.skip_reason) == ("skipped", "The prompt is unclear.")
    assert answer.url == reverse("labels:sheet", args=[Assignment.objects.get(task=following).pk])


def test_a_submitted_sheet_leads_back_to_the_desk(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)

    assert client.get(url("sheet", sheet)).url == reverse("desk:home")


def test_a_draft_after_the_submission_is_told_so(sheet, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", sheet), form)

    answer = client.post(url("draft", sheet), {"revision": "9"})

    assert (answer.status_code, answer.json()["detail"]) == (410, "You have submitted this sheet.")
    assert Draft.objects.count() == 0


def test_a_draft_over_rest_is_shown_in_the_browser(sheet, ann, client_of):
    drafts.save_draft(assignment=sheet, revision=1, body={"ranking": [["C"], ["A"]], "ratings": "nonsense"})

    slots = client_of(ann).get(url("sheet", sheet)).context["sheet"].slots

    assert [slot.rank for slot in slots] == [2, None, 1, None]


def test_a_draft_keeps_every_character_that_the_database_can_hold(sheet, ann, client_of):
    text = "a\\u0000 \0 글 ‮ 🙂 \\"

    client_of(ann).post(url("draft", sheet), {"revision": "1", "A-notes": text})

    assert Draft.objects.get().body["ratings"][0]["notes"] == text.replace("\0", "")


@pytest.fixture
def paged(sheet):
    sheet.project.layout = "pages"
    sheet.project.save()
    return sheet


def test_turning_a_page_keeps_what_was_written_on_it(paged, ann, client_of):
    client = client_of(ann)

    answer = client.post(url("turn", paged), {"page": "2", "revision": "0", "A-notes": "half a thought"})

    assert answer.url == f"{url('sheet', paged)}?page=2"
    shown = client.get(answer.url).context["sheet"]
    assert (shown.leaf, shown.leaves, shown.revision, shown.slots[0].notes) == (2, 5, 1, "half a thought")


@pytest.mark.parametrize("page", ["", "x", "-1", "9" * 5_000])
def test_a_page_that_there_is_not_leads_to_the_first(paged, ann, client_of, page):
    client = client_of(ann)

    answer = client.post(url("turn", paged), {"page": page})

    assert client.get(answer.url).context["sheet"].leaf == 1
    assert client.get(url("sheet", paged), {"page": page}).context["sheet"].leaf == 1


def test_turning_a_page_never_overwrites_a_newer_draft_and_drops_nothing(paged, ann, client_of):
    client = client_of(ann)
    drafts.save_draft(assignment=paged, revision=7, body={"ratings": [{"slot": "A", "notes": "elsewhere"}]})

    answer = client.post(url("turn", paged), {"page": "2", "revision": "3", "A-notes": "here"})

    assert answer.status_code == 409
    shown = answer.context["sheet"]
    assert (shown.slots[0].notes, shown.leaf, shown.revision) == ("here", 2, 7)
    assert Draft.objects.get().body["ratings"][0]["notes"] == "elsewhere"
    # Pressed once more, in full knowledge, it stays.
    client.post(url("turn", paged), {"page": "3", "revision": "7", "A-notes": "here"})
    assert Draft.objects.get().body["ratings"][0]["notes"] == "here"


def test_a_page_of_a_closed_sheet_is_not_turned(paged, ann, client_of, form):
    client = client_of(ann)
    client.post(url("submit", paged), form)

    page = client.post(url("turn", paged), {"page": "2"}, follow=True)

    assert "You have submitted this sheet." in page.content.decode()
    assert Draft.objects.count() == 0


def test_a_refused_sheet_is_kept_as_a_draft_and_its_faults_say_where_they_are(paged, ann, client_of, form):
    del form["C-overall_quality"]

    answer = client_of(ann).post(url("submit", paged), form | {"A-notes": "keep me"})

    assert answer.status_code == 422
    assert '<a href="?page=3#C-overall_quality">' in answer.content.decode()
    assert Draft.objects.get().body["ratings"][0]["notes"] == "keep me"


def test_a_rating_is_submitted_and_said_to_be_saved(ann, client_of, form):
    sheet = queue.next_assignment(labeler=ann, project=TaskFactory(project__kind="rating").project)

    page = client_of(ann).post(url("submit", sheet), form, follow=True)

    assert "Saved: your ratings of 4 responses." in page.content.decode()
    assert Label.objects.get().ratings.count() == 4


@pytest.mark.parametrize("k", [4, 9])
@pytest.mark.parametrize("kind", ["ranking", "rating"])
def test_a_sheet_takes_the_same_queries_whatever_k_is(ann, client_of, django_assert_num_queries, kind, k):
    project = TaskFactory(project=ProjectFactory(k=k, kind=kind, layout="pages")).project
    client, sheet = client_of(ann), queue.next_assignment(labeler=ann, project=project)
    client.get(url("sheet", sheet))

    with django_assert_num_queries(QUERIES_OF_A_SHEET):
        client.get(url("sheet", sheet))


@pytest.mark.parametrize("k", [4, 9])
def test_a_submission_and_the_sheet_after_it_take_the_same_queries_whatever_k_is(
    ann, client_of, django_assert_num_queries, k
):
    project = ProjectFactory(k=k)
    TaskFactory.create_batch(3, project=project)
    client, sheet = client_of(ann), queue.next_assignment(labeler=ann, project=project)
    client.get(url("sheet", sheet))
    form = {"then": "next"}
    for letter in "ABCDEFGHI"[:k]:
        form |= {f"{letter}-overall_quality": "5", f"{letter}-fails_task": "no", f"{letter}-rank": "1"}

    with django_assert_num_queries(QUERIES_OF_A_SUBMISSION):
        answer = client.post(url("submit", sheet), form, headers={"HX-Request": "true"})

    assert answer.headers["HX-Push-Url"] == url("sheet", Assignment.objects.get(state="open"))


@pytest.mark.parametrize(("sent", "kept"), [("9999999999", 86_400), ("-5", 0), ("1e9", 0), ("412", 412)])
def test_time_that_nobody_could_have_spent_is_cut_to_a_day(sheet, ann, client_of, form, sent, kept):
    client = client_of(ann)
    client.post(url("draft", sheet), form | {"seconds": sent})
    assert Draft.objects.get().body["seconds"] == kept

    client.post(url("submit", sheet), form | {"seconds": sent})

    assert Label.objects.get().seconds == kept
