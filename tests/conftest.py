"""The cast. Ann and Bob are labelers of the training cohort, Hal is held out, Charlie has an account and no role,
Rita is a researcher, Eve an engineer, Ada an admin, and Judge a program that labels.
"""

from contextlib import ExitStack

import pytest

from labeling.people.models import Cohort
from tests import databases
from tests.chromium import chromium  # noqa: F401
from tests.factories import LabelerFactory, UserFactory
from tests.factories.reading import has_read


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Browsers last: where one has been opened, its driver's event loop runs in this thread until the session ends."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def django_db_setup(django_db_modify_db_settings, django_db_blocker):
    copy = ExitStack()
    with django_db_blocker.unblock():
        copy.enter_context(databases.copied())
    yield
    with django_db_blocker.unblock():
        copy.close()


@pytest.fixture
def ann(db):
    return LabelerFactory(email="ann@attune.example", name="Ann")


@pytest.fixture
def bob(db):
    return LabelerFactory(email="bob@attune.example", name="Bob")


@pytest.fixture
def hal(db):
    return LabelerFactory(email="hal@attune.example", name="Hal", cohort=Cohort.HELD_OUT)


@pytest.fixture
def charlie(db):
    return UserFactory(email="charlie@attune.example", name="Charlie")


@pytest.fixture
def rita(db):
    return UserFactory(email="rita@attune.example", name="Rita", groups=["researcher"], is_staff=True)


@pytest.fixture
def eve(db):
    return UserFactory(email="eve@attune.example", name="Eve", groups=["engineer"])


@pytest.fixture
def ada(db):
    return UserFactory(email="ada@attune.example", name="Ada", groups=["admin"], is_staff=True, is_superuser=True)


@pytest.fixture
def judge(db):
    return UserFactory(email="judge@attune.example", name="Judge", is_program=True, groups=["program"])


@pytest.fixture
def client_of():
    """A signed-in Django test client of somebody, who has read the instructions there are unless told otherwise."""
    from django.test import Client

    def sign_in(user, *, reads=True):
        if reads:
            has_read(user)
        client = Client()
        client.force_login(user)
        return client

    return sign_in
