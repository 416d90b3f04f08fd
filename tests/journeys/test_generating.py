"""A researcher sets a model up, has it answer prompts, and watches, at a window of their own."""

import pytest
from playwright.sync_api import expect

from labeling.candidates.models import GenerationJob, ModelEndpoint, Response
from tests.factories import PromptFactory, SourceFactory, UserFactory
from tests.model_server import model_server  # noqa: F401
from tests.processes import Web, environment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def web(monkeypatch, model_server, own_broker, transactional_db, tmp_path):  # noqa: F811
    """A site, and whatever else this test starts, that may call the model's server."""
    monkeypatch.setenv("MODEL_HOSTS", model_server.host)
    site = Web(environ=environment(REDIS_URL=own_broker), log=tmp_path / "web.log").start()
    yield site
    site.stop()
    print(site.last_words())


@pytest.fixture
def rita(transactional_db):
    rita = UserFactory(email="rita@attune.example", groups=["researcher"], is_staff=True)
    rita.set_password("attune-demo")
    rita.save()
    return rita


def test_a_model_is_set_up_tried_out_and_asked(web, worker, visitor, rita, model_server, axe):  # noqa: F811
    source = SourceFactory(name="rivers")
    for number in range(30):
        PromptFactory(source=source, messages=[{"role": "user", "content": f"Name river {number}."}])
    page = visitor(viewport={"width": 1280, "height": 900}).sign_in(rita).page
    set_up(page, model_server, axe)
    try_out(page, axe)
    ask(page, axe)
    model_server.behaviour.latency = 0.5
    page.get_by_role("button", name="Generate").click()

    expect(page.locator("#live")).to_contain_text("The job is done.", timeout=90_000)
    expect(page.locator("#live")).to_contain_text("100 %, 30 of 30 answered")

    assert axe(page) == []
    page.get_by_role("link", name="See the responses of this job").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(30)
    assert (GenerationJob.objects.get().requested_by, Response.objects.count()) == (rita, 30)


def set_up(page, model_server, axe):  # noqa: F811
    page.goto("/admin/candidates/modelendpoint/add/")
    page.get_by_label("Name:").fill("river-7b")
    page.get_by_label("Base URL").fill(model_server.url)
    page.get_by_label("Model id").fill("river-7b")
    page.get_by_label("Key:", exact=True).fill("sk-nobody-sees-this")
    assert axe(page) == []
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_placeholder("A key is stored. Type another to replace it.")).to_have_value("")
    assert ModelEndpoint.objects.get().has_key


def try_out(page, axe):
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#trial")).to_contain_text("It answers")
    expect(page.locator("#trial")).to_contain_text("Tokens of the answer")
    assert axe(page) == []


def ask(page, axe):
    page.goto("/admin/")
    page.locator(".model-generationjob").get_by_role("link", name="Add").click()
    page.get_by_label("river-7b").check()
    page.get_by_label("Source").select_option(label="rivers")
    page.get_by_role("button", name="Estimate").click()
    expect(page.get_by_text("30 prompts. 30 calls are missing.")).to_be_in_viewport()
    expect(page.get_by_label("river-7b")).to_be_checked()
    assert axe(page) == []
    assert not GenerationJob.objects.exists()
