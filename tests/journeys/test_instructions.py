"""Instructions and forms in a real browser: read before the work, and written where researchers write them."""

import pytest
from playwright.sync_api import expect

from labeling.guidelines import versions
from labeling.guidelines.models import Form
from labeling.labels.models import Label
from labeling.work.models import Assignment, Draft, Membership
from tests.celery_worker import until
from tests.factories import InstructionsFactory, LabelerFactory, ProjectFactory, TaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = """# How to judge

Put the more *helpful* response first, as the person who asked would see it.

Ties are fine.

- **6**: right, complete, and easy to read.
- **2**: answers another question.
"""
AFTER = BEFORE.replace("are fine", "are welcome where two are of similar quality") + "\nFlag private data.\n"


def with_password(person):
    person.set_password("attune-demo")
    person.save()
    return person


@pytest.fixture
def ann(transactional_db):
    return with_password(LabelerFactory(email="ann@attune.example", name="Ann"))


@pytest.fixture
def rita(transactional_db):
    return with_password(UserFactory(email="rita@attune.example", groups=["researcher"], is_staff=True))


@pytest.fixture
def project(transactional_db):
    project = ProjectFactory(name="Rank the answers", instructions=InstructionsFactory(version=BEFORE))
    for _ in range(3):
        TaskFactory(project=project)
    return project


def start(window):
    window.page.get_by_role("button", name="Start").click()
    window.page.wait_for_url("**/sheets/**")
    return window.page


def rewrite(project):
    versions.new_instructions(instructions=project.instructions, markdown=AFTER, by=None)


def rate_and_rank(page):
    for letter, number in zip("ABCD", "7421", strict=True):
        group = page.get_by_role("radiogroup", name=f"Overall quality of response {letter}")
        group.get_by_role("radio", name=number, exact=True).check()
        card = page.get_by_role("article", name=f"Response {letter}")
        card.get_by_role("radiogroup", name="Fails the task").get_by_role("radio", name="No").check()
        page.get_by_label(f"Rank of response {letter}").select_option(str("7421".index(number) + 1))


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_change_is_read_with_the_keyboard_alone(visitor, ann, project, axe):
    page = start(visitor().sign_in(ann, reads=False))
    expect(page.get_by_role("article", name="Response A")).to_be_visible()
    assert Membership.objects.get().acknowledged_instructions.number == 1
    rewrite(project)
    Assignment.objects.update(instructions_version=project.instructions.newest())
    page.reload()
    expect(page.get_by_role("heading", name="The instructions have changed")).to_be_focused()
    assert axe(page) == []

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="I have read them")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("article", name="Response A")).to_be_visible()
    assert Membership.objects.get().acknowledged_instructions.number == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_change_is_read_between_two_sheets_and_the_open_one_keeps_its_version(visitor, ann, project, axe, scheme):
    page = start(visitor(color_scheme=scheme).sign_in(ann))
    page.locator("#A-notes").fill("half a thought")
    until(Draft.objects.exists)
    rewrite(project)
    first = page.url
    page.reload()
    expect(page.get_by_text("version 1")).to_have_count(1)
    expect(page.locator("#A-notes")).to_have_value("half a thought")
    rate_and_rank(page)

    page.get_by_role("button", name="Submit", exact=True).click()

    expect(page.get_by_role("heading", name="The instructions have changed")).to_be_focused()
    assert page.title() == "Rank the answers · Instructions · Attune"
    assert page.url != first
    assert page.get_by_role("insertion").all_inner_texts() != []
    assert "removed: fine" in page.locator(".changes").text_content()
    assert axe(page) == []
    page.get_by_role("button", name="I have read them").click()
    expect(page.get_by_role("article", name="Response A")).to_be_visible()
    assert Label.objects.get().ratings.get(slot__place=1).notes == "half a thought"
    assert Assignment.objects.get(state="open").instructions_version.number == 2


def test_the_scripts_of_the_sheet_stop_while_reading(visitor, ann, project):
    page = start(visitor().sign_in(ann))
    rate_and_rank(page)
    rewrite(project)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name="The instructions have changed")).to_be_focused()

    page.keyboard.press("Control+Enter")
    page.keyboard.press("?")
    page.go_back()

    expect(page.get_by_role("heading", name="Your desk")).to_be_visible()
    assert Label.objects.count() == 1


