"""The ranking sheet in a real browser: by mouse, by keyboard alone, on a phone, without JavaScript."""

import pytest
from django.contrib.sessions.models import Session
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from labeling.labels.models import Label
from labeling.work.models import Assignment, Draft
from tests.celery_worker import until
from tests.factories import LabelerFactory, ProjectFactory, PromptFactory, TaskFactory

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = ["Short.", "A longer answer, with **bold** words.", "```python\nprint('hello')\n```", ""]
RANKS = {"A": 2, "B": 3, "C": 2, "D": 1}  # D > A = C > B
QUALITY = {"A": 5, "B": 2, "C": 5, "D": 7}


@pytest.fixture
def ann(transactional_db):
    return with_password(LabelerFactory(email="ann@attune.example", name="Ann"))


def with_password(person):
    person.set_password("attune-demo")
    person.save()
    return person


@pytest.fixture
def project(transactional_db):
    """Three tasks with table 3's form in front of them."""
    project = ProjectFactory(name="Rank the answers")
    for number in range(3):
        prompt = PromptFactory(messages=[{"role": "user", "content": f"Say hello, number {number}."}])
        TaskFactory(project=project, prompt=prompt, candidates=TEXTS)
    return project


def start(window):
    window.page.get_by_role("button", name="Start").click()
    window.page.wait_for_url("**/sheets/**")
    return window.page


def held():
    return Assignment.objects.get(state="open")


def ranks_of(label):
    return {place.slot.letter: place.rank for place in label.ranking.places.select_related("slot")}


def qualities_of(label):
    return {rating.slot.letter: rating.overall_quality for rating in label.ratings.select_related("slot")}


def quality(page, letter, number):
    group = page.get_by_role("radiogroup", name=f"Overall quality of response {letter}")
    return group.get_by_role("radio", name=str(number), exact=True)


def rate_by_mouse(page):
    for letter, number in QUALITY.items():
        quality(page, letter, number).check()
        answer_no(page, letter)


def answer_no(page, letter):
    card = page.get_by_role("article", name=f"Response {letter}")
    card.get_by_role("radiogroup", name="Fails the task").get_by_role("radio", name="No").check()


def test_rating_and_ranking_by_mouse_with_a_tie(visitor, ann, project):
    page = start(visitor().sign_in(ann))
    first = held()

    rate_by_mouse(page)
    page.get_by_role("button", name="Arrange by my ratings").click()
    page.get_by_role("button", name="Submit", exact=True).click()

    page.wait_for_url(lambda url: str(first.pk) not in url)
    label = Label.objects.get()
    assert qualities_of(label) == QUALITY
    assert ranks_of(label) == RANKS
    assert label.ranking.was_arranged is True
    assert page.get_by_text("2 / 3").is_visible()


def test_the_whole_sheet_by_keyboard_alone(visitor, ann, project):
    page = start(visitor().sign_in(ann))
    first = held()
    pressed = []

    def press(key):
        pressed.append(key)
        page.keyboard.press(key)

    for number in QUALITY.values():
        press(str(number))
        press("0")  # No to the rest
        press("Enter")
    press("=")  # Arrange by my ratings
    press("Control+Enter")

    page.wait_for_url(lambda url: str(first.pk) not in url)
    label = Label.objects.get()
    assert (qualities_of(label), ranks_of(label)) == (QUALITY, RANKS)
    assert [answer.yes for answer in label.answers.all()] == [False] * 4
    assert len(pressed) <= 25


def test_ranking_with_the_select_and_the_buttons(visitor, ann, project):
    page = start(visitor().sign_in(ann))
    rate_by_mouse(page)

    page.get_by_label("Rank of response D").select_option("1")
    page.get_by_label("Rank of response A").select_option("2")
    page.get_by_role("button", name="Move response C level with A").click()
    page.get_by_label("Rank of response B").select_option("4")
    expect(page.get_by_role("group", name="Rank 2").get_by_role("button", name="Response")).to_have_count(2)
    page.get_by_role("button", name="Submit and stop").click()

    until(lambda: Label.objects.exists())
    assert ranks_of(Label.objects.get()) == RANKS


def test_an_untouched_board_is_refused_and_the_cards_are_named(visitor, ann, project):
    page = start(visitor().sign_in(ann))
    rate_by_mouse(page)

    page.get_by_role("button", name="Submit", exact=True).click()

    alert = page.locator("[data-summary]")
    expect(alert).to_be_visible()
    assert "Response A" in alert.inner_text()
    assert Label.objects.count() == 0


def test_a_draft_survives_a_closed_tab_and_comes_back_on_another_machine(visitor, ann, project):
    window = visitor().sign_in(ann)
    page = start(window)
    quality(page, "B", 6).check()
    page.get_by_label("Rank of response B").select_option("3")
    page.locator("#A-notes").fill("쓰다 만 생각")
    sheet = held()
    until(lambda: Draft.objects.filter(assignment=sheet, body__ratings__0__notes="쓰다 만 생각").exists())
    page.close()

    elsewhere = visitor().sign_in(ann).page
    elsewhere.get_by_role("button", name="Continue").click()
    elsewhere.wait_for_url(f"**/sheets/{sheet.pk}/")

    assert elsewhere.locator("#A-notes").input_value() == "쓰다 만 생각"
    assert quality(elsewhere, "B", 6).is_checked()
    assert elsewhere.get_by_label("Rank of response B").input_value() == "3"


