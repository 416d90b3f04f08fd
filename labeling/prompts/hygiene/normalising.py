"""When are two texts the same? When they differ in case, spacing, sentence marks or Unicode form alone."""

import hashlib
import unicodedata
from uuid import UUID

from django.conf import settings

# Marks that change what is asked: 3 * 4 is not 3 / 4, and C# is not C.
MEANT = frozenset("*/%#@&\\+")


class _Marks(dict):
    """What becomes of a character, by its code point; each is looked up once."""

    def __missing__(self, point):
        self[point] = kept = _kept(chr(point))
        return kept


def _kept(character):
    category = unicodedata.category(character)
    if category == "Cf":  # joiners and marks of direction, which nobody sees
        return None
    return " " if category[0] in "PZC" and character not in MEANT else character


MARKS = _Marks()


def normalised(text):
    """Return the normal form: NFKC, case folded, each run of white space and sentence marks one space.

    >>> normalised("  What is — “Ｈｏｐｅ”?\\n"), normalised("3 * 4?"), normalised("한국어, 좋아요!")
    ('what is hope', '3 * 4', '한국어 좋아요')
    """
    if text.isascii():
        return " ".join(text.lower().translate(MARKS).split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(MARKS).split())


def hashes(messages, pairs=()):
    """Return (hash of the whole prompt, hash of its beginning), the second None where it is too short to have one.

    An instruction with `pairs` teaches what they say, so that they belong to the whole, and a beginning says nothing.
    """
    said = [(message["role"], normalised(message["content"]) or message["content"]) for message in messages]
    rules, spoken = _apart(said)
    shown = [normalised(pair[key]) or pair[key] for pair in pairs for key in ("query", "response")]
    whole = "\0".join([rules, spoken, *shown])
    begins = settings.DUPLICATE_PREFIX
    beginning = _hash(f"{rules}\0{spoken[:begins]}") if len(spoken) >= begins and not pairs else None
    return _hash(whole), beginning


def spoken(messages):
    """What is compared for a common beginning: all that is said after the system's rules, in its normal form."""
    return _apart([(message["role"], normalised(message["content"])) for message in messages])[1]


def _apart(said):
    """Prompts under the same system message share that beginning and are not alike for it, so it stands apart."""
    if len(said) == 1:
        return "", said[0][1]
    rules = "\0".join(text for role, text in said if role == "system")
    # One user's turn is that user's whatever stands before it; an answer in between is told from a question.
    return rules, "\0".join(text if role == "user" else f"\1{text}" for role, text in said if role != "system")


def share_a_beginning(one, other):
    """Whether two normal forms are alike from the start for DUPLICATE_PREFIX characters and DUPLICATE_SHARE of one.

    >>> share_a_beginning("a" * 200 + " river", "a" * 200 + " lake"), share_a_beginning("short", "short")
    (True, False)
    """
    shorter = min(len(one), len(other))
    length = max(settings.DUPLICATE_PREFIX, -int(-shorter * settings.DUPLICATE_SHARE // 1))
    return length <= shorter and one[:length] == other[:length]


def _hash(text):
    return UUID(bytes=hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest())
