"""How is a model asked that speaks OpenAI's protocol, or nearly? One answer per call, whatever the server's dialect."""

import re
import time
from collections.abc import Sequence
from typing import Any, Literal

from models_api.answers import completion, is_streamed, joined
from models_api.blame import Answered
from models_api.endpoint import Completion, EndpointError, Message, Sampling
from models_api.rendering import Template
from models_api.wire import KeyHeader, Wire, is_error

Protocol = Literal["chat", "completions"]
PATHS: dict[str, str] = {"chat": "chat/completions", "completions": "completions"}
MOST_STOPS = 4  # OpenAI's limit; any further ones are cut at here
# Ours to decide: `n` is ignored by some servers and dear with others, and what is streamed cannot be counted.
OURS = {"n", "stream", "stream_options", "model", "messages", "prompt"}

PLAIN = Template()


class OpenAICompatible:
    """One model on one server, for one event loop. `timeout` is in seconds and for a whole call, `base_url` as in docs.

    Raises ValueError for an address or a key that cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        model_id: str,
        *,
        protocol: Protocol = "chat",
        key: str = "",
        key_header: KeyHeader = "bearer",
        template: Template = PLAIN,
        timeout: float = 120.0,
        max_bytes: int = 4 * 2**20,
        connections: int = 64,
        allowed: frozenset[str] = frozenset(),
        ca_file: str | None = None,
    ) -> None:
        if protocol not in PATHS:
            raise ValueError(f"The protocol is chat or completions, not “{protocol}”.")
        self.model_id, self.protocol, self.template = model_id, protocol, template
        self._wire = Wire(
            base_url,
            key=key,
            key_header=key_header,
            timeout=timeout,
            max_bytes=max_bytes,
            connections=connections,
            allowed=allowed,
            ca_file=ca_file,
        )
        self._limit = "max_tokens"  # or max_completion_tokens, once the server has asked for it
        self._refused_stop: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"OpenAICompatible({self._wire!r}, {self.model_id!r}, protocol={self.protocol!r})"

    async def complete(self, messages: Sequence[Message], sampling: Sampling) -> Completion:
        """Return one answer to the conversation. Raises EndpointError."""
        began = time.perf_counter()
        async with self._wire.in_time():
            document, answer = await self._ask(messages, sampling)
        if document is None and is_streamed(answer):
            document = joined(answer)
            if document and is_error(document):
                raise self._wire.error_inside(document)
        said = completion(document, stop=sampling.stop, seconds=time.perf_counter() - began)
        if said is None:
            raise self._wire.malformed("sent an answer without a completion in it, or cut short", answer)
        return said

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._wire.aclose()

    async def _ask(self, messages: Sequence[Message], sampling: Sampling) -> tuple[Any, bytes]:
        """Ask; when the server rejects a word of ours that can be said otherwise, or not at all, ask again at once."""
        while True:
            body = self._body(messages, sampling)
            try:
                return await self._wire.post(PATHS[self.protocol], body)
            except EndpointError as error:
                if not (isinstance(error, Answered) and self._learns(error, body, sampling)):
                    raise

    def _learns(self, error: Answered, body: dict[str, Any], sampling: Sampling) -> bool:
        if error.status not in {400, 422}:
            return False
        if "max_tokens" in body and "max_completion_tokens" in error.words and "max_tokens" not in sampling.extra:
            self._limit = "max_completion_tokens"
            return True
        if "stop" in body and re.search(r"\bstop\b", error.words) and "stop" not in sampling.extra:
            self._refused_stop = sampling.stop
            return True
        return False

    def _body(self, messages: Sequence[Message], sampling: Sampling) -> dict[str, Any]:
        body: dict[str, Any] = {name: value for name, value in sampling.extra.items() if name not in OURS}
        body |= {"model": self.model_id, "stream": False} | self._prompt(messages)
        stop = [word for word in sampling.stop if word][:MOST_STOPS]
        wanted = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._limit: sampling.max_tokens,
            "stop": None if sampling.stop == self._refused_stop else stop or None,
            "seed": sampling.seed,
        }
        return body | {name: value for name, value in wanted.items() if value is not None}

    def _prompt(self, messages: Sequence[Message]) -> dict[str, Any]:
        if self.protocol == "chat":
            return {"messages": self.template.as_chat(messages)}
        return {"prompt": self.template.as_text(messages)}
