"""How does one question reach a model's server, and its whole answer come back? JSON over HTTP, within limits.

This is httpcore2, the layer under httpx2: it knows no redirects, proxies, cookies, retries or environment variables, so
that none of them has to be turned off, and it costs half as much processor time per call.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import httpcore2
import orjson

from models_api.blame import answered, broken, parsed
from models_api.endpoint import Cause, EndpointError
from models_api.guard import Guard, named

KeyHeader = Literal["bearer", "api-key"]
# Shorter than what servers grant (uvicorn 5 s), so that they rarely hang up on a call that is under way to them.
KEEP_ALIVE = 4.0
IN_URLS = "/?%:@!$&'()*+,;=~-._"


class Wire:
    """The road to one server, for one event loop: at most `connections` calls at a time, the others wait their turn.

    httpcore2's own pool looks through every connection at every call; here the last one used is taken from a pile.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str = "",
        key_header: KeyHeader = "bearer",
        timeout: float = 120.0,
        max_bytes: int = 4 * 2**20,
        connections: int = 64,
        allowed: frozenset[str] = frozenset(),
        ca_file: str | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("The address of a model begins with http:// or https:// and a host.")
        if "@" in parts.netloc:
            raise ValueError("The address of a model has no user name or password in it; a key has its own field.")
        if not re.fullmatch(r"[!-~]*", key):
            raise ValueError("The key has a character that no key has: a blank, a line's end or something not ASCII.")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode()
        self._port = parts.port or (443 if self._secure else 80)
        self._path = quote(parts.path.rstrip("/"), safe=IN_URLS)
        self._query = f"?{quote(parts.query, safe=IN_URLS)}" if parts.query else ""
        self._key, self._timeout, self._max_bytes = key, timeout, max_bytes
        self.where = named(self._host, self._port)
        self._headers = [
            (b"Host", (self.where if parts.port else self.where.rpartition(":")[0]).encode()),
            (b"User-Agent", b"attune"),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),
            (b"Content-Type", b"application/json"),
            *key_headers(key, key_header),
        ]
        self._ssl_context = trusting(ca_file) if self._secure else None
        self._guard = Guard(allowed)
        self._places = asyncio.Semaphore(connections)
        self._idle: list[httpcore2.AsyncHTTPConnection] = []
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<{'https' if self._secure else 'http'}://{self.where}{self._path}>"  # no query: keys travel there

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """The whole call, however many questions it takes, ends within the timeout."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError as error:
            sentence = f"{self.where} gave no whole answer within {self._timeout:g} seconds."
            raise EndpointError(sentence, cause=Cause.TIMEOUT, permanent=False) from error

    async def post(self, path: str, body: dict[str, Any]) -> tuple[Any, bytes]:
        """Send a JSON object; return the answer's JSON (None when it is none) and its bytes. Raises EndpointError."""
        content = orjson.dumps(body)
        request = httpcore2.Request(
            b"POST",
            self._url(path),
            headers=[*self._headers, (b"Content-Length", str(len(content)).encode())],
            content=content,
        )
        async with self._places:
            status, headers, answer = await self._exchange(request)
        if not 200 <= status < 300:
            raise answered(self.where, status, answer, headers=headers, key=self._key)
        document = parsed(answer)
        if isinstance(document, dict) and is_error(document):
            raise self.error_inside(document)
        return document, answer

    def error_inside(self, document: dict[str, Any]) -> EndpointError:
        """Return the error for an answer of status 200 that has an error in it, which may name a status of its own."""
        error = document["error"] if isinstance(document.get("error"), dict) else document
        status = error.get("code")
        status = status if isinstance(status, int) and 400 <= status < 600 else 500
        return answered(self.where, status, document, headers={}, key=self._key)

    def malformed(self, what: str, answer: bytes) -> EndpointError:
        """Return the error for an answer that is not what the protocol says."""
        return EndpointError(f"{self.where} {what} ({len(answer)} bytes).", cause=Cause.MALFORMED, permanent=False)

    async def aclose(self) -> None:
        self._is_closed = True
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.aclose()

    async def _exchange(self, request: httpcore2.Request) -> tuple[int, dict[bytes, bytes], bytes]:
        connection, answering = await self._connection(), False
        try:
            response = await connection.handle_async_request(request)
            answering = True
            headers = {name.lower(): value for name, value in response.headers}
            return response.status, headers, await self._read(response, headers)
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            raise broken(self.where, error, answering=answering) from error
        finally:
            if connection.is_available() and not self._is_closed:
                self._idle.append(connection)
            else:
                await connection.aclose()

    async def _read(self, response: httpcore2.Response, headers: dict[bytes, bytes]) -> bytes:
        try:
            chunks, size = [], int(headers.get(b"content-length", 0))
            if size > self._max_bytes:
                raise self._too_large()
            size = 0
            async for chunk in response.aiter_stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > self._max_bytes:
                    raise self._too_large()
            return b"".join(chunks)
        finally:
            await response.aclose()

    def _too_large(self) -> EndpointError:
        sentence = f"{self.where} sent more than {self._max_bytes} bytes, which is more than is taken."
        return EndpointError(sentence, cause=Cause.TOO_LARGE, permanent=True)

    async def _connection(self) -> httpcore2.AsyncHTTPConnection:
        """Return the connection that was used last, if it still lives, else a new one."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore2.AsyncHTTPConnection(
            origin=httpcore2.Origin(b"https" if self._secure else b"http", self._host.encode(), self._port),
            ssl_context=self._ssl_context,
            keepalive_expiry=KEEP_ALIVE,
            network_backend=self._guard,
        )

    def _url(self, path: str) -> httpcore2.URL:
        return httpcore2.URL(
            scheme=b"https" if self._secure else b"http",
            host=self._host.encode(),
            port=self._port,
            target=f"{self._path}/{path}{self._query}".encode(),
        )


def key_headers(key: str, key_header: KeyHeader) -> list[tuple[bytes, bytes]]:
    if not key:
        return []
    return [(b"Authorization", b"Bearer " + key.encode())] if key_header == "bearer" else [(b"api-key", key.encode())]


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """Return the machine's trust in certificates, and that in `ca_file` beside it."""
    context = httpcore2.default_ssl_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def is_error(document: dict[str, Any]) -> bool:
    return bool(document.get("error")) or document.get("object") == "error"
