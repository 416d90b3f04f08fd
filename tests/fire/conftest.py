"""A site with labelers at work on it, and servers that may be killed without harm to other tests."""

import os

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from labeling import embedded
from labeling.settings import database
from tests.load import scenery
from tests.processes import Web, beat, environment, own_broker, running, web, worker  # noqa: F401


def pytest_collection_modifyitems(items):
    for item in items:
        if "fire" in item.path.parts:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def labelers(transactional_db):
    return scenery.labelers(8)


@pytest.fixture
def own_valkey(tmp_path, monkeypatch):
    """A Valkey server that nobody else uses."""
    services = embedded.start("fire", root=tmp_path, environ={"DATABASE_URL": os.environ["DATABASE_URL"]})
    monkeypatch.setattr(settings, "REDIS_URL", services.redis_url)
    yield services.redis_url
    embedded.destroy("fire", root=tmp_path)


@pytest.fixture
def own_postgres(tmp_path, monkeypatch, django_db_setup, django_db_blocker):
    """A PostgreSQL server that nobody else uses, with fsync on; Django's own connection leads there meanwhile."""
    services = embedded.start("fire", root=tmp_path, environ={"REDIS_URL": os.environ["REDIS_URL"]})
    monkeypatch.setenv("DATABASE_URL", services.database_url)
    with django_db_blocker.unblock():
        connection.close()
        for name, value in database(services.database_url).items():
            monkeypatch.setitem(connection.settings_dict, name, value)
        call_command("migrate", verbosity=0)
        yield embedded.place.Place.of("fire", tmp_path)
        connection.close()
    embedded.destroy("fire", root=tmp_path)


@pytest.fixture
def own_web(own_broker, tmp_path):  # noqa: F811
    """A site for this test alone, on whichever servers it has of its own."""
    yield from running(Web(environ=environment(REDIS_URL=own_broker), log=tmp_path / "web.log"))
