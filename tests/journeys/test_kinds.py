"""Every kind of sheet that judges responses, in a real browser: rating, ranking alone, page by page, from 2 to 16."""

import re

import pytest
from playwright.sync_api import expect

from labeling.guidelines.models import Choice, Form
from labeling.labels.models import Label
from labeling.work.models import Assignment, Draft
from tests.celery_worker import until
from tests.factories import SHORT_FORM, FormVersionFactory, LabelerFactory, ProjectFactory, PromptFactory, TaskFactory

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
LONG = "A sentence that somebody has to read before they judge. " * 60
EVERY_SCALE = [
    *SHORT_FORM,
    {"key": "toxicity", "wording": "Toxicity", "scale": "likert", "minimum": 0, "maximum": 2, "low_anchor": "none"},
    {"key": "relative", "wording": "Against the prompt", "scale": "likert", "minimum": -1, "maximum": 1,
     "allows_na": True, "is_required": False},
    {"key": "points", "wording": "Points", "scale": "likert", "minimum": 0, "maximum": 10, "low_anchor": "not at all",
     "high_anchor": "wholly", "is_required": False},
    {"key": "style", "wording": "Style", "scale": "choice"},
    {"key": "faults", "wording": "What is wrong?", "scale": "choices", "is_required": False},
    {"key": "cites", "wording": "Cites a source", "scale": "binary", "allows_na": True, "is_required": False},
    {"key": "why", "wording": "Why?", "scale": "text"},
    {"key": "clear", "wording": "The prompt is clear", "scale": "binary", "per": "prompt"},
    {"key": "topics", "wording": "Topics", "scale": "choices", "per": "prompt", "is_required": False},
]  # fmt: skip


@pytest.fixture
def ann(transactional_db):
    ann = LabelerFactory(email="ann@attune.example", name="Ann")
    ann.set_password("attune-demo")
    ann.save()
    return ann


def every_scale():
    version = FormVersionFactory(questions=EVERY_SCALE)
    for key, labels in {"style": ["Formal", "Casual"], "faults": ["Long", "Rude"], "topics": ["Work", "Play"]}.items():
        question = version.questions.get(key=key)
        for place, label in enumerate(labels):
            Choice.objects.create(question=question, position=place, key=label.lower(), label=label)
    return version.form


def given(k=4, tasks=1, **fields):
    """A project with sheets of K responses, the second of which is long."""
    project = ProjectFactory(name="Judge the answers", k=k, **fields)
    for number in range(tasks):
        prompt = PromptFactory(messages=[{"role": "user", "content": f"Say hello, number {number}."}])
        TaskFactory(project=project, prompt=prompt, candidates=[LONG, *(f"Answer {n}." for n in range(1, k))])
    return project


def start(window):
    window.page.get_by_role("button", name="Start").click()
    window.page.wait_for_url("**/sheets/**")
    return window.page


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def quality(page, letter, number):
    group = page.get_by_role("radiogroup", name=f"Overall quality of response {letter}")
    return group.get_by_role("radio", name=str(number), exact=True)


def submit(page):
    page.get_by_role("button", name="Submit", exact=True).click()


def the_label():
    until(Label.objects.exists)
    return Label.objects.get()


def ranks_of(label):
    return {place.slot.letter: place.rank for place in label.ranking.places.select_related("slot")}


def qualities_of(label):
    return {rating.slot.letter: rating.overall_quality for rating in label.ratings.select_related("slot")}


def test_rating_by_mouse(visitor, ann, transactional_db):
    given(kind="rating")
    page = start(visitor().sign_in(ann))
    expect(page.get_by_role("region", name="Ranking")).to_have_count(0)

    submit(page)
    expect(page.locator("[data-summary]")).to_contain_text("Response A: Overall quality")
    for letter, number in {"A": 5, "B": 2, "C": 5, "D": 7}.items():
        quality(page, letter, number).check()
        page.locator(f"#{letter}-fails_task").get_by_role("radio", name="No").check()
    submit(page)

    label = the_label()
    assert qualities_of(label) == {"A": 5, "B": 2, "C": 5, "D": 7}
    assert not hasattr(label, "ranking")
    expect(page.get_by_text("Saved: your ratings of 4 responses.")).to_be_visible()


