"""Undo, History, Skip, Flag, the time and the network, at a real browser window."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from labeling.labels import reopening
from labeling.labels.models import Label, Lock
from labeling.work import drafts, queue
from labeling.work.models import Assignment, Draft, SheetFlag
from tests.celery_worker import until
from tests.house.test_books import recount
from tests.journeys.test_kinds import PHONE
from tests.journeys.test_the_sheet import (  # noqa: F401
    QUALITY,
    RANKS,
    ann,
    answer_no,
    held,
    project,
    quality,
    ranks_of,
    rate_by_mouse,
    start,
)

pytestmark = pytest.mark.django_db(transaction=True)


def forgive(window):
    """The console says that there was no network or no answer, which is meant, and htmx says it again."""
    meant = re.compile("ERR_INTERNET_DISCONNECTED|^htmx:|status of 5|^Response Status Error Code")
    window.complaints[:] = [said for said in window.complaints if not meant.search(said)]


def finish(page):
    rate_by_mouse(page)
    for letter, rank in RANKS.items():
        page.get_by_label(f"Rank of response {letter}").select_option(str(rank))


def submit(page, name="Submit"):
    page.get_by_role("button", name=name, exact=True).click()


def submitted(window, person):
    """Ann at her second sheet; returns (page, the first sheet, which she has submitted)."""
    page = start(window.sign_in(person))
    first = held()
    finish(page)
    submit(page)
    page.wait_for_url(lambda url: str(first.pk) not in url)
    return page, first


def at(page, sheet):
    page.wait_for_url(f"**/sheets/{sheet.pk}/")


def test_undo_brings_the_sheet_back_with_what_was_said_and_submitting_again_revises_it(visitor, ann, project):  # noqa: F811
    page, first = submitted(visitor(), ann)
    expect(page.get_by_text("Saved: your ranking of 4 responses.").first).to_be_visible()
    following = held()

    page.get_by_role("button", name="Undo").click()

    at(page, first)
    expect(quality(page, "D", 7)).to_be_checked()
    expect(page.get_by_label("Rank of response B")).to_have_value("3")
    expect(page.get_by_text("You have submitted this sheet before.").first).to_be_visible()
    page.get_by_label("Rank of response B").select_option("4")
    quality(page, "B", 1).check()
    submit(page)
    at(page, following)
    labels = list(Label.objects.order_by("revision"))
    assert [label.superseded_at is None for label in labels] == [False, True]
    assert [
        {rating.slot.letter: rating.overall_quality for rating in label.ratings.all()}["B"] for label in labels
    ] == [2, 1]
    assert recount() == []


def test_undo_by_keyboard_and_leaving_it_as_it_was(visitor, ann, project):  # noqa: F811
    page, first = submitted(visitor(), ann)

    page.get_by_role("button", name="Undo").press("Enter")
    at(page, first)
    page.get_by_role("button", name="Leave it as it was").press("Enter")

    page.wait_for_url("**/history/")
    expect(page.get_by_text("The sheet is submitted, as it was.")).to_be_visible()
    assert (Label.objects.count(), Assignment.objects.get(pk=first.pk).state) == (1, "submitted")


def test_undo_does_not_take_a_begun_sheet_away(visitor, ann, project):  # noqa: F811
    page, first = submitted(visitor(), ann)
    following = held()
    page.locator("#A-notes").fill("begun")
    until(lambda: Draft.objects.filter(assignment=following).exists())

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("You have begun this sheet.").first).to_be_visible()
    expect(page.locator("#A-notes")).to_have_value("begun")
    assert Assignment.objects.get(pk=first.pk).state == "submitted"


def test_undo_after_submit_and_stop_and_history_without_javascript(visitor, ann, project):  # noqa: F811
    window = visitor(java_script_enabled=False).sign_in(ann)
    page = start(window)
    first = held()
    for letter in "ABCD":
        quality(page, letter, QUALITY[letter]).check()
        answer_no(page, letter)
        page.get_by_label(f"Rank of response {letter}").select_option(str(RANKS[letter]))
    submit(page, "Submit and stop")
    page.get_by_role("button", name="Undo").click()
    at(page, first)
    submit(page, "Submit and stop")
    page.get_by_role("link", name="All your work: History").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.get_by_text("D > A = C > B")).to_be_visible()
    page.get_by_role("button", name="Reopen").click()
    at(page, first)

    page.get_by_role("button", name="Flag", exact=True).click()
    page.get_by_role("button", name="Send the flag").click()
    expect(page.get_by_text("Choose what is wrong.")).to_be_visible()
    page.get_by_label("Broken or unreadable").check()
    page.get_by_role("button", name="Send the flag").click()
    at(page, first)
    expect(page.get_by_text("Flagged.")).to_be_visible()

    assert [label.revision for label in Label.objects.order_by("pk")] == [1, 2]
    assert SheetFlag.objects.get().kind == "broken"


def test_a_flag_goes_out_and_the_sheet_goes_on(visitor, ann, project, axe):  # noqa: F811
    page = start(visitor().sign_in(ann))
    page.locator("#A-notes").fill("half a thought")

    page.get_by_role("button", name="Flag", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="Flag this sheet")
    expect(dialog).to_be_visible()
    assert axe(page) == []
    dialog.get_by_label("Names or private details of a real person").check()
    dialog.get_by_label("Note (optional)").fill("A phone number.")
    dialog.get_by_role("button", name="Send the flag").press("Enter")

    expect(page.get_by_text("Flagged. The researchers will look at it").first).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Flag", exact=True)).to_be_focused()
    expect(page.locator("#A-notes")).to_have_value("half a thought")
    assert axe(page) == []
    assert (SheetFlag.objects.get().note, held().state) == ("A phone number.", "open")


def flagging(page):
    """The dialog of the flag, open and filled in."""
    page.get_by_role("button", name="Flag", exact=True).click()
    dialog = page.get_by_role("dialog", name="Flag this sheet")
    dialog.get_by_label("Something else").check()
    return dialog


def test_a_flag_that_cannot_be_sent_says_so_and_stays(visitor, ann, project):  # noqa: F811
    window = visitor()
    page = start(window.sign_in(ann))
    dialog = flagging(page)
    send = dialog.get_by_role("button", name="Send the flag")
    window.context.set_offline(True)
    send.click()
    expect(dialog.get_by_text("This could not be sent.")).to_be_visible()
    window.context.set_offline(False)
    send.click()
    expect(dialog).to_be_hidden()

    assert SheetFlag.objects.count() == 1
    forgive(window)


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_flag_that_the_server_refuses_says_so_and_stays(visitor, ann, project, status):  # noqa: F811
    window = visitor()
    page = start(window.sign_in(ann))
    page.route("**/flag/", lambda route: route.fulfill(status=status), times=1)
    dialog = flagging(page)
    send = dialog.get_by_role("button", name="Send the flag")

    send.click()
    expect(dialog.get_by_text("This could not be sent.")).to_be_visible()
    send.click()

    expect(dialog).to_be_hidden()
    assert SheetFlag.objects.count() == 1
    forgive(window)


def test_a_flag_sent_while_signed_out_stays_and_goes_out_after_signing_in_elsewhere(visitor, ann, project):  # noqa: F811
    window = visitor()
    page = start(window.sign_in(ann))
    page.locator("#A-notes").fill("half a thought")
    until(Draft.objects.exists)
    dialog = flagging(page)
    send = dialog.get_by_role("button", name="Send the flag")
    Session.objects.all().delete()

    send.click()
    expect(dialog.get_by_text("sign in again in another tab first")).to_be_visible()
    expect(page.get_by_role("main")).to_have_count(1)
    window.page = window.new_tab()
    window.sign_in(ann)
    send.click()

    expect(dialog).to_be_hidden()
    expect(page.locator("#A-notes")).to_have_value("half a thought")
    assert SheetFlag.objects.get().kind == "other"


@pytest.mark.parametrize("kind", [None, "Something else"])
def test_keep_working_closes_the_flags_dialog_by_finger_and_by_key(visitor, ann, project, kind):  # noqa: F811
    page = start(visitor(**PHONE).sign_in(ann))
    flag, dialog = page.locator("#flag-button"), page.get_by_role("dialog", name="Flag this sheet")
    keep = dialog.get_by_role("button", name="Keep working")

    for close in (keep.tap, lambda: keep.press("Enter")):
        flag.tap()
        if kind:
            dialog.get_by_label(kind).check()
        close()
        expect(dialog).to_be_hidden()

    assert SheetFlag.objects.count() == 0


def test_skip_asks_first_and_history_knows_why(visitor, ann, project):  # noqa: F811
    page = start(visitor().sign_in(ann))
    page.locator("#A-notes").fill("words")
    page.get_by_role("button", name="Skip", exact=True).click()
    expect(page.get_by_text("You have already answered something here.")).to_be_visible()
    page.get_by_label("Reason (optional)").fill("It is in French.")
    first = held()
    page.get_by_role("button", name="Skip this task").click()
    page.wait_for_url(lambda url: "/sheets/" in url and str(first.pk) not in url)

    page.goto("/history/")

    expect(page.get_by_text("Skipped because: It is in French.")).to_be_visible()
    expect(page.get_by_role("button", name="Reopen")).to_have_count(0)


def test_history_says_what_is_locked_and_shows_a_draft_whose_time_ran_out(visitor, ann, project, axe):  # noqa: F811
    page, _first = submitted(visitor(), ann)
    reopening.lock(labels=Label.objects.values_list("pk", flat=True), because=Lock.FROZEN)
    drafts.save_draft(assignment=held(), revision=1, body={"ratings": [{"slot": "B", "notes": "쓰다 만 생각"}]})
    Assignment.objects.filter(state="open").update(lease_until="2020-01-01T00:00Z")
    queue.expire_due()

    page.goto("/history/")
    expect(page.get_by_text("It is part of a dataset, so it can no longer be changed.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("row").filter(has_text="A draft is kept.").get_by_role("link").click()

    expect(page.get_by_role("heading", name="The draft that was kept")).to_be_visible()
    expect(page.get_by_text("쓰다 만 생각")).to_be_visible()
    assert axe(page) == []


def test_time_goes_by_only_while_somebody_is_at_the_page(visitor, ann, project):  # noqa: F811
    page = start(visitor().sign_in(ann))
    stop_the_clock(page)
    spent = page.locator("[name=seconds]")

    def pass_by(seconds):
        page.clock.run_for(seconds * 1000)
        return int(spent.input_value())

    page.mouse.move(5, 5)
    begun = int(spent.input_value())
    assert pass_by(30) - begun == 30
    assert pass_by(600) - begun in {59, 60}  # nobody stirs: a minute counts, and no more
    still = int(spent.input_value())
    assert pass_by(60) == still
    page.mouse.move(9, 9)
    assert pass_by(10) - still == 10
    hide(page, True)
    page.keyboard.press("Shift")
    assert pass_by(20) - still == 10
    hide(page, False)
    page.mouse.move(5, 5)
    assert pass_by(5) - still in {15, 16}


def stop_the_clock(page):
    """Let time go by in the page's next life only when a test says so, however long the test itself takes."""
    page.clock.install()
    page.reload()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))


