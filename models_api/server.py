"""What answers where no model is at hand? An OpenAI-compatible server for demos and tests, which can also misbehave.

    python -m models_api.server --answers FILE --port 8100 [--latency 0.2 --fail 0.1 …]

It serves /v1/chat/completions, /v1/completions, /v1/models, /score, /health and /stats. What it says is written down in
the file of answers (the import's format), or is a sentence that it is no model. `max_tokens` and `stop` are not its
concern; `usage` is a rough count, four characters to a token.
"""

import argparse
import asyncio
import random
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

import orjson
import uvicorn

from models_api.behaviour import Behaviour, Seen
from models_api.replay import Written, words_of
from models_api.stand_in import StandIn

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
FLOOD = b"x" * 2**16
PAGE = b"<!doctype html><title>Welcome</title><p>This is a web page.</p>"


class Refused(Exception):
    """An answer that is an error, in OpenAI's form."""

    def __init__(self, status: int, words: str, code: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(words)
        self.status, self.headers = status, headers
        self.body = orjson.dumps({"error": {"message": words, "type": "stand_in", "code": code or None}})


class App:
    """The ASGI application: `behaviour`, `seen`."""

    def __init__(self, written: Written | None = None, behaviour: Behaviour | None = None) -> None:
        self.stand_in = StandIn(written)
        self.behaviour, self.seen = behaviour or Behaviour(), Seen()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        path, is_question = scope["path"], scope["method"] == "POST"
        try:
            answer = self.ANSWERS.get((scope["method"], path.rsplit("/v1", 1)[-1]))
            if answer is None:
                raise Refused(404, f"There is nothing at {scope['method']} {path}.")
            if not is_question:
                return await self._reply(send, 200, orjson.dumps(answer(self), option=orjson.OPT_NON_STR_KEYS))
            await self._answer(answer, scope, receive, send)
        except Refused as refused:
            await self._reply(send, refused.status, refused.body, refused.headers)

    async def _answer(self, answer: Callable[..., Any], scope: Any, receive: Receive, send: Send) -> None:
        self.seen.come()
        try:
            self._admit(scope)
            question = await read(receive)
            document = answer(self, question)
            behaviour = self.behaviour
            fault = self.seen.spoil(question, behaviour)
            pause = behaviour.latency + behaviour.jitter * random.random()  # noqa: S311 -- nobody's secret
            if pause:
                await asyncio.sleep(pause)
            if fault:
                await self._misbehave(fault, orjson.dumps(document), receive, send)
            elif question.get("stream") is True:
                await self._reply(send, 200, streamed(document), content_type=b"text/event-stream")
            else:
                await self._reply(send, 200, orjson.dumps(document))
        finally:
            self.seen.go()

    def _admit(self, scope: Any) -> None:
        behaviour = self.behaviour
        if behaviour.key:
            headers = dict(scope["headers"])
            sent = headers.get(b"authorization", b"").removeprefix(b"Bearer ") or headers.get(b"api-key", b"")
            if sent != behaviour.key.encode():
                raise Refused(401, f"Incorrect API key provided: {sent.decode('latin-1')}.", "invalid_api_key")
        if behaviour.max_concurrent and self.seen.in_flight > behaviour.max_concurrent:
            raise self._too_fast()

    def _too_fast(self) -> Refused:
        wait = (b"retry-after", str(self.behaviour.retry_after).encode())
        return Refused(429, "Too many requests.", "rate_limit_exceeded", (wait,))

    def chat(self, question: dict[str, Any]) -> dict[str, Any]:
        words = required(question, "messages", words_of)
        text = self._text(question, words)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return self._completion("chat.completion", question, choice, words, text)

    def completions(self, question: dict[str, Any]) -> dict[str, Any]:
        words = required(question, "prompt", str)
        text = self._text(question, words)
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}
        return self._completion("text_completion", question, choice, words, text)

    def score(self, question: dict[str, Any]) -> dict[str, Any]:
        words, response = required(question, "messages", words_of), required(question, "response", str)
        self._note(question, words)
        return {"score": self.stand_in.score(response)}

    def models(self) -> dict[str, Any]:
        names = self.stand_in.written.models or ["stand-in"]
        return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "attune"} for name in names]}

    def health(self) -> dict[str, Any]:
        return {"status": "ok"}

    def stats(self) -> dict[str, Any]:
        seen = self.seen
        return {
            "requests": seen.asked.total(),
            "distinct": len(seen.asked),
            "most_of_one": max(seen.asked.values(), default=0),
            "in_flight": seen.in_flight,
            "most_in_flight": seen.most_in_flight,
            "statuses": dict(seen.statuses),
        }

    ANSWERS: dict[tuple[str, str], Callable[..., dict[str, Any]]] = {
        ("POST", "/chat/completions"): chat,
        ("POST", "/completions"): completions,
        ("POST", "/score"): score,
        ("GET", "/models"): models,
        ("GET", "/health"): health,
        ("GET", "/stats"): stats,
    }

    def _text(self, question: dict[str, Any], words: str) -> str:
        return self.stand_in.text(*self._note(question, words))

    def _note(self, question: dict[str, Any], words: str) -> tuple[str, str, int | None]:
        asked = required(question, "model", str), words, question.get("seed")
        self.seen.asked[asked] += 1
        return asked

    def _completion(
        self, kind: str, question: dict[str, Any], choice: dict[str, Any], words: str, text: str
    ) -> dict[str, Any]:
        prompt_tokens, completion_tokens = -(-len(words) // 4), -(-len(text) // 4)
        return {
            "id": "stand-in",
            "object": kind,
            "created": int(time.time()),
            "model": question["model"],
            "choices": [choice],
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
            },
        }

    async def _misbehave(self, fault: str, body: bytes, receive: Receive, send: Send) -> None:
        if fault == "fail":
            raise Refused(500, "Something broke, as it was told to.")
        if fault == "throttle":
            raise self._too_fast()
        if fault == "hang_up":
            self.seen.statuses[0] += 1
            return await hang_up(receive, send)
        if fault == "mistype":
            return await self._reply(send, 200, PAGE, content_type=b"text/html")
        if fault == "truncate":
            return await self._reply(send, 200, body[: len(body) // 2])
        self.seen.statuses[200] += 1
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        if fault == "flood":
            for _ in range(160):
                await send({"type": "http.response.body", "body": FLOOD, "more_body": True})
        else:
            for byte in body:
                await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
                await asyncio.sleep(self.behaviour.drip_pause)
        await send({"type": "http.response.body", "body": b""})

    async def _reply(
        self,
        send: Send,
        status: int,
        body: bytes,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        content_type: bytes = b"application/json",
    ) -> None:
        self.seen.statuses[status] += 1
        length = (b"content-length", str(len(body)).encode())
        start = {"type": "http.response.start", "status": status}
        await send(start | {"headers": [(b"content-type", content_type), length, *headers]})
        await send({"type": "http.response.body", "body": body})


async def read(receive: Receive) -> dict[str, Any]:
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    try:
        question = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"The body is not JSON: {error}.") from error
    if not isinstance(question, dict):
        raise Refused(400, "The body is not a JSON object.")
    return question


def required(question: dict[str, Any], name: str, kind: Callable[[Any], str]) -> str:
    try:
        return kind(question[name])
    except (KeyError, TypeError) as error:
        raise Refused(400, f"The body has no “{name}” that could be read.") from error


async def hang_up(receive: Receive, send: Send) -> None:
    """ASGI has no word for it: the transport is that of uvicorn's cycle, whose method `send` is."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass


def streamed(document: dict[str, Any]) -> bytes:
    """Return the document as server-sent events: the text in two pieces, the end, the usage."""
    choice = document["choices"][0]
    text = choice["text"] if "text" in choice else choice["message"]["content"]
    pieces = [text[: len(text) // 2], text[len(text) // 2 :]]
    spoken: list[dict[str, Any]] = [
        {"text": piece} if "text" in choice else {"delta": {"content": piece}} for piece in pieces
    ]
    end: dict[str, Any] = {"text": ""} if "text" in choice else {"delta": {}}
    spoken.append(end | {"finish_reason": "stop"})
    head = {"id": document["id"], "object": document["object"] + ".chunk", "model": document["model"]}
    events = [head | {"choices": [{"index": 0} | one]} for one in spoken]
    events.append(head | {"choices": [], "usage": document["usage"]})
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def serving(app: App, *, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Server:
    """Return a server that says nothing on its own; `run()` it, with sockets where they exist already."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
    )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models_api.server", description=__doc__.splitlines()[0])
    parser.add_argument("--answers", metavar="FILE", help="JSONL in the import's format, with prompt and responses")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--fd", type=int, help="an inherited socket that listens already, instead of host and port")
    for one in fields(Behaviour):
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=type(one.default), default=one.default)
    options = vars(parser.parse_args(argv))
    behaviour = Behaviour(**{one.name: options[one.name] for one in fields(Behaviour)})
    written = Written.read(options["answers"]) if options["answers"] else None
    server = serving(App(written, behaviour), host=options["host"], port=options["port"])
    server.run(sockets=None if options["fd"] is None else [socket.socket(fileno=options["fd"])])


if __name__ == "__main__":
    main()
