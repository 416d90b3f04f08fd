"""Which role, with which scope, may make this call?"""

from rest_framework.permissions import SAFE_METHODS, BasePermission

from labeling.api.models import Scope
from labeling.people.models import Role

READERS = (Role.ENGINEER, Role.RESEARCHER, Role.ADMIN)
WORKERS = (Role.LABELER, Role.PROGRAM, Role.RESEARCHER, Role.ADMIN)


class NoOne(BasePermission):
    """The default, so that a view which forgets to say who may call it lets nobody in."""

    def has_permission(self, request, view):
        return False


def _plays(request, roles):
    return request.user.is_authenticated and any(request.user.plays(role) for role in roles)


class Engineers(BasePermission):
    """Engineers, researchers and admins; a token needs the scope write for what changes something."""

    def has_permission(self, request, view):
        scopes = {Scope.READ, Scope.WRITE} if request.method in SAFE_METHODS else {Scope.WRITE}
        return _plays(request, READERS) and (request.auth is None or request.auth.scope in scopes)


class Workers(BasePermission):
    """Whoever labels: a signed-in labeler, or a token of scope label."""

    def has_permission(self, request, view):
        return _plays(request, WORKERS) and (request.auth is None or request.auth.scope == Scope.LABEL)
