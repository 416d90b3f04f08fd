"""Whose is this prompt, and on which side of the split does that put it?"""

import hmac

from django.conf import settings

from labeling.prompts.models import Split


def owner_key(*, author, organization):
    """Return what is hashed of a row's owner, or "" where it names none. By PROMPT_OWNER, a prompt is its author's or
    its organization's; and where an organization is not named, its author's.
    """
    if organization and settings.PROMPT_OWNER == "organization":
        return f"organization:{organization}"
    return f"author:{author}" if author else ""


def owner_hash(key):
    """Return the keyed hash (64 hex digits) that stands for an author, or for a prompt that has none."""
    return hmac.digest(settings.OWNER_KEY.encode(), key.encode(), "sha256").hex()


def split_of(key_hash):
    """Return the split that a hash falls into, by the shares of PROMPT_SPLITS: always the same for the same owner."""
    place = int(key_hash[:13], 16) / 16**13
    for split, share in settings.PROMPT_SPLITS.items():
        place -= share
        if place < 0:
            return Split(split)
    return Split(list(settings.PROMPT_SPLITS)[-1])
