"""The cast. Ann and Bob are labelers of the training cohort, Hal is held out, Charlie has an account and no role,
Rita is a researcher, Eve an engineer, Ada an admin, and Judge a program that labels.
"""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from labeling.guidelines.models import Form
from labeling.people.models import Cohort
from labeling.people.roles import grant_permissions
from tests.chromium import chromium  # noqa: F401
from tests.factories import LabelerFactory, UserFactory
from tests.factories.reading import has_read

CONTENT_TYPES: dict[tuple[str, str], int] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Browsers last: where one has been opened, its driver's event loop runs in this thread until the session ends."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(autouse=True)
def reference_rows(request):
    """A test that commits has its tables emptied afterwards; what migrations put there is put back before the next."""
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames:
        request.getfixturevalue("transactional_db")
        put_back_reference_rows()


def put_back_reference_rows():
    """Run what the migrations ran: the roles with their permissions, and the two forms of the paper."""
    if not CONTENT_TYPES:
        CONTENT_TYPES.update({row.natural_key(): row.pk for row in ContentType.objects.all()})
    if Form.objects.exists():
        return
    put_back_content_types()
    import_module("labeling.people.migrations.0002_roles").make_groups(apps, None)
    import_module("labeling.people.migrations.0004_applicants_and_texts_that_stay").make_group(apps, None)
    import_module("labeling.guidelines.migrations.0002_table_3").make_form(apps, None)
    import_module("labeling.guidelines.migrations.0004_realtoxicityprompts").make_form(apps, None)
    import_module("labeling.guidelines.migrations.0005_screening").make_forms(apps, None)
    for room in apps.get_app_configs():
        grant_permissions(room)


def put_back_content_types():
    """Under the ids that they had: a site that runs through several tests remembers them."""
    Permission.objects.all().delete()
    ContentType.objects.all().delete()
    ContentType.objects.bulk_create(
        ContentType(pk=pk, app_label=label, model=model) for (label, model), pk in CONTENT_TYPES.items()
    )
    ContentType.objects.clear_cache()
    for room in apps.get_app_configs():
        create_permissions(room, verbosity=0)


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
