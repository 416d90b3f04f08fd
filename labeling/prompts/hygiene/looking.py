"""What is to be seen in one prompt by itself? Its hashes, its language, and what looks personal in it."""

from typing import Any, NamedTuple
from uuid import UUID

from labeling.prompts.hygiene.language import guess
from labeling.prompts.hygiene.normalising import hashes
from labeling.prompts.hygiene.parts import parts
from labeling.prompts.hygiene.personal import personal


class Found(NamedTuple):
    """A finding that is not stored yet."""

    kind: str
    part: int
    start: int
    end: int
    stands_in: str = ""
    row: int = 0


class Looks(NamedTuple):
    """What is stored beside a prompt's words."""

    text_hash: UUID
    beginning_hash: UUID | None
    guessed_language: str  # "" where it was said, or cannot be guessed
    findings: list[Found]


def look(messages: list[dict[str, str]], meta: dict[str, Any], pairs: list, language: str = "") -> Looks:
    """Look at a prompt whose language was given as `language`. Of a few-shot prompt, `pairs` are its examples."""
    findings = _findings(parts(messages, meta), len(messages))
    text_hash, beginning_hash = hashes(messages, pairs)
    return Looks(text_hash, beginning_hash, "" if language else guess(messages), findings)


def _findings(texts, messages):
    """What stands beside the messages is mostly short, and seldom personal: all of it is looked at in one go first."""
    beside = texts[messages:]
    # No form goes on behind the end of a line, so that this shows whether any of them has one.
    if len(beside) > 1 and not personal("\n".join(beside)):
        texts = texts[:messages]
    return [Found(kind, part, *span) for part, text in enumerate(texts) for kind, *span in personal(text)]
