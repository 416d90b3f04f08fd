"""How good does a reward model find an answer? One finite number, from any of four kinds of server.

`score` is Attune's own contract, for whoever serves a model with a few lines of code:

    POST {base_url}/score  {"model": "…", "messages": [{"role", "content"}, …], "response": "…"}  →  {"score": 1.25}

`vllm_classify` and `vllm_pooling` are vLLM's /classify and /pooling, `tei_predict` is /predict of Hugging Face's
text-embeddings-inference; all three are asked for the raw number, before any sigmoid.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Literal

from models_api.endpoint import Message
from models_api.rendering import Template
from models_api.wire import KeyHeader, Wire

Protocol = Literal["score", "vllm_pooling", "vllm_classify", "tei_predict"]
PLAIN, LABELLED = Template(), Template(turns="labelled")


class RewardModel:
    """A `Scorer`: one reward model on one server, for one event loop. `timeout` is in seconds and for a whole call.

    Raises ValueError for an address or a key that cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        model_id: str,
        *,
        protocol: Protocol = "score",
        key: str = "",
        key_header: KeyHeader = "bearer",
        timeout: float = 120.0,
        max_bytes: int = 4 * 2**20,
        connections: int = 64,
        allowed: frozenset[str] = frozenset(),
        ca_file: str | None = None,
    ) -> None:
        if protocol not in PROTOCOLS:
            raise ValueError(f"The protocol of a reward model is {', '.join(PROTOCOLS)}, not “{protocol}”.")
        self.model_id, self.protocol = model_id, protocol
        self._path, self._question, self._number = PROTOCOLS[protocol]
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

    def __repr__(self) -> str:
        return f"RewardModel({self._wire!r}, {self.model_id!r}, protocol={self.protocol!r})"

    async def score(self, messages: Sequence[Message], response: str) -> float:
        """Return how good `response` is as the answer to the conversation; higher is better. Raises EndpointError."""
        async with self._wire.in_time():
            document, answer = await self._wire.post(self._path, self._question(self.model_id, messages, response))
        number = self._number(document)
        if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
            raise self._wire.malformed("sent an answer without one finite score in it", answer)
        return float(number)

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._wire.aclose()


def _own_question(model: str, messages: Sequence[Message], response: str) -> dict[str, Any]:
    return {"model": model, "messages": list(messages), "response": response}


def _own_number(document: Any) -> Any:
    return document.get("score") if isinstance(document, dict) else None


def _vllm_question(model: str, messages: Sequence[Message], response: str) -> dict[str, Any]:
    chat = [*messages, Message(role="assistant", content=response)]
    return {"model": model, "messages": chat, "use_activation": False}


def _classified(document: Any) -> Any:
    return _only(_item(document).get("probs"))


def _pooled(document: Any) -> Any:
    """A reward for the whole, or one for each token: then the last one is that of the whole."""
    data = _item(document).get("data")
    if isinstance(data, list) and data and isinstance(data[-1], list):
        data = data[-1]
    return _only(data)


def _item(document: Any) -> dict[str, Any]:
    item = _only(document.get("data") if isinstance(document, dict) else None)
    return item if isinstance(item, dict) else {}


def _tei_question(model: str, messages: Sequence[Message], response: str) -> dict[str, Any]:
    """A pair of texts; of a conversation the first one is everything before the answer, with names."""
    prompt = (PLAIN if len(messages) == 1 else LABELLED).as_text(messages)
    return {"inputs": [prompt, response], "raw_scores": True, "truncate": False}


def _predicted(document: Any) -> Any:
    prediction = _only(document)
    return prediction.get("score") if isinstance(prediction, dict) else None


def _only(things: Any) -> Any:
    """Return the one thing in a list. With two classes, which of them is the good one is not for us to guess."""
    return things[0] if isinstance(things, list) and len(things) == 1 else None


Question = Callable[[str, Sequence[Message], str], dict[str, Any]]
PROTOCOLS: dict[str, tuple[str, Question, Callable[[Any], Any]]] = {
    "score": ("score", _own_question, _own_number),
    "vllm_pooling": ("pooling", _vllm_question, _pooled),
    "vllm_classify": ("classify", _vllm_question, _classified),
    "tei_predict": ("predict", _tei_question, _predicted),
}
