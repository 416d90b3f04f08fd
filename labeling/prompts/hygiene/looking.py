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


def look(messages: list[dict[str, str]], meta: dict[str, Any], language: str = "") -> Looks:
    """Look at a prompt whose language was given as `language`."""
    texts = parts(messages, meta)
    findings = [Found(kind, part, *span) for part, text in enumerate(texts) for kind, *span in personal(text)]
    text_hash, beginning_hash = hashes(messages)
    return Looks(text_hash, beginning_hash, "" if language else guess(messages), findings)