def test_two_windows_on_one_sheet_never_drop_each_others_words_in_silence(visitor, ann, project):
    window = visitor().sign_in(ann)
    page = start(window)
    other = window.new_tab()
    other.goto(page.url)
    page.locator("#A-notes").fill("in one window")
    until(lambda: Draft.objects.filter(body__ratings__0__notes="in one window").exists())

    other.locator("#A-notes").fill("in the other")
    expect(other.locator("[data-notice]")).to_contain_text("A newer draft of this sheet was saved elsewhere.")
    other.get_by_role("button", name="Keep this one").click()

    until(lambda: Draft.objects.filter(body__ratings__0__notes="in the other").exists())
    expect(other.locator("[data-saved]")).to_have_text("Saved")


def test_submitting_while_signed_out_waits_for_signing_in_again(visitor, ann, project):
    window = visitor().sign_in(ann)
    page = start(window)
    rate_by_mouse(page)
    for letter, rank in RANKS.items():
        page.get_by_label(f"Rank of response {letter}").select_option(str(rank))
    Session.objects.all().delete()
    page.locator("#A-notes").fill("written at the last moment")
    page.get_by_role("button", name="Submit", exact=True).click()

    expect(page.locator("[data-notice]")).to_contain_text("You seem to be signed out.")
    expect(page.locator("#A-notes")).to_have_value("written at the last moment")
    window.page = window.new_tab()
    window.sign_in(ann)

    until(lambda: Label.objects.filter(ratings__notes="written at the last moment").exists())
    assert Label.objects.count() == 1


def test_skipping_leads_to_another_task_and_never_back(visitor, ann, project):
    page = start(visitor().sign_in(ann))
    first = held()

    page.get_by_role("button", name="Skip", exact=True).click()
    page.locator("[name=reason]:visible").fill("The prompt is unclear.")
    page.get_by_role("button", name="Skip this task").click()

    page.wait_for_url(lambda url: "/sheets/" in url and str(first.pk) not in url)
    first.refresh_from_db()
    assert (first.state, first.skip_reason) == ("skipped", "The prompt is unclear.")
    assert held().task_id != first.task_id


def test_the_same_sheet_without_javascript(visitor, ann, project):
    window = visitor(java_script_enabled=False).sign_in(ann)
    page = start(window)
    first = held()

    for letter in "ABCD":
        quality(page, letter, QUALITY[letter]).check()
        answer_no(page, letter)
        page.get_by_label(f"Rank of response {letter}").select_option(str(RANKS[letter]))
    page.get_by_role("button", name="Submit", exact=True).click()

    page.wait_for_url(lambda url: "/sheets/" in url and str(first.pk) not in url)
    assert ranks_of(Label.objects.get()) == RANKS


def test_on_a_phone_nothing_is_wider_than_the_screen(visitor, ann, project):
    phone = visitor(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=2)
    page = start(phone.sign_in(ann))

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("button", name="Submit", exact=True).is_visible()


def test_an_empty_response_is_said_in_words(visitor, ann, project):
    page = start(visitor().sign_in(ann))

    expect(page.get_by_text("(empty response)")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_labelers_pages(visitor, ann, project, axe, scheme):
    window = visitor(color_scheme=scheme)
    window.page.goto("/accounts/login/")
    found = {"login": axe(window.page)}
    window.sign_in(ann)
    found["desk"] = axe(window.page)
    page = start(window)
    found["sheet, untouched"] = axe(page)
    rate_by_mouse(page)
    page.get_by_role("button", name="Arrange by my ratings").click()
    found["sheet, done"] = axe(page)
    page.get_by_label("Rank of response A").select_option("")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("[data-summary]")).to_be_visible()
    found["sheet, refused"] = axe(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Shortcuts").click()
    found["shortcuts"] = axe(page)

    assert {place: rules for place, rules in found.items() if rules} == {}


def test_a_whole_sheet_in_korean_which_breaks_between_words(visitor, ann, project):
    ann.locale = "ko"
    ann.save()
    page = visitor(locale="ko-KR").page
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(ann.email)
    page.locator("[name=password]").fill("attune-demo")
    page.get_by_role("button", name="로그인").click()
    page.get_by_role("button", name="시작하기").click()
    page.wait_for_url("**/sheets/**")
    first = held()
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.locator("#card-A").evaluate("card => getComputedStyle(card).wordBreak") == "keep-all"

    for number in QUALITY.values():
        for key in (str(number), "0", "Enter"):
            page.keyboard.press(key)
    page.get_by_role("button", name="내 평점순으로 배열").click()
    page.get_by_role("button", name="제출", exact=True).click()

    page.wait_for_url(lambda url: str(first.pk) not in url)
    label = Label.objects.get()
    assert (qualities_of(label), ranks_of(label)) == (QUALITY, RANKS)
    with translation.override("ko"):
        saved = gettext("Saved: your ranking of %(count)d responses.") % {"count": 4}
    expect(page.locator("#said")).to_contain_text(saved)


def test_the_other_language_is_at_hand_on_the_sheet_and_loses_no_word(visitor, ann, project):
    page = start(visitor().sign_in(ann))
    page.locator("#A-notes").fill("half a thought")

    page.get_by_role("button", name="한국어").click()

    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("#A-notes")).to_have_value("half a thought")
