"""Which role, with which scope, may make this call?"""

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission

from labeling.api.models import Scope
from labeling.people.models import Role

READERS = (Role.ENGINEER, Role.RESEARCHER, Role.ADMIN)
WORKERS = (Role.LABELER, Role.PROGRAM, Role.RESEARCHER, Role.ADMIN)


class NoOne(BasePermission):
    """The default, so that a view which forgets to say who may call it lets nobody in."""

    def has_permission(self, request, view):
        return False


class ByRoleAndScope(BasePermission):
    """A person of one of `roles`, signed in or with a token of a scope that serves. Says what is missing."""

    roles: tuple[Role, ...] = ()

    def has_permission(self, request, view):
        if not request.user.is_authenticated:
            return False
        if not any(request.user.plays(role) for role in self.roles):
            self.message = _("Your account may not do this.")
            return False
        serving = self.scopes(request.method)
        if request.auth is not None and request.auth.scope not in serving:
            self.message = _("This needs a token of scope %(scope)s; yours has scope %(yours)s.") % {
                "scope": _(" or ").join(serving),
                "yours": request.auth.scope,
            }
            return False
        return True

    def scopes(self, method):
        """The scopes of a token that serve for `method`: none, until a class says which."""
        return []


class Engineers(ByRoleAndScope):
    """Engineers, researchers and admins; a token needs the scope write for what changes something."""

    roles: tuple[Role, ...] = READERS

    def scopes(self, method):
        return [Scope.READ.value, Scope.WRITE.value] if method in SAFE_METHODS else [Scope.WRITE.value]


class Integrators(Engineers):
    """Who connects Attune with other systems: engineers and admins, with the same scopes."""

    roles = (Role.ENGINEER, Role.ADMIN)


class Workers(ByRoleAndScope):
    """Whoever labels: a signed-in labeler, or a token of scope label."""

    roles = WORKERS

    def scopes(self, method):
        return [Scope.LABEL.value]
