"""How are keys of models and secrets of webhooks kept? Encrypted with keys that the database never sees."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(Exception):
    """A secret was encrypted under a CREDENTIAL_KEYS that is no longer set."""


def seal(key):
    """Encrypt a secret under the first of CREDENTIAL_KEYS; nothing stays nothing."""
    return _box().encrypt(key.encode()).decode() if key else ""


def unseal(sealed):
    """Return the secret. Raises CannotOpen."""
    if not sealed:
        return ""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen("The key was encrypted under other CREDENTIAL_KEYS than are set now. Enter it anew.") from None


def _box():
    """Any words will do as a key of ours: Fernet takes 32 bytes, which are the SHA-256 of them."""
    digests = (hashlib.sha256(words.encode()).digest() for words in settings.CREDENTIAL_KEYS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