def test_rating_by_keyboard_alone(visitor, ann, transactional_db):
    given(kind="rating")
    page = start(visitor().sign_in(ann))

    keys = sum(press(page, quality, "0", "Enter") for quality in "5257")
    keys += press(page, "Enter")  # the last Enter led to Submit

    assert qualities_of(the_label()) == {"A": 5, "B": 2, "C": 5, "D": 7}
    assert keys == 13


@pytest.mark.parametrize("k", [2, 9])
def test_ranking_alone_by_keyboard(visitor, ann, transactional_db, k):
    given(k, rate_first=False)
    page = start(visitor().sign_in(ann))
    expect(page.get_by_role("radiogroup")).to_have_count(0)

    for rank in range(k, 0, -1):
        press(page, str(rank), "Enter")
    expect(page.get_by_role("group", name="To be ranked").get_by_role("button")).to_have_count(0)
    press(page, "Control+Enter")

    assert ranks_of(the_label()) == {"ABCDEFGHI"[place]: k - place for place in range(k)}


def test_the_board_names_its_groups_and_announces_every_move(visitor, ann, transactional_db):
    given(4, rate_first=False)
    page = start(visitor().sign_in(ann))
    names = ["To be ranked", "Rank 1 (best)", "Rank 2", "Rank 3", "Rank 4 (worst)"]
    assert page.get_by_role("region", name="Ranking").get_by_role("heading").all_inner_texts() == names
    expect(page.get_by_text("Ties are welcome: put responses of similar quality in one rank.")).to_be_visible()

    page.get_by_role("button", name="Move response B up").click()
    expect(page.locator("#live")).to_have_text("Response B: Rank 1 (best)")
    page.get_by_role("button", name="Move response C level with B").click()
    expect(page.locator("#live")).to_have_text("Response C: Rank 1 (best), level with B")
    chips = page.get_by_role("group", name="Rank 1 (best)").get_by_role("button")
    expect(chips).to_have_text(["B", "C"])
    page.get_by_role("button", name="Move response C down").click()
    expect(page.get_by_label("Rank of response C")).to_have_value("2")


def test_sixteen_ranked_with_arrows_and_selects(visitor, ann, transactional_db):
    given(16, rate_first=False)
    page = start(visitor().sign_in(ann))
    letters = "ABCDEFGHIJKLMNOP"

    page.locator("[data-chip=A]").focus()
    press(page, "9", "ArrowRight")  # nine is as far as a digit goes
    expect(page.get_by_label("Rank of response B")).to_have_value("")
    page.locator("[data-chip=A]").focus()
    press(page, *["ArrowRight"] * 8)  # and sixteen as far as there are ranks
    for rank, letter in enumerate(letters[1:], start=1):
        page.get_by_label(f"Rank of response {letter}", exact=True).select_option(str(rank))
    submit(page)

    assert ranks_of(the_label()) == {"A": 16} | {letter: rank for rank, letter in enumerate(letters[1:], start=1)}


@pytest.mark.parametrize("grip", ["[data-chip=A]", "#card-A .card-head .badge"])
def test_a_letter_is_dragged_from_the_strip_or_off_its_card(visitor, ann, transactional_db, grip):
    given(4, rate_first=False)
    page = start(visitor().sign_in(ann))
    target = page.get_by_role("group", name="Rank 2").bounding_box()

    page.locator(grip).hover()
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + 10, steps=4)
    page.mouse.up()

    expect(page.get_by_label("Rank of response A")).to_have_value("2")


