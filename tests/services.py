"""Where do the tests find their servers? In the environment, or else in the instance "test" of this machine.

A pytest plugin, loaded by name before pytest-django reads the settings. Several sessions in one checkout may
run at once: each takes a seat, which gives it a database name and sixteen Valkey databases (0-15, 16-31, …)
of its own.
"""

import contextlib
import os
import tempfile
from urllib.parse import urlsplit

import pytest

from labeling import embedded

SEATED = contextlib.ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    os.environ.setdefault("ATTUNE_ENV", "test")
    os.environ.setdefault("API_ANONYMOUS_RATE", "0")  # all tests ask from one address, many of them as strangers
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the session that started this worker handed its environment down
    _name_services()
    for name, value in embedded.secrets("test").items():
        os.environ.setdefault(name, value)
    # Neither the files nor the collected statics of this checkout: in a fresh clone there are none.
    for name in ("ATTUNE_DATA_DIR", "STATIC_ROOT"):
        if name not in os.environ:
            os.environ[name] = SEATED.enter_context(tempfile.TemporaryDirectory(prefix="attune-test-"))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    SEATED.close()


def _name_services() -> None:
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    number = SEATED.enter_context(embedded.seat("test"))
    services = embedded.start("test")
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = urlsplit(services.database_url)._replace(path=f"/attune_{number}").geturl()
    if "REDIS_URL" not in os.environ:
        os.environ["REDIS_URL"] = urlsplit(services.redis_url)._replace(path=f"/{number * 16}").geturl()
