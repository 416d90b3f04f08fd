"""By what name does a dataset know a labeler?"""

import hmac

from django.conf import settings


def pseudonym(pseudonym_key):
    """Return 16 hex digits that stand for the person whose `pseudonym_key` (UUID) is given: a keyed hash."""
    return hmac.digest(settings.PSEUDONYM_KEY.encode(), pseudonym_key.bytes, "sha256").hex()[:16]