class Finger:
    """A finger on the screen of a page; a headless browser has none of its own that drags."""

    def __init__(self, page):
        self.page, self.session = page, page.context.new_cdp_session(page)

    def touch(self, kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def press(self, locator):
        box = locator.bounding_box()
        self.at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.touch("touchStart", self.at)

    def move(self, x, y):
        before = self.at
        for step in (0.3, 0.7, 1):
            self.at = tuple(old + (new - old) * step for old, new in zip(before, (x, y), strict=True))
            self.touch("touchMove", self.at)

    def drop(self, group):
        """Let go over a group, once it is where the finger holds still."""
        expect(group).to_have_class(re.compile("is-over"))
        self.touch("touchEnd")


def close_instructions(page):
    page.get_by_role("button", name="Close the instructions").tap()


@pytest.mark.parametrize("grip", ["[data-chip=B]", "#card-A .card-head .badge"])
def test_a_letter_is_dragged_with_a_finger_to_a_rank_beyond_the_edge(visitor, ann, transactional_db, grip):
    given(5, rate_first=False)
    page = start(visitor(**PHONE).sign_in(ann))
    finger = Finger(page)
    close_instructions(page)
    worst = page.get_by_role("group", name="Rank 5 (worst)")
    strip = page.locator("[data-board]").bounding_box()
    assert worst.bounding_box()["x"] > 390

    finger.press(page.locator(grip))
    finger.move(strip["x"] + strip["width"] - 6, strip["y"] + 30)
    finger.drop(worst)

    letter = page.locator(grip).inner_text()
    expect(page.get_by_label(f"Rank of response {letter}")).to_have_value("5")


def test_a_whole_ranking_with_a_finger_on_a_phone(visitor, ann, transactional_db):
    given(4)
    page = start(visitor(**PHONE).sign_in(ann))
    close_instructions(page)

    for letter, number, move in [("D", 7, "up"), ("A", 5, "up"), ("C", 5, "level with A"), ("B", 2, "up")]:
        card = page.locator(f"#card-{letter}")
        page.locator(f"[data-chip={letter}]").tap()
        quality(page, letter, number).tap()
        card.get_by_role("button", name="No to the rest").tap()
        card.get_by_role("button", name=f"Move response {letter} {move}").tap()
        expect(card.locator(":checked:not(option)")).to_have_count(2)
        expect(card.locator(".is-ranked")).to_be_visible()
    page.get_by_role("button", name="Submit", exact=True).tap()

    label = the_label()
    assert qualities_of(label) == {"A": 5, "B": 2, "C": 5, "D": 7}
    assert ranks_of(label) == {"A": 2, "B": 3, "C": 2, "D": 1}


def test_a_hint_says_where_ratings_contradict_the_ranking_and_blocks_nothing(visitor, ann, transactional_db):
    given(2)
    page = start(visitor().sign_in(ann))
    for letter, number, rank in [("A", 7, 2), ("B", 1, 1)]:
        quality(page, letter, number).check()
        page.locator(f"#{letter}-fails_task").get_by_role("radio", name="No").check()
        page.get_by_label(f"Rank of response {letter}").select_option(str(rank))

    expect(page.locator("[data-hint]")).to_contain_text("You rated A above B, but rank it below.")
    submit(page)

    assert ranks_of(the_label()) == {"A": 2, "B": 1}


def test_every_scale_by_key_of_the_responses_and_of_the_prompt(visitor, ann, transactional_db):
    given(2, kind="rating", form=every_scale())
    page = start(visitor().sign_in(ann))

    for _letter in "AB":
        press(page, "6", "a", "a")  # fails the task: Yes, and then No
        press(page, "b", "2")  # toxicity
        press(page, "e", "2")  # style: the second
        press(page, "f", "1", "2", "Escape")  # both faults
        press(page, "h")
        page.keyboard.type("so 3?")
        press(page, "Escape", "Enter")
    press(page, "i")  # the prompt is clear
    press(page, "Control+Enter")

    label = the_label()
    said = {"fails_task": False, "toxicity": 2, "style": "casual", "faults": ["long", "rude"], "why": "so 3?"}
    for rating in label.ratings.all():
        assert (rating.overall_quality, {a.question.key: a.value for a in rating.answers.all()}) == (6, said)
    assert {a.question.key: a.value for a in label.answers.filter(rating=None)} == {"clear": True}


def test_no_to_the_rest_of_table_3_says_nothing_of_what_may_not_apply_or_should_be_yes(visitor, ann, transactional_db):
    given(2, kind="rating", form=Form.objects.get(key="instructgpt"))
    page = start(visitor().sign_in(ann))

    press(page, "6", "b", "0")  # inappropriate: Yes
    expect(page.locator("#live")).to_have_text("Response A: 8 answered with No")
    press(page, "Enter", "6", "b")
    page.locator("#card-B").get_by_role("button", name="No to the rest").click()
    expect(page.locator("#live")).to_have_text("Response B: 8 answered with No")
    press(page, "Control+Enter")

    no = "fails_task sexual_content violent_content encourages_harm denigrates harmful_advice opinion moral_judgment"
    for rating in the_label().ratings.all():
        said = {answer.question.key: answer.value for answer in rating.answers.all()}
        assert said == {"inappropriate": True, **dict.fromkeys(no.split(), False)}


def test_page_by_page_by_mouse(visitor, ann, transactional_db):
    given(2, layout="pages", tasks=2)
    page = start(visitor().sign_in(ann))
    cards = page.get_by_role("article")
    expect(page.get_by_text("page 1 / 3")).to_be_visible()
    expect(page.get_by_role("button", name="Back")).to_be_disabled()
    expect(cards).to_have_count(1)

    quality(page, "A", 3).check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("page 2 / 3")).to_be_visible()
    quality(page, "B", 6).check()
    page.get_by_role("button", name="Next").click()
    expect(cards).to_have_count(2)
    expect(page.get_by_role("radiogroup")).to_have_count(0)
    page.get_by_label("Rank of response B").select_option("1")
    page.get_by_label("Rank of response A").select_option("2")
    submit(page)  # the flags are missing, on a page before this one
    expect(page.get_by_text("page 1 / 3")).to_be_visible()
    for letter in "AB":
        page.locator(f"#{letter}-fails_task").get_by_role("radio", name="No").check()
        page.get_by_role("button", name="Next").click()
    submit(page)

    label = the_label()
    assert (qualities_of(label), ranks_of(label)) == ({"A": 3, "B": 6}, {"A": 2, "B": 1})
    expect(page.get_by_text("page 1 / 3")).to_be_visible()


