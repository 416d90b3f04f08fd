"""The cast. Ann and Bob are labelers of the training cohort, Hal is held out, Charlie has an account and no role,
Rita is a researcher, Eve an engineer, Ada an admin, and Judge a program that labels.
"""

import pytest

from labeling.people.models import Cohort
from tests.factories import LabelerFactory, UserFactory


def pytest_collection_modifyitems(items):
    """What migrations put into tables (roles, table 3) comes back after a test that commits."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


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
    """A signed-in Django test client of somebody."""
    from django.test import Client

    def sign_in(user):
        client = Client()
        client.force_login(user)
        return client

    return sign_in