def hide(page, hidden):
    """What the page sees when its tab goes to the back; a headless browser has no tabs in front of each other."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_whoever_reads_for_long_keeps_the_sheet(visitor, ann, project):  # noqa: F811
    project.lease_minutes = 3
    project.save()
    page = start(visitor().sign_in(ann))
    stop_the_clock(page)
    before = held().lease_until

    for step in range(7):
        page.mouse.move(step, step)
        page.clock.run_for(10_000)

    until(lambda: held().lease_until > before and Draft.objects.exists())
    assert Draft.objects.get().body["seconds"] >= 59


def test_submitting_offline_is_held_and_sent_once(visitor, ann, project):  # noqa: F811
    window = visitor()
    page = start(window.sign_in(ann))
    first = held()
    finish(page)
    window.context.set_offline(True)
    submit(page)

    expect(page.locator("[data-notice]")).to_contain_text("Not sent yet")
    page.locator("#A-notes").fill("written while offline")
    submit(page)
    expect(page.locator("#A-notes")).to_have_value("written while offline")
    assert Label.objects.count() == 0
    window.context.set_offline(False)

    page.wait_for_url(lambda url: str(first.pk) not in url)
    label = Label.objects.get()
    assert (ranks_of(label), label.ratings.get(slot__place=1).notes) == (RANKS, "written while offline")
    assert Assignment.objects.filter(state="submitted").count() == 1
    forgive(window)


def test_a_late_sheet_is_taken_while_its_seat_is_free_and_kept_when_it_is_not(visitor, ann, bob, project):  # noqa: F811
    page = start(visitor().sign_in(ann))
    first = held()
    finish(page)
    expire(first)
    submit(page)
    page.wait_for_url(lambda url: str(first.pk) not in url)
    assert Assignment.objects.get(pk=first.pk).state == "submitted"

    second = held()
    finish(page)
    page.locator("#A-notes").fill("written late")
    expire(second)
    taken = queue.next_assignment(labeler=bob, project=project)
    while taken.task_id != second.task_id:
        queue.skip(assignment=taken, reason="")
        taken = queue.next_assignment(labeler=bob, project=project)
    submit(page)

    expect(page.get_by_role("heading", name="Your desk")).to_be_visible()
    expect(page.get_by_text("Your draft is kept").first).to_be_visible()
    assert Label.objects.count() == 1
    assert Draft.objects.get(assignment=second).body["ratings"][0]["notes"] == "written late"


def expire(sheet):
    Assignment.objects.filter(pk=sheet.pk).update(lease_until="2020-01-01T00:00Z")
    queue.expire_due()


@pytest.fixture
def two_drafts(visitor, ann, project):  # noqa: F811
    """Words that one device never sent, and newer ones that another has saved since; the first is back again."""
    window = visitor()
    page = start(window.sign_in(ann))
    sheet = held()
    page.locator("#A-notes").fill("at first")
    until(lambda: Draft.objects.filter(body__ratings__0__notes="at first").exists())
    expect(page.locator("[data-saved]")).to_have_text("Saved")
    window.context.set_offline(True)
    page.locator("#A-notes").fill("on this device")
    expect(page.locator("[data-saved]")).to_have_text("Not saved yet – retrying")
    address = page.url
    page.close()
    body = Draft.objects.get().body
    body["ratings"][0]["notes"] = "on another machine"
    drafts.save_draft(assignment=sheet, revision=50, body=body)
    window.context.set_offline(False)
    forgive(window)
    window.page = window.new_tab()
    window.page.goto(address)
    return window.page


def newest():
    return Draft.objects.get().body["ratings"][0]["notes"]


def test_of_two_drafts_both_can_be_read_and_the_devices_kept(two_drafts, axe):
    page, notes = two_drafts, two_drafts.locator("#A-notes")
    expect(page.locator("[data-notice]")).to_contain_text("This sheet has two drafts")
    expect(notes).to_have_value("on another machine")
    assert axe(page) == []

    show = page.get_by_role("button", name="Show what this device has")
    show.press("Enter")
    expect(notes).to_have_value("on this device")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(notes).to_have_value("on another machine")
    assert newest() == "on another machine"
    show.click()
    page.get_by_role("button", name="Keep this one").click()

    until(lambda: newest() == "on this device")
    expect(page.locator("[data-notice]")).to_be_hidden()
    page.reload()
    expect(notes).to_have_value("on this device")
    expect(page.locator("[data-notice]")).to_be_hidden()


def test_of_two_drafts_the_newer_kept_ends_the_question(two_drafts):
    page = two_drafts
    page.get_by_role("button", name="Keep this one").click()
    expect(page.locator("[data-saved]")).to_have_text("Saved")

    page.reload()

    expect(page.locator("#A-notes")).to_have_value("on another machine")
    expect(page.locator("[data-notice]")).to_be_hidden()
    assert newest() == "on another machine"


def finish_by_keyboard(page):
    for number in QUALITY.values():
        for key in (str(number), "0", "Enter"):
            page.keyboard.press(key)
    page.keyboard.press("=")


def test_a_newer_draft_is_not_submitted_away_and_its_labeler_chooses(visitor, ann, project):  # noqa: F811
    window = visitor()
    page = start(window.sign_in(ann))
    finish_by_keyboard(page)
    page.locator("#A-notes").fill("here")
    until(lambda: Draft.objects.filter(body__ratings__0__notes="here").exists())
    expect(page.locator("[data-saved]")).to_have_text("Saved")
    body = Draft.objects.get().body
    body["ratings"][0]["notes"] = "on another machine"
    drafts.save_draft(assignment=held(), revision=900, body=body)

    submit(page)

    expect(page.locator("[data-notice]")).to_contain_text("A newer draft of this sheet was saved elsewhere")
    expect(page.locator("#A-notes")).to_have_value("here")
    assert (Label.objects.count(), newest()) == (0, "on another machine")
    page.get_by_role("button", name="Keep this one").click()
    until(lambda: newest() == "here")
    submit(page)
    until(lambda: Label.objects.filter(ratings__notes="here").exists())
    forgive(window)


def test_other_words_of_a_second_tab_are_said_to_be_not_taken_and_come_back_with_undo(visitor, ann, project):  # noqa: F811
    window = visitor()
    page = start(window.sign_in(ann))
    sheet, other = held(), window.new_tab()
    other.goto(page.url)
    finish_by_keyboard(other)
    other.locator("#A-notes").fill("an hour of other words")
    finish_by_keyboard(page)
    window.page = page
    with page.expect_response(lambda answer: answer.url.endswith("/submit/")):
        page.get_by_role("button", name="Keep this one").click()
        until(lambda: newest() == "")
        submit(page)
    until(lambda: Label.objects.exists())

    submit(other)

    expect(other.locator("#said")).to_contain_text("what came now was not taken. It is kept as a draft.")
    expect(other.locator("#said")).not_to_contain_text("Saved:")
    assert not Label.objects.filter(ratings__notes="an hour of other words").exists()
    other.get_by_role("button", name="Undo").click()
    at(other, sheet)
    expect(other.locator("#A-notes")).to_have_value("an hour of other words")
    forgive(window)


def test_words_that_were_never_sent_come_back_by_themselves_when_nobody_else_wrote(visitor, ann, project):  # noqa: F811
    window = visitor()
    page = start(window.sign_in(ann))
    page.get_by_label("Plain text").check()
    window.context.set_offline(True)
    page.locator("#A-notes").fill("offline")
    expect(page.locator("[data-saved]")).to_have_text("Not saved yet – retrying")
    forgive(window)
    address = page.url
    page.close()
    window.context.set_offline(False)

    window.page = window.new_tab()
    window.page.goto(address)

    expect(window.page.locator("#A-notes")).to_have_value("offline")
    expect(window.page.get_by_label("Plain text")).to_be_checked()
    until(lambda: Draft.objects.exists() and newest() == "offline")


@pytest.mark.parametrize(
    "options", [{}, {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}]
)
def test_axe_and_width_in_korean_on_a_screen_and_on_a_phone(visitor, ann, project, axe, options, tmp_path_factory):  # noqa: F811
    window = visitor(**options)
    page, _first = submitted(window, ann)
    ann.locale = "ko"
    ann.save()
    found = {}

    def look(name):
        page.wait_for_load_state()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] = (axe(page), wide)

    page.locator("[form^=undo-]").click()
    page.wait_for_url("**/sheets/**")
    look("reopened")
    page.locator("#flag-button").click()
    look("flag")
    page.goto(page.url.rstrip("/") + "/flag/")
    look("flag, a page")
    page.goto("/history/")
    look("history")
    page.locator("tbody a").first.click()
    look("a past sheet")
    page.goto("/")
    look("desk")

    assert {place: seen for place, seen in found.items() if seen != ([], 0)} == {}