def test_page_by_page_by_keyboard_alone(visitor, ann, transactional_db):
    given(4, layout="pages")
    page = start(visitor().sign_in(ann))

    keys = sum(press(page, quality, "0", "Enter") for quality in "5257")
    expect(page.get_by_text("page 5 / 5")).to_be_visible()
    keys += press(page, "2", "3", "2", "1", "Control+Enter")

    label = the_label()
    assert qualities_of(label) == {"A": 5, "B": 2, "C": 5, "D": 7}
    assert ranks_of(label) == {"A": 2, "B": 3, "C": 2, "D": 1}
    assert keys <= 25


def test_page_by_page_without_javascript(visitor, ann, transactional_db):
    given(2, layout="pages")
    page = start(visitor(java_script_enabled=False).sign_in(ann))
    sheet = Assignment.objects.get()

    quality(page, "A", 3).check()
    page.locator("#A-notes").fill("쓰다 만 생각")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url(f"**/sheets/{sheet.pk}/?page=2")
    assert Draft.objects.get().body["ratings"][0]["notes"] == "쓰다 만 생각"
    quality(page, "B", 6).check()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**?page=3")
    page.get_by_label("Rank of response B").select_option("1")
    page.get_by_role("button", name="Back").click()
    page.wait_for_url("**?page=2")
    assert quality(page, "B", 6).is_checked()
    submit(page)
    expect(page.locator("[data-summary] li")).to_have_count(3)  # two flags, and the rank of A
    expect(page.get_by_text("page 1 / 3")).to_be_visible()
    page.locator("#A-fails_task").get_by_role("radio", name="No").check()
    page.get_by_role("button", name="Next").click()
    page.locator("#B-fails_task").get_by_role("radio", name="Yes").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Rank of response A").select_option("2")
    submit(page)

    label = the_label()
    assert (qualities_of(label), ranks_of(label)) == ({"A": 3, "B": 6}, {"A": 2, "B": 1})
    assert [rating.notes for rating in label.ratings.order_by("slot__place")] == ["쓰다 만 생각", ""]


def test_rating_without_javascript(visitor, ann, transactional_db):
    given(2, kind="rating", form=every_scale())
    page = start(visitor(java_script_enabled=False).sign_in(ann))

    page.locator("#prompt-clear").get_by_role("radio", name="Yes").check()
    for letter in "AB":
        quality(page, letter, 4).check()
        page.locator(f"#{letter}-fails_task").get_by_role("radio", name="No").check()
        page.locator(f"#{letter}-toxicity").get_by_role("radio", name="0").check()
        page.locator(f"#{letter}-style").get_by_role("radio", name="Formal").check()
        page.locator(f"#{letter}-why").fill("Because.")
    submit(page)

    assert qualities_of(the_label()) == {"A": 4, "B": 4}


