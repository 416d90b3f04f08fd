"""Whose call is this? Tokens in the Authorization header."""

from knox.auth import TokenAuthentication as KnoxAuthentication


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Token …`; `request.auth` is then the Token with its scope."""
