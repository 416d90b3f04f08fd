"""Writing in a real browser: by keyboard, without scripts, on a phone, in Korean, and never losing a word."""

import pytest
from playwright.sync_api import expect

from labeling.labels.models import Demonstration
from labeling.prompts.models import Prompt
from labeling.work.models import Assignment, Draft
from tests.celery_worker import until
from tests.factories import LabelerFactory
from tests.journeys.test_the_sheet import held, start, with_password
from tests.labels.writing import PAIRS, TYPES, project_of, task_of

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture
def ann(transactional_db):
    return with_password(LabelerFactory(email="ann@attune.example", name="Ann"))


@pytest.fixture
def given(transactional_db):
    """Two tasks whose prompts are given."""
    project = project_of(name="Write demonstrations")
    for number in range(2):
        task_of(project, prompt=f"Name **three** rivers, list {number}.")
    return project


@pytest.fixture
def asking(transactional_db):
    """Two tasks for which the labeler writes the prompt, and tags it."""
    project = project_of(name="Write prompts", prompt_types=TYPES, asks_for_tags=True)
    for _ in range(2):
        task_of(project, prompt=None)
    return project


def start_in(page, project):
    page.get_by_role("listitem").filter(has_text=project.name).get_by_role("button", name="Start").click()
    page.wait_for_url("**/sheets/**")


def text_of(page):
    return page.get_by_label("Your demonstration", exact=True)


def submit(page):
    page.get_by_role("button", name="Submit", exact=True).click()


def fill_pair(page, number, pair):
    page.get_by_label(f"Example query {number}").fill(pair["query"])
    page.get_by_label(f"Example response {number}").fill(pair["response"])


def kept(**body):
    return Draft.objects.filter(**{f"body__{path}": value for path, value in body.items()}).exists()


def test_a_demonstration_by_mouse(visitor, ann, given):
    page = start(visitor().sign_in(ann))
    first = held()
    expect(page.get_by_role("region", name="Prompt")).to_contain_text("Name three rivers")

    text_of(page).fill("The Rhine, the Nile and the Han.")
    expect(page.get_by_text("Words: 7")).to_be_visible()
    submit(page)

    page.wait_for_url(lambda url: str(first.pk) not in url)
    expect(page.locator("#said")).to_contain_text("Saved: your demonstration.")
    expect(text_of(page)).to_have_value("")
    assert Demonstration.objects.get().text == "The Rhine, the Nile and the Han."


def test_a_demonstration_by_keyboard_alone(visitor, ann, given):
    page = start(visitor().sign_in(ann))
    first = held()
    expect(text_of(page)).to_be_focused()

    page.keyboard.type("1 river? The Rhine.")
    page.keyboard.press("Enter")
    page.keyboard.type("/ done")
    page.keyboard.press("Control+Enter")

    page.wait_for_url(lambda url: str(first.pk) not in url)
    assert Demonstration.objects.get().text == "1 river? The Rhine.\n/ done"


def test_an_empty_demonstration_is_refused_and_the_focus_is_where_it_is_missing(visitor, ann, given):
    page = start(visitor().sign_in(ann))
    text_of(page).fill("   ")

    submit(page)

    expect(page.get_by_role("alert").filter(has_text="not finished")).to_contain_text(
        "Your demonstration is still empty."
    )
    expect(text_of(page)).to_be_focused()
    expect(text_of(page)).to_have_attribute("aria-invalid", "true")
    assert Demonstration.objects.count() == 0


def test_the_preview_follows_what_is_typed(visitor, ann, given):
    page = start(visitor().sign_in(ann))
    text_of(page).fill("A **bold** river <img src=x onerror=alert(1)>")

    page.get_by_role("button", name="Preview").click()

    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("bold")
    expect(preview.locator("img")).to_have_count(0)
    text_of(page).press("End")
    page.keyboard.type(" and *more*")
    expect(preview.locator("em")).to_have_text("more")
    page.get_by_role("button", name="Preview").click()
    expect(preview).to_be_hidden()


