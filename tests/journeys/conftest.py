"""A real Chromium before the real site. Where the machine has no Chromium, these tests are skipped, loudly."""

import os
import shutil

import pytest

from tests.processes import own_broker, web, worker  # noqa: F401

HOW_TO_INSTALL = "There is no Chromium on this machine; on Debian: apt-get install chromium fonts-noto-cjk"
CHROMIUM = next(
    filter(None, (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def chromium():
    """The machine's own Chromium, driven by Playwright."""
    if CHROMIUM is None:
        if os.environ.get("ATTUNE_REQUIRE_BROWSER"):
            pytest.fail(HOW_TO_INSTALL)
        pytest.skip(HOW_TO_INSTALL)
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread; Django would take that for an asynchronous caller.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visitor:
    """Somebody at a browser window of their own. Whatever the console complains of fails the test at the end."""

    def __init__(self, browser, site, **options):
        self.context = browser.new_context(base_url=site, **options)
        self.context.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page = self.new_tab()

    def new_tab(self):
        page = self.context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _listen(self, message):
        # The browser writes a line for every refused form, which is meant; and axe, which comes from no address,
        # measures with inline styles that the policy rightly refuses.
        if message.type == "error" and message.location["url"] and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self, person, password="attune-demo"):
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email").fill(person.email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign In").click()
        self.page.wait_for_url(lambda url: "/login/" not in url)
        return self


@pytest.fixture
def visitor(chromium, web):  # noqa: F811
    """Open a window: visitor(**context options) → Visitor."""
    opened = []

    def open_window(**options):
        opened.append(Visitor(chromium, web.url, **options))
        return opened[-1]

    yield open_window
    complaints = [complaint for window in opened for complaint in window.complaints]
    for window in opened:
        window.context.close()
    assert complaints == []


@pytest.fixture
def axe():
    """Say what axe finds on a page: a list of (rule, first element)."""
    from axe_playwright_python.sync_playwright import Axe

    def examine(page):
        found = Axe().run(page).response["violations"]
        return [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found]

    return examine