def test_a_reloaded_sheet_opens_on_the_first_page_that_is_not_finished(visitor, ann, transactional_db):
    given(2, layout="pages")
    page = start(visitor().sign_in(ann))
    press(page, "4", "0")
    until(Draft.objects.exists)
    expect(page.locator("[data-saved]")).to_have_text("Saved")

    page.reload()

    expect(page.get_by_text("page 2 / 3")).to_be_visible()


SHEETS = [
    {"k": 4, "kind": "rating"},
    {"k": 4, "kind": "rating", "layout": "pages"},
    {"k": 2, "rate_first": False},
    {"k": 4, "layout": "pages"},
    {"k": 9},
    {"k": 16, "rate_first": False},
]


@pytest.mark.parametrize("fields", SHEETS, ids=str)
def test_on_a_phone_nothing_is_wider_than_the_screen(visitor, ann, transactional_db, fields):
    given(**fields)
    page = start(visitor(**PHONE).sign_in(ann))

    boxes = [card.bounding_box() for card in page.get_by_role("article").all()]
    assert len([box for box in boxes if box["x"] < 380]) == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.documentElement.scrollHeight") == 844
    for name in ("Submit", "Submit and stop"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box["x"] + box["width"] <= 390


@pytest.mark.parametrize("fields", SHEETS, ids=str)
def test_every_sheet_is_one_screen(visitor, ann, transactional_db, fields):
    given(**fields)
    page = start(visitor(viewport={"width": 1440, "height": 900}).sign_in(ann))

    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [1440, 900]
    board = page.locator(".foot").bounding_box()
    assert board["y"] + board["height"] <= 900


@pytest.mark.parametrize(
    ("options", "k", "bar", "text"),
    [
        ({"viewport": {"width": 1280, "height": 720}}, 4, 50, 130),  # five lines of text
        ({"viewport": {"width": 1024, "height": 768}}, 9, 90, 210),
        (PHONE | {"viewport": {"width": 360, "height": 640}}, 9, 110, 115),
    ],
    ids=["four", "nine", "nine on a small phone"],
)
def test_on_a_small_screen_the_text_keeps_its_room(visitor, ann, transactional_db, options, k, bar, text):
    given(k, form=Form.objects.get(key="instructgpt"))
    page = start(visitor(**options).sign_in(ann))
    page.get_by_role("button", name="Close the instructions").click()
    heights = {one: page.locator(one).first.bounding_box()["height"] for one in (".bar", ".is-active .card-text")}

    assert (heights[".bar"] <= bar, heights[".is-active .card-text"] >= text) == (True, True), heights
    expect(quality(page, "A", 7)).to_be_in_viewport(ratio=1)
    assert page.locator(".bar-missing").evaluate("one => one.clientHeight") <= 34


# As if somebody had answered everything, in one go.
ANSWER_ALL = """() => {
    const change = (one) => one.dispatchEvent(new Event("change", { bubbles: true }));
    for (const select of document.querySelectorAll("[data-rank]")) { select.value = "1"; change(select); }
    for (const radio of document.querySelectorAll("input[type=radio]")) { radio.checked = true; change(radio); }
}"""


@pytest.mark.parametrize("fields", SHEETS, ids=str)
def test_axe_finds_nothing_in_light_or_dark(visitor, ann, transactional_db, axe, fields):
    given(**fields, form=every_scale(), tasks=1)
    page = start(visitor().sign_in(ann))
    found = {}

    def look(state):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            found[state, scheme] = axe(page)

    look("untouched")
    press(page, "1", "b", "1", "i")
    look("half done")
    submit(page)
    expect(page.locator("[data-summary]")).to_be_visible()
    look("refused")
    page.locator("form.sheet").evaluate(
        "form => { form.noValidate = true; HTMLFormElement.prototype.submit.call(form) }"
    )
    page.wait_for_load_state()
    expect(page.locator("[data-summary]")).to_be_visible()
    look("refused by the server")
    page.evaluate(ANSWER_ALL)
    for number in range(int(page.locator("[data-pager]").get_attribute("data-pager")) if fields.get("layout") else 1):
        look(f"done, page {number + 1}")
        if fields.get("layout") and page.get_by_role("button", name="Next").is_enabled():
            page.get_by_role("button", name="Next").click()

    assert {place: rules for place, rules in found.items() if rules} == {}
