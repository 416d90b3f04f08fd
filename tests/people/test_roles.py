"""What may each role touch?"""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from labeling.people.models import Role
from labeling.people.roles import PERMISSIONS, follow_roles, grant_permissions
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def granted(role):
    return {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Group.objects.get(name=role).permissions.select_related("content_type")
    }


def written(role):
    return {
        f"{room}.{verb}_{model}"
        for room, models in PERMISSIONS.get(role, {}).items()
        for model, verbs in models.items()
        for verb in verbs
    }


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_exactly_the_permissions_of_the_table(role):
    assert granted(role) == written(role)


def test_only_admins_reach_accounts():
    of_people = {permission for permission in granted(Role.RESEARCHER) if permission.startswith("people.")}

    assert {
        permission for permission in of_people if permission.endswith(("user", "membership", "consent", "use"))
    } == set()
    assert "people.change_user" in granted(Role.ADMIN)


def test_nobody_may_delete_what_labels_rest_on():
    rooms = {"prompts", "candidates", "guidelines", "work", "labels", "datasets"}

    assert not [
        permission
        for role in Role.values
        for permission in granted(role)
        if permission.split(".")[0] in rooms and ".delete_" in permission
    ]


def test_a_permission_that_the_table_no_longer_gives_is_taken_back():
    group = Group.objects.get(name=Role.RESEARCHER)
    group.permissions.add(Permission.objects.get(codename="delete_project"))

    grant_permissions(apps.get_app_config("work"))

    assert "work.delete_project" not in granted(Role.RESEARCHER)
    assert granted(Role.RESEARCHER) == written(Role.RESEARCHER)


@pytest.mark.parametrize(
    ("role", "may_open_the_admin", "is_program"),
    [
        ("labeler", False, False),
        ("program", False, True),
        ("engineer", False, False),
        ("researcher", True, False),
        ("admin", True, False),
    ],
)
def test_what_follows_from_a_role(role, may_open_the_admin, is_program):
    user = UserFactory(groups=[role], is_staff=not may_open_the_admin)

    follow_roles(user)

    user.refresh_from_db()
    assert (user.is_staff, user.is_program) == (may_open_the_admin, is_program)
