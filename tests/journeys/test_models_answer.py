"""From a model's address to a project on what it answered, by a researcher at a window."""

import pytest
from playwright.sync_api import expect

from labeling.candidates.models import ModelEndpoint, Response
from labeling.work.models import Task
from tests.factories import PromptFactory, SourceFactory, UserFactory
from tests.journeys.conftest import MODEL_PORT
from tests.journeys.test_the_road import with_password
from tests.model_server import running

pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS = ["강 이름을 하나 말해 주세요.", "Name a river.", "What is <b>water</b>?", "Where does the Rhine end?"]
HOSTILE = '<img src=x onerror="alert(1)"> The **Rhine** & the Han.'
KEY = "sk-nobody-may-see-this-one"


@pytest.fixture
def rita(transactional_db):
    return with_password(UserFactory(email="rita@attune.example", groups=["researcher"], is_staff=True))


@pytest.fixture
def models():
    answers = [{"prompt": text, "responses": {"sft-1": HOSTILE, "ppo-1": f"{text} Yes."}} for text in QUESTIONS]
    with running(answers=answers, port=MODEL_PORT) as server:
        server.behaviour.key = KEY
        yield server


@pytest.fixture
def source(transactional_db):
    source = SourceFactory(name="rivers")
    for text in QUESTIONS:
        PromptFactory(source=source, messages=[{"role": "user", "content": text}])
    return source


def test_models_are_registered_tried_and_asked_and_a_project_opens_on_their_answers(
    visitor, worker, rita, models, source, axe
):
    page = visitor().sign_in(rita).page
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    register(page, models, "sft-1", "SFT", axe)
    register(page, models, "ppo-1", "PPO", axe)
    try_out(page, axe)
    generate(page, axe)
    look_at_candidates(page, axe)
    open_project(page)

    assert dialogs == []
    assert Response.objects.count() == 8
    assert Task.objects.count() == 4
    assert KEY not in page.content()


def register(page, models, name, role, axe):
    page.goto("/admin/candidates/modelendpoint/add/")
    page.locator("[name=name]").fill(name)
    page.locator("[name=role]").select_option(label=role)
    page.locator("[name=base_url]").fill(models.url)
    page.locator("[name=model_id]").fill(name)
    page.locator("[name=key]").fill(KEY)
    assert axe(page) == []
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert KEY not in page.content()
    assert KEY not in ModelEndpoint.objects.get(name=name).sealed_key


def try_out(page, axe):
    page.goto("/admin/candidates/modelendpoint/")
    page.get_by_role("link", name="sft-1").click()
    assert KEY not in page.content()
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("heading", name="It answers")).to_be_visible()
    expect(page.locator("#trial")).to_contain_text("Name three rivers")
    assert axe(page) == []


def generate(page, axe):
    page.goto("/admin/")
    page.get_by_role("link", name="Generation jobs", exact=True).first.click()
    page.get_by_role("link", name="Add generation job").first.click()
    page.get_by_role("checkbox", name="sft-1").check()
    page.get_by_role("checkbox", name="ppo-1").check()
    page.locator("[name=source]").select_option(label="rivers")
    page.locator("[name=temperature]").fill("1")
    page.get_by_role("button", name="Estimate").click()
    expect(page.get_by_role("heading", name="Estimate")).to_be_visible()
    expect(page.get_by_text("8 calls are missing.")).to_be_visible()
    assert axe(page) == []
    assert Response.objects.count() == 0
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("The job is done.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("8 of 8 answered")).to_be_visible()
    assert axe(page) == []


def look_at_candidates(page, axe):
    page.get_by_role("link", name="See the responses of this job").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(8)
    page.get_by_role("link", name=HOSTILE[:20]).first.click()
    expect(page.locator(".words")).to_have_text(HOSTILE)
    assert axe(page) == []


def open_project(page):
    page.goto("/admin/work/project/add/")
    page.get_by_label("Name").fill("Which river?")
    page.locator("[name=markdown]").fill("Put the better one first.")
    page.locator("[name=k]").fill("2")
    page.locator("[name=form]").select_option(label="InstructGPT, table 3")
    page.get_by_role("button", name="Save and continue editing").first.click()
    page.get_by_role("link", name="Add tasks").click()
    page.get_by_label("Source").select_option(label="rivers")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Add 4 tasks").click()
    expect(page.get_by_text("4 tasks were added.")).to_be_visible()