def test_a_korean_syllable_under_composition_is_not_submitted(visitor, ann, given):
    page = start(visitor().sign_in(ann))
    sheet = held()
    keyboard = page.context.new_cdp_session(page)
    text_of(page).focus()
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}

    keyboard.send("Input.imeSetComposition", {"text": "하", "selectionStart": 1, "selectionEnd": 1})
    keyboard.send("Input.imeSetComposition", {"text": "한", "selectionStart": 1, "selectionEnd": 1})
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    until(lambda: kept(text="한"))
    assert (Demonstration.objects.count(), held()) == (0, sheet)

    keyboard.send("Input.insertText", {"text": "한강"})
    expect(text_of(page)).to_have_value("한강")
    page.keyboard.press("Control+Enter")

    page.wait_for_url(lambda url: str(sheet.pk) not in url)
    assert Demonstration.objects.get().text == "한강"


def test_a_draft_survives_reloading_and_comes_back_in_another_browser(visitor, ann, asking):
    page = start(visitor().sign_in(ann))
    page.get_by_role("radio", name="Few-shot").check()
    page.get_by_label("Prompt", exact=True).fill("Name the mood.")
    fill_pair(page, 1, PAIRS[0])
    page.get_by_role("button", name="Add an example").click()
    page.get_by_label("Example query 3").fill("쓰다 만 생각")
    page.get_by_role("checkbox", name="ambiguous").check()
    until(lambda: kept(prompt__examples__2__query="쓰다 만 생각", tags=["ambiguous"]))
    page.reload()
    expect(page.get_by_label("Example query 3")).to_have_value("쓰다 만 생각")

    elsewhere = visitor().sign_in(ann).page
    elsewhere.get_by_role("button", name="Continue").click()
    elsewhere.wait_for_url("**/sheets/**")

    assert elsewhere.get_by_role("radio", name="Few-shot").is_checked()
    assert elsewhere.get_by_label("Prompt", exact=True).input_value() == "Name the mood."
    assert elsewhere.get_by_label("Example response 1").input_value() == "positive"
    assert elsewhere.get_by_label("Example query 3").input_value() == "쓰다 만 생각"
    assert elsewhere.get_by_role("checkbox", name="ambiguous").is_checked()


def test_what_was_typed_offline_is_there_after_reloading_with_examples_the_server_never_saw(
    visitor,
    ann,
    asking,
):
    window = visitor().sign_in(ann)
    page = start(window)
    page.get_by_role("radio", name="Few-shot").check()
    until(lambda: kept(prompt__type="few_shot"))
    page.route("**/draft/", lambda route: route.abort())

    page.get_by_role("button", name="Add an example").click()
    page.get_by_label("Example response 3").fill("typed offline")
    expect(page.locator("[data-saved]")).to_have_text("Not saved yet – retrying")
    page.reload()

    expect(page.get_by_label("Example response 3")).to_have_value("typed offline")
    page.unroute("**/draft/")
    until(lambda: kept(prompt__examples__2__response="typed offline"))
    # The browser writes a line of its own for each request that was cut off.
    window.complaints[:] = [line for line in window.complaints if "ERR_FAILED" not in line]


def test_a_few_shot_prompt_with_examples_added_and_removed(visitor, ann, asking):
    page = start(visitor().sign_in(ann))
    first = held()
    expect(page.get_by_label("Example query 1")).to_be_hidden()
    page.get_by_role("radiogroup", name="Prompt type").get_by_role("radio", name="Few-shot").check()
    page.get_by_label("Prompt", exact=True).fill("Name the mood.")
    page.get_by_role("button", name="Add an example").click()
    expect(page.get_by_label("Example query 3")).to_be_focused()
    for number, pair in enumerate([PAIRS[0], {"query": "wrong", "response": "wrong"}, PAIRS[1]], start=1):
        fill_pair(page, number, pair)

    page.get_by_role("button", name="Remove example 2").click()
    expect(page.get_by_label("Example query 2")).to_have_value("Never again")
    expect(page.get_by_label("Example query 3")).to_have_count(0)
    submit(page)

    page.wait_for_url(lambda url: str(first.pk) not in url)
    assert Prompt.objects.get().meta == {"examples": PAIRS}


