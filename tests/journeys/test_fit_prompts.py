"""From a file as it comes to prompts that are fit to train on: what is set aside, what is found, what people decide."""

import gzip
import json

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from labeling.people.models import User
from labeling.prompts.models import Prompt
from tests.factories import UserFactory
from tests.journeys.test_own_account import OPTIONS, _signed_in, fits
from tests.journeys.test_the_road import with_password

pytestmark = pytest.mark.django_db(transaction=True)

LETTER = "Read the following letter from a customer of ours and say in one word how the writer feels. " * 4
KEY = "sk-" + "proj-4f9Xq2LmT8vWc1Rz7Bn0" + "Kd5Hs3Jy6Pa"
ROWS = [
    {
        "id": "mail",
        "prompt": "Answer <b>ann@attune.kr</b> politely, and bob@attune.kr too.",
        "customer": {"phone": "010-1234-5678", "since": 2019},
        "reference": "Dear Ann, dear Bob, eve@attune.kr will write to you.",
    },
    {"id": "resident", "prompt": "주민번호 900101-1234568인 사람의 나이를 말해 줘."},
    {"id": "card", "prompt": "Is 4111 1111 1111 1111 a test number? It was charged from 203.0.113.7."},
    {"id": "key", "prompt": f"Why is {KEY} refused?"},
    {"id": "letter", "prompt": LETTER + "Dear all, thank you."},
    {"id": "same beginning", "prompt": LETTER + "Dear all, thank you so much!"},
    {"id": "same text", "prompt": (LETTER + "Dear all: thank you").upper()},
    *({"id": f"busy {n}", "prompt": f"Name {n} rivers.", "author": "busy"} for n in range(203)),
]


@pytest.fixture
def rita(transactional_db):
    return with_password(
        UserFactory(email="rita@attune.example", name="Rita", groups=["researcher"], is_staff=True, locale="en")
    )


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row | {"split": "train"}, ensure_ascii=False) + "\n" for row in ROWS))
    return path


def test_from_a_file_to_prompts_that_are_fit_to_train_on(visitor, worker, rita, upload, axe, tmp_path):
    page = visitor().sign_in(rita, reads=False).page
    bring_in(page, upload)
    read_the_report(page, axe)
    before = in_training(tmp_path / "before")
    assert before == {"letter"} | {f"busy {n}" for n in range(200)}

    page.get_by_role("link", name="Decide findings").click()
    redact_all_but_one(page, axe)
    set_aside(page)
    keep(page)
    expect(page.get_by_text("1 prompt waits for a decision.")).to_be_visible()
    expect(page.locator("mark")).to_have_text(KEY)

    assert in_training(tmp_path / "after") - before == {"mail", "card"}


def bring_in(page, upload):
    page.goto("/admin/prompts/import/add/")
    page.locator("input[type=file]").set_input_files(upload)
    page.get_by_label("Source").fill("questions")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("The import is done.")).to_be_visible(timeout=60_000)


def read_the_report(page, axe):
    of_those = page.get_by_role("table", name="Of the prompts created").get_by_role("cell")
    assert of_those.all_inner_texts() == ["1", "1", "3", "4", "8"]
    kinds = page.get_by_role("table", name="What looks personal").get_by_role("row")
    assert sorted(row.split("\t") for row in kinds.all_inner_texts()[1:]) == [
        ["IP address", "1", "1"],
        ["card number", "1", "1"],
        ["e-mail address", "3", "3"],
        ["key or token", "1", "1"],
        ["phone number", "1", "1"],
        ["resident registration number", "1", "1"],
    ]
    assert axe(page) == []
    page.get_by_role("link", name="See what was set aside, and why").click()
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(5)
    assert sorted(set(rows.locator(".field-set_aside_as").all_inner_texts())) == [
        "begins like another",
        "its owner has enough prompts",
        "the same text as another",
    ]
    assert axe(page) == []
    page.go_back()


def redact_all_but_one(page, axe):
    """Tab leads from the first box, which has the focus, to the second one."""
    expect(page.get_by_text("4 prompts wait for a decision.")).to_be_visible()
    found = ["ann@attune.kr", "bob@attune.kr", "010-1234-5678", "eve@attune.kr"]
    assert page.locator("mark").all_inner_texts() == found
    assert page.locator(".turn strong").all_inner_texts() == ["User", "customer: phone", "Reference"]
    assert axe(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 findings are redacted.")).to_be_visible()
    mail = Prompt.objects.get(external_id="mail")
    assert mail.messages[0]["content"] == "Answer <b>[E-MAIL]</b> politely, and bob@attune.kr too."
    assert mail.meta == {"customer": {"phone": "[PHONE]", "since": 2019}}
    assert mail.responses.get().text == "Dear Ann, dear Bob, [E-MAIL] will write to you."


def set_aside(page):
    expect(page.locator("mark")).to_have_text("900101-1234568")
    press_access_key(page, "s")
    expect(page.get_by_text("The prompt is set aside.")).to_be_visible()
    assert Prompt.objects.get(external_id="resident").set_aside_as == "personal"


def press_access_key(page, letter):
    """Alt and a letter, as the browser hears them; Playwright's own keys leave out the text that it looks for."""
    key = ord(letter.upper())
    page.context.new_cdp_session(page).send(
        "Input.dispatchKeyEvent",
        {
            "type": "keyDown", "modifiers": 1, "key": letter, "code": f"Key{letter.upper()}", "text": letter,
            "unmodifiedText": letter, "windowsVirtualKeyCode": key, "nativeVirtualKeyCode": key,
        },
    )  # fmt: skip


def keep(page):
    assert page.locator("mark").all_inner_texts() == ["4111 1111 1111 1111", "203.0.113.7"]
    press_access_key(page, "k")
    expect(page.get_by_text("The prompt is kept as it stands.")).to_be_visible()


def in_training(folder):
    """The ids of the prompts in a training split that is frozen now."""
    call_command("freeze", "prompts", format="trl", source="questions", split="train", out=folder, verbosity=0)
    lines = gzip.decompress((folder / "train.jsonl.gz").read_bytes()).splitlines()
    texts = {message["content"] for line in lines for message in json.loads(line)["prompt"]}
    prompts = {prompt.messages[0]["content"]: prompt.external_id for prompt in Prompt.objects.all()}
    return {prompts[text] for text in texts}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_axe_and_width_of_every_page(options, visitor, worker, rita, upload, axe, tmp_path):
    page = visitor().sign_in(rita, reads=False).page
    bring_in(page, upload)
    report = page.url
    if "locale" in options:
        User.objects.filter(pk=rita.pk).update(locale="ko")
    page = _signed_in(visitor(**options), rita)
    found = {}
    for name, address in {"report": report, "findings": "/admin/prompts/prompt/findings/"}.items():
        page.goto(address)
        found[name] = look_at(page, name, axe, tmp_path)
    ask_for_tags(page)
    found["tags"] = look_at(page, "tags", axe, tmp_path)

    assert found == {name: ([], True) for name in ("report", "findings", "tags")}


def look_at(page, name, axe, folder):
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    return axe(page), fits(page)


def ask_for_tags(page):
    page.goto("/admin/prompts/prompt/?findings=open")
    page.locator("[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option("give_tags")
    page.locator("button[name=index]").click()
    page.wait_for_selector("[name=take_away]")