def test_the_first_sheet_shows_them_and_their_links_ask_there_and_on_their_page(visitor, ann, project):
    newer = f"{BEFORE}\n[A guide](https://guide.example/one)\n"
    versions.new_instructions(instructions=project.instructions, markdown=newer, by=None)
    page = start(visitor().sign_in(ann, reads=False))
    link, asked = page.get_by_role("link", name="A guide"), page.get_by_role("dialog", name="Open this address?")
    expect(page.get_by_role("button", name="Instructions", exact=True)).to_have_attribute("aria-expanded", "true")
    link.press("Enter")
    expect(asked).to_contain_text("https://guide.example/one")
    asked.get_by_role("button", name="Stay here").click()
    rate_and_rank(page)
    rewrite(project)
    versions.new_instructions(instructions=project.instructions, markdown=newer, by=None)

    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name="The instructions have changed")).to_be_visible()
    link.last.press("Enter")
    expect(asked).to_contain_text("https://guide.example/one")
    asked.get_by_role("button", name="Stay here").click()
    page.get_by_role("button", name="I have read them").click()

    expect(page.get_by_role("article", name="Response A")).to_be_visible()
    expect(link).to_be_hidden()


def test_without_a_script(visitor, ann, project):
    page = start(visitor(java_script_enabled=False).sign_in(ann, reads=False))
    rewrite(project)
    rate_and_rank(page)
    page.get_by_role("button", name="Submit", exact=True).click()

    expect(page.get_by_role("heading", name="The instructions have changed")).to_be_visible()
    page.get_by_role("button", name="I have read them").click()

    expect(page.get_by_role("article", name="Response A")).to_be_visible()


def test_on_a_phone_in_korean(visitor, ann, project, axe):
    ann.locale = "ko"
    ann.save()
    window = visitor(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, locale="ko-KR")
    window.page.goto("/accounts/login/")
    window.page.locator("[name=login]").fill(ann.email)
    window.page.locator("[name=password]").fill("attune-demo")
    window.page.locator("main form button[type=submit]").first.click()
    window.page.get_by_role("button", name="시작하기").click()
    page = window.page
    expect(page.locator("#card-A")).to_be_visible()
    rewrite(project)
    Assignment.objects.update(instructions_version=project.instructions.newest())

    page.reload()

    expect(page.get_by_role("heading", name="지침이 바뀌었습니다")).to_be_visible()
    expect(page.get_by_role("button", name="읽었습니다")).to_be_in_viewport()
    assert fits(page)
    assert axe(page) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_is_put_in_order_previewed_and_saved(visitor, rita, axe, scripts):
    page = visitor(java_script_enabled=scripts).sign_in(rita).page
    form = Form.objects.get(key="instructgpt")
    page.goto(f"/admin/guidelines/formversion/add/?form={form.pk}")
    page.get_by_role("button", name="Move “Hallucination” up").click()
    page.get_by_role("button", name="Move “Hallucination” up").click()
    if scripts:
        assert axe(page) == []
        page.get_by_text("hallucination", exact=True).click()
        page.locator("[name=questions-1-tags][value=closed_domain]").check()

    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    preview = opened.value
    expect(preview.get_by_role("radiogroup", name="Hallucination")).to_be_visible()
    expect(preview.get_by_text("The questions stand in another order")).to_be_visible()
    if scripts:
        expect(preview.get_by_text("Hallucination: only where the prompt is tagged closed_domain")).to_be_visible()
        assert axe(preview) == []
    assert form.versions.count() == 1

    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".messagelist .success")).to_be_visible()
    asked = form.newest().questions.values_list("key", flat=True)
    assert (form.newest().number, list(asked)[:3]) == (2, ["overall_quality", "hallucination", "fails_task"])


def test_instructions_are_previewed_with_what_changes(visitor, rita, project, axe):
    page = visitor().sign_in(rita).page
    page.goto(f"/admin/guidelines/instructions/{project.instructions_id}/change/")
    page.locator("[name=markdown]").fill(AFTER)

    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    expect(opened.value.get_by_role("insertion").first).to_be_visible()
    assert axe(opened.value) == []
    assert project.instructions.versions.count() == 1
    page.get_by_role("button", name="Save and continue editing").click()
    page.goto(f"/admin/guidelines/instructionsversion/{project.instructions.newest().pk}/change/")

    expect(page.get_by_role("heading", name="Changes since version 1")).to_be_visible()
    expect(page.get_by_role("insertion").first).to_be_visible()
    assert axe(page) == []
