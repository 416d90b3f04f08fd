"""The machine's own Chromium, one for a whole test session. Where there is none, its tests are skipped, loudly."""

import contextlib
import os
import shutil
import threading

import psutil
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


PATIENCE = 30  # seconds for a window to close; then the browser is beyond help


class Chromium:
    """One browser for many windows. One that does not let go of a window is killed, and the next gets another."""

    def __init__(self, playwright):
        self._playwright, self._browser = playwright, None

    def new_context(self, **options):
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        return self._browser.new_context(**options)

    def close(self, context):
        """Close a window, whatever it is at: in the middle of a navigation, it now and then takes for ever."""
        self._or_kill(context.close)

    def quit(self):
        if self._browser is not None:
            self._or_kill(self._browser.close)

    def _or_kill(self, step):
        from playwright.sync_api import Error

        impatience = threading.Timer(PATIENCE, _kill_browsers)
        impatience.start()
        try:
            step()
        except Error:
            if impatience.is_alive():
                raise
        finally:
            impatience.cancel()


def _kill_browsers():
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "--remote-debugging-pipe" in one.cmdline():
                one.kill()


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
        browser = Chromium(playwright)
        yield browser
        browser.quit()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
