"""Whom is a failed call to be blamed on? An HTTP status or a broken connection becomes an EndpointError."""

import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import httpcore2
import orjson

from models_api.endpoint import Cause, EndpointError

QUOTED = 300  # characters of a server's own words
REFUSED = {401, 402, 403, 404, 405, 407, 410}
PASSING = {408, 409, 425}
PERMANENT = {Cause.REFUSED, Cause.REJECTED, Cause.FORBIDDEN, Cause.TOO_LARGE}


class Answered(EndpointError):
    """The server did answer, with an error: its status, and its words with the key struck out."""

    def __init__(self, sentence: str, *, cause: Cause, status: int, words: str, retry_after: float | None) -> None:
        super().__init__(sentence, cause=cause, permanent=cause in PERMANENT, retry_after=retry_after)
        self.status, self.words = status, words


def answered(
    where: str, status: int, body: bytes | Mapping[str, Any], *, headers: Mapping[bytes, bytes], key: str
) -> Answered:
    """Return the error for an answer of this status, or for an error object inside an answer of status 200."""
    document = parsed(body) if isinstance(body, bytes) else body
    code, words = told(document, body if isinstance(body, bytes) else b"")
    words = struck(words, key)
    cause = judged(status, code, throttled=b"retry-after" in headers)
    sentence = f"{where} {said(status, headers, key)}" + (f": {words}" if words else ".")
    return Answered(sentence, cause=cause, status=status, words=words, retry_after=retry_after(headers))


def said(status: int, headers: Mapping[bytes, bytes], key: str) -> str:
    if 300 <= status < 400:
        elsewhere = struck(headers.get(b"location", b"").decode("latin-1"), key) or "nowhere"
        return f"answered {status}, a redirect to {elsewhere}; redirects are not followed"
    return f"answered {status}"


def judged(status: int, code: str, *, throttled: bool) -> Cause:
    """Return the cause behind a status and the error's own code.

    >>> judged(429, "insufficient_quota", throttled=False), judged(503, "", throttled=True)
    (<Cause.REFUSED: 'refused'>, <Cause.THROTTLED: 'throttled'>)
    """
    if status == 429:  # out of money: waiting does not help
        return Cause.REFUSED if code == "insufficient_quota" else Cause.THROTTLED
    if status == 503 and throttled:
        return Cause.THROTTLED
    if 300 <= status < 400 or status in REFUSED:
        return Cause.REFUSED
    return Cause.SERVER if status in PASSING or not 400 <= status < 500 else Cause.REJECTED


def parsed(body: bytes) -> Any:
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(body)
    return None


def told(document: Any, body: bytes) -> tuple[str, str]:
    """Return the error's code and its words, in whichever of the usual forms they came.

    >>> told({"error": {"message": "Too long.", "code": "context_length_exceeded"}}, b"")
    ('context_length_exceeded', 'Too long.')
    >>> told({"detail": [{"loc": ["body", "stop"], "msg": "Not a list"}]}, b"")
    ('', 'body.stop: Not a list')
    """
    if not isinstance(document, dict):
        return "", body[: 4 * QUOTED].decode("utf-8", "replace")
    error = document.get("error") or document
    if not isinstance(error, dict):
        return "", str(error)
    words = error.get("message") or error.get("detail") or error.get("error") or error.get("msg") or ""
    if isinstance(words, list):
        words = "; ".join(complaint(one) for one in words)
    return str(error.get("code") or error.get("type") or ""), str(words)


def complaint(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    place = ".".join(map(str, one.get("loc") or ()))
    return f"{place}: {one.get('msg', '')}" if place else str(one.get("msg", ""))


def struck(words: str, key: str) -> str:
    """Return the words on one line, cut short, with every occurrence of the key struck out before the cut.

    >>> struck("No such key: abc-123.\\n Get one.", "abc-123")
    'No such key: …. Get one.'
    """
    line = " ".join((words.replace(key, "…") if key else words).split())
    return line if len(line) <= QUOTED else line[: QUOTED - 1] + "…"


def retry_after(headers: Mapping[bytes, bytes]) -> float | None:
    """Return the seconds to wait, from either form of RFC 9110's Retry-After."""
    value = headers.get(b"retry-after", b"").decode("latin-1").strip()
    with suppress(ValueError, OverflowError):
        seconds = float(value)
        return max(seconds, 0.0) if isfinite(seconds) else None
    with suppress(ValueError, TypeError):
        when = parsedate_to_datetime(value)
        return max((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - time.time(), 0.0)
    return None


def broken(where: str, error: Exception, *, answering: bool) -> EndpointError:
    """Return the error for a connection that failed; `answering` when a part of the answer had come already."""
    reason = error.args[0] if error.args else None
    if isinstance(reason, ssl.SSLCertVerificationError):
        sentence = f"The certificate of {where} is not to be trusted: {reason.verify_message}."
        return EndpointError(sentence, cause=Cause.UNREACHABLE, permanent=True)
    if isinstance(error, httpcore2.TimeoutException):
        return EndpointError(f"{where} did not take the connection in time.", cause=Cause.TIMEOUT, permanent=False)
    if isinstance(error, httpcore2.ConnectError):
        sentence = f"{where} cannot be reached: {struck(str(reason or 'no connection'), '')}."
        return EndpointError(sentence, cause=Cause.UNREACHABLE, permanent=False)
    if answering:
        sentence = f"{where} broke off in the middle of its answer."
        return EndpointError(sentence, cause=Cause.MALFORMED, permanent=False)
    if isinstance(error, httpcore2.RemoteProtocolError) and isinstance(reason, Exception):
        sentence = f"{where} does not speak HTTP: {struck(str(reason), '')}."
        return EndpointError(sentence, cause=Cause.MALFORMED, permanent=False)
    sentence = f"{where} closed the connection without an answer."
    return EndpointError(sentence, cause=Cause.UNREACHABLE, permanent=False)
