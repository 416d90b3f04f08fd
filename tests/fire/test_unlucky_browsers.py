"""What do unlucky browsers see, over real HTTP: requests sent twice, two tabs, drafts that arrive late?"""

import threading
from collections import Counter

import pytest

from labeling.labels.models import Label
from labeling.work.models import Assignment, Draft
from tests.browser_shaped import Browser
from tests.house.test_books import recount
from tests.load import scenery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(transactional_db):
    return scenery.project_with(tasks=5)


@pytest.fixture
def browser(web, project):
    """The browser of one labeler, signed in."""
    (labeler,) = scenery.labelers(1)
    browser = Browser(web.url)
    browser.sign_in(labeler.email, scenery.PASSWORD)
    yield browser
    browser.close()


def another_tab(browser):
    tab = Browser(f"http://{browser.host}")
    tab.cookies = dict(browser.cookies)
    return tab


def at_once(*works):
    """Run all of them in one moment; return what each gave back."""
    gate, given = threading.Barrier(len(works)), {}

    def run(number):
        gate.wait()
        given[number] = works[number]()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [given[number] for number in range(len(works))]


def test_a_sheet_submitted_in_eight_tabs_at_once_is_one_label_and_all_go_on_to_one_next(browser, project):
    sheet = browser.start(project)
    fields = sheet.filled_in()
    tabs = [another_tab(browser) for _ in range(8)]

    answers = at_once(*(lambda tab=tab: tab.submit(sheet, fields) for tab in tabs))

    assert {answer.status for answer, _following in answers} == {200}
    assert len({following.id for _answer, following in answers}) == 1
    assert Label.objects.count() == 1
    assert Counter(Assignment.objects.values_list("state", flat=True)) == {"submitted": 1, "open": 1}
    assert recount() == []


def test_a_submission_sent_again_long_after_changes_nothing_and_leads_back_to_work(browser, project):
    first = browser.start(project)
    fields = first.filled_in()
    _answer, second = browser.submit(first, fields)
    _answer, third = browser.submit(second, second.filled_in())

    answer, following = browser.submit(first, fields)

    assert (answer.status, following.id) == (200, third.id)
    assert (Label.objects.count(), Draft.objects.count()) == (2, 0)


def test_other_words_sent_long_after_change_no_label_and_are_kept(browser, project):
    first = browser.start(project)
    fields = first.filled_in()
    _answer, second = browser.submit(first, fields)

    answer, following = browser.submit(first, fields | {"A-notes": "another thought, too late"})

    assert (answer.status, following.id) == (200, second.id)
    assert "what came now was not taken" in answer.text
    assert not Label.objects.filter(ratings__notes__contains="too late").exists()
    assert Draft.objects.get().body["ratings"][0]["notes"] == "another thought, too late"


def test_two_tabs_hold_the_same_sheet_and_the_second_to_submit_goes_on(browser, project):
    other = another_tab(browser)
    sheet, same = browser.start(project), other.start(project)

    assert sheet.id == same.id

    _answer, following = browser.submit(sheet, sheet.filled_in())
    answer, following_there = other.submit(same, same.filled_in())

    assert (answer.status, following_there.id) == (200, following.id)
    assert Label.objects.count() == 1


def test_of_two_tabs_that_save_drafts_the_older_one_is_told_and_overwrites_nothing(browser, project):
    sheet = browser.start(project)
    newer, older = sheet.filled_in() | {"A-notes": "newer"}, sheet.filled_in() | {"A-notes": "older"}

    assert browser.save(sheet, newer, 5).status == 200
    assert another_tab(browser).save(sheet, older, 4).status == 409
    assert another_tab(browser).save(sheet, older, 5).status == 409
    assert browser.save(sheet, newer, 5).status == 200  # the same request once more: an answer, and no change

    assert (Draft.objects.get().revision, Draft.objects.get().body["ratings"][0]["notes"]) == (5, "newer")


def test_twenty_revisions_that_overtake_each_other_leave_the_newest(browser, project):
    sheet = browser.start(project)
    drafts = [(sheet.filled_in() | {"A-notes": f"revision {n}"}, n) for n in range(1, 21)]
    tabs = [another_tab(browser) for _ in drafts]

    answers = at_once(*(lambda t=tab, d=draft: t.save(sheet, *d) for tab, draft in zip(tabs, drafts, strict=True)))

    assert {answer.status for answer in answers} <= {200, 409}
    assert answers[-1].status == 200
    assert (Draft.objects.get().revision, Draft.objects.get().body["ratings"][0]["notes"]) == (20, "revision 20")


def test_a_draft_that_arrives_after_the_submission_is_gone_and_says_so(browser, project):
    sheet = browser.start(project)
    browser.submit(sheet, sheet.filled_in())

    answer = browser.save(sheet, sheet.filled_in(), 9)

    assert (answer.status, Draft.objects.count()) == (410, 0)


def test_a_form_without_its_token_is_refused_and_the_sheet_stays(browser, project):
    sheet = browser.start(project)
    stolen = another_tab(browser)
    stolen.cookies.pop("csrftoken")

    answer, _following = stolen.submit(sheet, sheet.filled_in())

    assert answer.status == 403
    assert (Label.objects.count(), Assignment.objects.get().state) == (0, "open")


def test_whoever_was_signed_out_elsewhere_submits_again_after_signing_in(browser, project):
    sheet = browser.start(project)
    fields = sheet.filled_in()
    kept = dict(browser.cookies)
    browser.post("/accounts/logout/", {})
    stale = another_tab(browser)
    stale.cookies = kept

    answer, _following = stale.submit(sheet, fields)

    assert Label.objects.count() == 0
    assert "/accounts/login/" in answer.goes_to

    (labeler,) = scenery.labelers(1)
    stale.sign_in(labeler.email, scenery.PASSWORD)
    answer, following = stale.submit(sheet, fields)

    assert (answer.status, following is None) == (200, False)
    assert Label.objects.count() == 1
