"""What does each line of a JSONL file say?"""

import orjson

from labeling.prompts.refusals import Refused

EXCERPT = 2_000
# Nobody's prompt is nested so deep, and writers of JSON give up at 254.
DEEPEST = 100


def read(stream, limit, after):
    """Yield (line, last line, size, values, refusal, excerpt) for every line that is not blank."""
    for number, (line, size) in enumerate(lines(stream, limit), start=1):
        if number <= after:
            yield number, number, size, None, "", b""
        elif size > limit:
            yield number, number, size, None, too_long(limit), line[:EXCERPT]
        elif not line.isspace():
            try:
                yield number, number, size, parse(line.rstrip()), "", b""
            except Refused as refusal:
                yield number, number, size, None, str(refusal), line[:EXCERPT]


def lines(stream, limit):
    """Yield (line, its size); of a line longer than `limit` only the beginning is ever held."""
    readline = stream.readline
    while line := readline(limit + 1):
        size = len(line)
        if size > limit:
            line = line[:EXCERPT]
            size += _skip_to_line_end(stream) if line[-1:] != b"\n" else 0
        yield line, size


def _skip_to_line_end(stream):
    size = 0
    while piece := stream.readline(2**16):
        size += len(piece)
        if piece.endswith(b"\n"):
            break
    return size


def too_long(limit):
    return f"The row is longer than {limit:,} bytes."


def parse(line):
    """Return the object on a line (bytes or text); raise Refused for anything else, or for what cannot be stored."""
    values = loads(line)
    if not isinstance(values, dict):
        raise Refused("The line is not a JSON object.")
    return values


def checked(values):
    """Return an object that came as JSON in some other way, or raise Refused as `parse` does."""
    if not isinstance(values, dict):
        raise Refused("The row is not a JSON object.")
    try:
        return loads(orjson.dumps(values))
    except TypeError as error:
        raise Refused(f"The row holds what cannot be stored: {error}.") from None


def loads(text):
    """Return what a JSON text says, or raise Refused."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused(_why(error)) from None
    raw = text if isinstance(text, bytes) else text.encode()
    if b"\\u0000" in raw or raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _check(value, DEEPEST)
    return value


def _why(error):
    if "UTF-8" in str(error):
        return "The line is not in UTF-8."
    if "surrogate" in str(error):
        return f"The text holds half a character (a lone surrogate), at character {error.pos + 1}."
    return f"The line is not valid JSON: {error.msg.split(': line ')[0]} at character {error.pos + 1}."


def _check(value, depth):
    if depth == 0:
        raise Refused(f"The row is nested more than {DEEPEST} deep.")
    if isinstance(value, str):
        if "\0" in value:
            raise Refused("The text holds the character U+0000, which cannot be stored.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check(key, depth)
            _check(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
