"""What is to be seen in one prompt by itself? Its hashes, its language, and what looks personal in it."""

from typing import Any, NamedTuple
from uuid import UUID

from labeling.prompts.hygiene.normalising import hashes


class Looks(NamedTuple):
    """What is stored beside a prompt's words."""

    text_hash: UUID
    beginning_hash: UUID | None


def look(messages: list[dict[str, str]], meta: dict[str, Any]) -> Looks:
    return Looks(*hashes(messages))
