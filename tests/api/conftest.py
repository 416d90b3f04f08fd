"""Clients that speak REST as somebody, with a token or a session."""

import pytest

from labeling.api import tokens
from labeling.api.models import Scope
from labeling.people.models import Role
from tests.api.contract import Witness


@pytest.fixture
def rest():
    """rest(person, scope) is a client with a token; without a scope, the one that the person works with."""

    def with_token(user, scope=None):
        _token, key = tokens.issue(user=user, scope=scope or _usual(user))
        client = Witness()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        client.default_format = "json"
        return client

    return with_token


def _usual(user):
    return Scope.LABEL if user.plays(Role.LABELER) or user.is_program else Scope.WRITE