def test_a_plain_prompt_with_its_demonstration(visitor, ann, asking):
    page = start(visitor().sign_in(ann))
    first = held()
    expect(page.get_by_role("button", name="Prompt type", exact=True)).to_be_visible()  # still missing

    page.get_by_role("radio", name="Plain", exact=True).check()
    page.get_by_label("Prompt", exact=True).fill("How many legs has a spider?")
    text_of(page).fill("Eight.")
    page.get_by_role("checkbox", name="closed domain").check()
    expect(page.get_by_text("Everything is answered")).to_be_visible()
    submit(page)

    page.wait_for_url(lambda url: str(first.pk) not in url)
    said = Demonstration.objects.get()
    assert (said.prompt_type, said.prompt.messages[0]["content"]) == ("plain", "How many legs has a spider?")
    assert (said.text, said.tags) == ("Eight.", ["closed_domain"])


def test_skip_with_a_text_asks_first(visitor, ann, given):
    page = start(visitor().sign_in(ann))
    first = held()
    text_of(page).fill("Half a thought")

    page.get_by_role("button", name="Skip", exact=True).click()
    expect(page.get_by_text("You have already answered something here.")).to_be_visible()
    page.get_by_role("dialog", name="Skip this task?").get_by_role("button", name="Keep working").click()

    expect(text_of(page)).to_have_value("Half a thought")
    assert Assignment.objects.get(pk=first.pk).state == "open"


def test_the_whole_sheet_without_javascript(visitor, ann, asking):
    page = start(visitor(java_script_enabled=False).sign_in(ann))
    first = held()
    page.get_by_role("radio", name="Few-shot").check()
    page.get_by_label("Prompt", exact=True).fill("Name the mood.")
    fill_pair(page, 1, PAIRS[0])
    page.get_by_role("button", name="Add an example").click()
    fill_pair(page, 3, PAIRS[1])
    page.get_by_role("button", name="Remove example 2").click()
    text_of(page).fill("Some **more**.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("strong")).to_have_text("more")

    submit(page)

    page.wait_for_url(lambda url: "/sheets/" in url and str(first.pk) not in url)
    said = Demonstration.objects.get()
    assert (said.text, said.prompt.meta) == ("Some **more**.", {"examples": PAIRS})


def test_without_javascript_a_refusal_leads_to_what_is_missing(visitor, ann, given):
    page = start(visitor(java_script_enabled=False).sign_in(ann))

    submit(page)

    page.get_by_role("link", name="Your demonstration is still empty.").click()
    assert page.url.endswith("#text")
    assert Demonstration.objects.count() == 0


@pytest.mark.parametrize("kind", ["given", "asking"])
def test_on_a_phone_nothing_is_wider_than_the_screen(request, visitor, ann, kind):
    request.getfixturevalue(kind)
    page = start(visitor(**PHONE).sign_in(ann))
    text_of(page).fill("A long text of many words. " * 80)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    text_of(page).scroll_into_view_if_needed()
    assert page.get_by_role("button", name="Submit", exact=True).is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_sheet(visitor, ann, given, asking, axe, scheme):
    page = visitor(color_scheme=scheme).sign_in(ann).page
    start_in(page, given)
    found = {"given, untouched": axe(page)}
    text_of(page).fill("A [link](https://example.org), `code` and **more**.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("strong")).to_have_text("more")
    expect(page.get_by_role("button", name="Instructions", exact=True)).to_have_attribute("aria-expanded", "true")
    found["given, with its preview and the instructions"] = axe(page)
    page.get_by_role("button", name="Submit and stop").click()
    page.wait_for_url("**/")
    start_in(page, asking)
    found["asking, untouched"] = axe(page)
    page.get_by_role("radio", name="Few-shot").check()
    fill_pair(page, 1, PAIRS[0])
    submit(page)
    expect(page.get_by_role("alert").filter(has_text="not finished")).to_be_visible()
    found["asking, refused"] = axe(page)
    page.get_by_role("button", name="Shortcuts").click()
    found["shortcuts"] = axe(page)

    assert {place: rules for place, rules in found.items() if rules} == {}
