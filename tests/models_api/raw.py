"""Servers that answer with the bytes they are given, wrong ones above all, and the asking of them."""

import asyncio
from contextlib import asynccontextmanager

import orjson
import pytest

from models_api.endpoint import EndpointError, Sampling
from models_api.openai_compatible import OpenAICompatible

HI = [{"role": "user", "content": "Hi"}]
ANY = Sampling()


def answer(document, status=200, headers=""):
    """Return an HTTP answer, whole; a document that is bytes is sent as it is, as HTML."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    kind = "text/html" if isinstance(document, bytes) else "application/json"
    head = f"HTTP/1.1 {status} So\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def says(text, **more):
    return {"choices": [{"message": {"role": "assistant", "content": text}} | more]}


class Raw:
    """What a raw server was asked, and where it is."""

    def __init__(self):
        self.url, self.heads, self.bodies = "", [], []

    @property
    def allowed(self):
        return frozenset({self.url.split("//")[1].split("/")[0]})


@asynccontextmanager
async def serving(*answers, tls=None):
    """Serve the answers in turn, the last one for ever. One that is a function gets the request's writer instead."""
    raw, left = Raw(), list(answers)

    async def serve(reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                size = int(head.split("content-length: ")[1].split("\r\n")[0])
                raw.heads.append(head)
                raw.bodies.append(orjson.loads(await reader.readexactly(size)))
                now = left.pop(0) if len(left) > 1 else left[0]
                if callable(now):
                    await now(writer)
                    break
                writer.write(now)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    raw.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
    try:
        yield raw
    finally:
        server.close()


def ask(*answers, messages=HI, sampling=ANY, tls=None, times=1, **options):
    """Ask a raw server through the client, and return what it said and what the server saw."""

    async def road():
        async with serving(*answers, tls=tls) as raw:
            client = OpenAICompatible(raw.url, "m", **({"allowed": raw.allowed, "timeout": 30.0} | options))
            try:
                for _ in range(times):
                    said = await client.complete(messages, sampling)
                return said, raw
            finally:
                await client.aclose()

    return asyncio.run(road())


def failing(*answers, **options):
    """Ask a raw server that does not answer as it should, and return the error."""
    with pytest.raises(EndpointError) as caught:
        ask(*answers, **options)
    return caught.value


async def end_of_patience(writer):
    """Keep the caller waiting for ever."""
    await asyncio.Event().wait()
