"""The machine's own Chromium, one for a whole test session. Where there is none, its tests are skipped, loudly."""

import os
import shutil

import pytest

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
