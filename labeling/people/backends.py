"""Who is signed in, and which roles do they play? Every request asks, so it is one question."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from labeling.people.models import User
from labeling.prepared import prepared


class WithRoles(ModelBackend):
    def get_user(self, user_id):
        for person in _with_roles(person=user_id):
            person._role_names = set(person.names_of_groups)
            return person if self.user_can_authenticate(person) else None
        return None


class WithRolesByAddress(WithRoles, AuthenticationBackend):
    """allauth's own, which knows people by their e-mail address."""


@prepared
def _with_roles(person):
    roles = Group.objects.filter(user=OuterRef("pk")).values("name")
    return User.objects.filter(pk=person).annotate(names_of_groups=ArraySubquery(roles))
