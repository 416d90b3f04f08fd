"""Visitors with a browser window each, before the real site."""

import os

import pytest
from django.conf import settings
from django.test import Client

from labeling.embedded.processes import free_port
from tests.factories.reading import has_read
from tests.processes import beat, own_broker, web, worker  # noqa: F401

# Where the models of a journey answer: the processes of the site must know the address before they start.
MODEL_PORT = free_port()
os.environ["MODEL_HOSTS"] = f"127.0.0.1:{MODEL_PORT}"  # each test process has a port of its own


def pytest_collection_modifyitems(items):
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


class Visitor:
    """Somebody at a browser window of their own. Whatever the console complains of fails the test at the end."""

    def __init__(self, browser, site, **options):
        self.site, self.context = site, browser.new_context(base_url=site, **options)
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

    def sign_in(self, person, *, reads=True, by_form=False):
        """Come to the desk as somebody who is signed in, as most who come are; or by the form, with the password."""
        if reads:
            has_read(person)
        if by_form:
            self.page.goto("/accounts/login/")
            self.page.get_by_label("Email").fill(person.email)
            self.page.get_by_label("Password", exact=True).fill("attune-demo")
            self.page.get_by_role("button", name="Sign In").click()
            self.page.wait_for_url(lambda url: "/login/" not in url)
            return self
        client = Client()
        client.force_login(person)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.site}])
        self.page.goto("/")
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
        chromium.close(window.context)
    assert complaints == []


@pytest.fixture
def axe():
    """Say what axe finds on a page: a list of (rule, first element)."""
    from axe_playwright_python.sync_playwright import Axe

    def examine(page):
        page.wait_for_load_state()
        # Colours half way mean nothing.
        page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
        found = Axe().run(page).response["violations"]
        return [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found]

    return examine
