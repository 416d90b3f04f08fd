"""What did this model answer to that prompt, when it was asked for this file? Recorded answers, given again."""

import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from models_api.endpoint import Cause, Completion, EndpointError, Message, Sampling
from models_api.rendering import Template

PLAIN = Template()


class Written:
    """The answers of a JSONL file in the import's format, by model and by the prompt's words.

    A line is `{"prompt": text or messages, "responses": {model: text} or [{"model": …, "text": …}, …]}`, with any other
    keys. The words of a prompt are its messages' contents, with blank lines between them. Several answers of a model to
    a prompt are its samples, in the order of the file.
    """

    def __init__(self, rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]] = ()) -> None:
        self._samples: dict[str, dict[str, list[str]]] = {}  # words → model → samples
        for row in rows:
            by_model = self._samples.setdefault(words_of(row["prompt"]), {})
            for model, text in answers_in(row.get("responses") or {}):
                by_model.setdefault(model, []).append(text)
        self._within = lru_cache(4096)(self._search)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Written":
        """Read a file. Raises ValueError for a line that is no JSON object, KeyError for one without a prompt."""
        with Path(path).open("rb") as lines:
            return cls(orjson.loads(line) for line in lines if line.strip())

    @property
    def models(self) -> list[str]:
        """Everyone who answered anything, in the file's order."""
        return list(dict.fromkeys(model for by_model in self._samples.values() for model in by_model))

    def find(self, model: str, words: str, seed: int | None = None) -> str | None:
        """Return the answer to exactly these words; another seed, another sample, in turn."""
        samples = self._samples.get(words, {}).get(model)
        return samples[(seed or 0) % len(samples)] if samples else None

    def find_within(self, model: str, text: str, seed: int | None = None) -> str | None:
        """Return the answer to the known prompt that the text is, or has in it: the one that ends last.

        So a prompt is known again with a system text, examples or labels around it.
        """
        return self.find(model, text if text in self._samples else self._within(text), seed)

    def _search(self, text: str) -> str:
        found = [(end, words) for words in self._samples if (end := last_end(words, text)) >= 0]
        return max(found, key=lambda one: (one[0], len(one[1])))[1] if found else text


class Replay:
    """An endpoint that gives one model's recorded answers. A prompt that it never answered is rejected."""

    def __init__(self, written: Written, model: str) -> None:
        self.written, self.model = written, model

    async def complete(self, messages: Sequence[Message], sampling: Sampling) -> Completion:
        """Return the recorded answer; the seed chooses among several. Raises EndpointError."""
        text = self.written.find(self.model, words_of(messages), sampling.seed)
        if text is None:
            raise EndpointError(
                f"There is no recorded answer of {self.model} to this prompt.", cause=Cause.REJECTED, permanent=True
            )
        return Completion(text=text, finish_reason="stop", served_by=self.model)

    async def aclose(self) -> None:
        """Nothing is held."""


def words_of(prompt: str | Sequence[Message]) -> str:
    return prompt if isinstance(prompt, str) else PLAIN.as_text(prompt)


def answers_in(responses: dict[str, str] | list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    if isinstance(responses, dict):
        yield from responses.items()
    else:
        yield from ((response["model"], response["text"]) for response in responses)


def last_end(words: str, text: str) -> int:
    """Return where the words end last in the text, as whole words; -1 where they do not.

    >>> last_end("Why?", "What? Why?\\n\\nAssistant:"), last_end("hi", "this")
    (10, -1)
    """
    if not words or words not in text:
        return -1
    ends = [match.end() for match in re.finditer(rf"(?<!\S){re.escape(words)}(?!\S)", text)]
    return ends[-1] if ends else -1
