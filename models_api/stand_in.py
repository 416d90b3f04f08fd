"""What does a stand-in for a model say? What was written for it, or a sentence that it is no model."""

from math import tanh
from zlib import crc32

from models_api.replay import Written

QUOTED = 80  # characters of the prompt


class StandIn:
    """Gives the written answers, and to anything else a sentence that differs with model, prompt and seed."""

    def __init__(self, written: Written | None = None) -> None:
        self.written = written or Written()

    def text(self, model: str, words: str, seed: int | None) -> str:
        """Return the answer of `model` to the prompt's words, however they were dressed up."""
        return self.written.find_within(model, words, seed) or excuse(model, words, seed)

    def score(self, response: str) -> float:
        """Return a number between 0 and 1 that grows with the response's length. It is a toy, and judges nothing.

        >>> StandIn().score(""), StandIn().score("word " * 100)
        (0.0, 0.761594)
        """
        return round(tanh(len(response) / 500), 6)


def excuse(model: str, words: str, seed: int | None) -> str:
    """Return the sentence for a prompt that nobody has written an answer to.

    >>> excuse("gpt-6b", "Why is the sky blue?", 2)
    'This is a stand-in and no model. “gpt-6b” was asked, as sample 2: “Why is the sky blue?” (16dfd610)'
    """
    beginning = " ".join(words[:QUOTED].split()) + ("…" if len(words) > QUOTED else "")
    sample = "" if seed is None else f", as sample {seed}"
    return f"This is a stand-in and no model. “{model}” was asked{sample}: “{beginning}” ({crc32(words.encode()):08x})"
