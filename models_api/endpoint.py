"""What is a model, to whoever asks it? Messages and sampling go in; a completion, or an error that says whom to blame.

`Endpoint` and `Scorer` are what the clients in this package promise. Nothing here does any work.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict


class Message(TypedDict):
    """One turn, as everywhere in the house: the role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw one answer. None leaves the choice to the server.

    `temperature` is 0 to 2, `top_p` above 0 to 1, `max_tokens` at least 1; the answer ends before any of `stop`;
    `seed` makes servers that honour it repeat themselves. `extra` goes into the request's body as it is.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer. Tokens are None where the server did not count them; `seconds` is the whole call's time."""

    text: str
    finish_reason: str = ""  # "stop", "length", "content_filter", …: the server's word, or nothing
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    served_by: str = ""  # what the server says its model is called
    reasoning: str = ""  # thoughts that the server sent beside the answer, or before it in <think> tags


class Cause(enum.StrEnum):
    """Why a call failed, in kinds that are counted and treated alike."""

    UNREACHABLE = "unreachable"  # no such name, connection refused or reset before an answer, bad certificate
    TIMEOUT = "timeout"  # no whole answer within the time allowed
    THROTTLED = "throttled"  # 429, or 503 with Retry-After: too fast for the server
    SERVER = "server"  # any other 5xx, 408, 409, 425
    MALFORMED = "malformed"  # an answer that is not what the protocol says: cut short, not JSON, no choices
    TOO_LARGE = "too_large"  # more bytes than are taken
    REFUSED = "refused"  # 401, 403, 404, redirects: not these credentials, not this address, not this model
    REJECTED = "rejected"  # 400, 413, 422 and other 4xx: not this request
    FORBIDDEN = "forbidden"  # an address that we do not connect to


class EndpointError(Exception):
    """A call that brought no answer: a sentence for people, which never contains a key.

    `permanent`: asking the same again will not help. `retry_after` is in seconds, where the server said so.
    """

    def __init__(self, sentence: str, *, cause: Cause, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.cause, self.permanent, self.retry_after = cause, permanent, retry_after


class Endpoint(Protocol):
    """A model that answers."""

    async def complete(self, messages: Sequence[Message], sampling: Sampling) -> Completion:
        """Return one answer to the conversation. Raises EndpointError."""

    async def aclose(self) -> None:
        """Let the connections go."""


class Scorer(Protocol):
    """A reward model."""

    async def score(self, messages: Sequence[Message], response: str) -> float:
        """Return how good `response` is as the answer to the conversation; higher is better. Raises EndpointError."""

    async def aclose(self) -> None:
        """Let the connections go."""
