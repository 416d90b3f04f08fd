"""A published test, and Abe who applies."""

import pytest

from tests.factories.screening import applicant, published_test


@pytest.fixture
def test(rita):
    return published_test(rita, is_open=True)


@pytest.fixture
def abe(db):
    return applicant(email="abe@applicants.example", name="Abe Applicant")


@pytest.fixture
def cleo(db):
    return applicant(email="cleo@applicants.example", name="Cleo Candidate")


def section_of(test, criterion):
    return test.sections.select_related("project", "test").get(criterion=criterion)
