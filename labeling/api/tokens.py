"""Whose call is this? Tokens in the Authorization header: how they are made, and how they are known again."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.settings import knox_settings
from rest_framework.exceptions import AuthenticationFailed

from labeling.api.models import Token

DAYS = knox_settings.TOKEN_TTL.days
MOST_DAYS = 3650


def issue(*, user, scope, days=DAYS):
    """Make a token and return (the row, its key). The key is nowhere to be had again: only its hash is stored."""
    return Token.objects.create(user=user, scope=scope, expiry=timedelta(days=days))


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Token …`; `request.auth` is then the Token with its scope."""

    def authenticate_credentials(self, token):
        # Looked up by the hash of all of it: one query, and no comparison that could be timed.
        found = Token.objects.select_related("user").filter(digest=hash_token(token.decode("latin-1"))).first()
        if found is None:
            raise AuthenticationFailed(_("This token is not known here."))
        if found.expiry and found.expiry <= timezone.now():
            raise AuthenticationFailed(_("This token has expired. Ask for a new one."))
        if not found.user.is_active:
            raise AuthenticationFailed(_("This account is closed."))
        return found.user, found
