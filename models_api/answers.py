"""What did the model say? The bytes of an OpenAI-compatible answer, whole or streamed, become a Completion."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from models_api.endpoint import Completion

OPENED, CLOSED = "<think>", "</think>"


def completion(document: Any, *, stop: Sequence[str] = (), seconds: float = 0.0) -> Completion | None:
    """Return the first choice, or None when there is none to be read."""
    choices = document.get("choices") if isinstance(document, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    spoken = choices[0].get("message", choices[0])
    if not isinstance(spoken, dict):
        return None
    reasoning, text = parted(words(spoken))
    text, was_cut = cut(text, stop)
    usage = document.get("usage")
    return Completion(
        text=text,
        finish_reason="stop" if was_cut else string(choices[0].get("finish_reason")),
        prompt_tokens=counted(usage, "prompt_tokens"),
        completion_tokens=counted(usage, "completion_tokens"),
        seconds=seconds,
        served_by=string(document.get("model")),
        reasoning=thoughts(spoken) or reasoning,
    )


def words(spoken: dict[str, Any]) -> str:
    """Return what is said: `content` of a message, as text or as parts, or `text` of a completion.

    >>> words({"content": [{"type": "text", "text": "Hel"}, {"type": "image_url"}, {"type": "text", "text": "lo"}]})
    'Hello'
    """
    content = spoken.get("content", spoken.get("text"))
    if isinstance(content, list):
        return "".join(string(part.get("text")) for part in content if isinstance(part, dict))
    return string(content) or string(spoken.get("refusal"))


def thoughts(spoken: dict[str, Any]) -> str:
    return string(spoken.get("reasoning_content")) or string(spoken.get("reasoning"))


def parted(text: str) -> tuple[str, str]:
    """Return thoughts and answer. Some chat templates open the thoughts themselves, so that only their end is seen.

    >>> parted("<think>Hm.</think>\\n\\nYes."), parted("Hm.</think>Yes."), parted("<think>Hm"), parted("Yes.")
    (('Hm.', 'Yes.'), ('Hm.', 'Yes.'), ('Hm', ''), ('', 'Yes.'))
    """
    opened = text.lstrip().startswith(OPENED)
    before, closed, after = text.partition(CLOSED)
    if not closed and not opened:
        return "", text
    return before.strip().removeprefix(OPENED).strip(), after.lstrip()


def cut(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """Return the text before any of `stop`, and whether there was one.

    >>> cut("One. Two! Three.", ["!", "."])
    ('One', True)
    """
    ends = [end for end in (text.find(word) for word in stop if word) if end >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def counted(usage: Any, name: str) -> int | None:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and count >= 0 else None


def string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def is_streamed(answer: bytes) -> bool:
    """Server-sent events look like nothing that JSON can begin with."""
    return answer.lstrip()[:1] in (b"d", b":", b"e", b"i", b"r")


def joined(answer: bytes) -> dict[str, Any] | None:
    """Return one document made of server-sent events, or None when they break off before the end.

    An error among them is the whole answer.
    """
    chunks, is_done = [], False
    for data in events(answer):
        if data == b"[DONE]":
            is_done = True
            break
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        if isinstance(chunk, dict):
            chunks.append(chunk)
    broken = [chunk for chunk in chunks if chunk.get("error")]
    return broken[0] if broken else summed(chunks, is_done=is_done)


def events(answer: bytes) -> Iterable[bytes]:
    """Yield the data of each server-sent event."""
    for event in answer.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n\n"):
        lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
        if lines:
            yield b"\n".join(lines)


def summed(chunks: list[dict[str, Any]], *, is_done: bool) -> dict[str, Any] | None:
    """Add the deltas of the first choice up to one message."""
    firsts = [choice for chunk in chunks for choice in first_choice(chunk)]
    reasons = [reason for reason in (string(choice.get("finish_reason")) for choice in firsts) if reason]
    if not firsts or not (is_done or reasons):
        return None
    deltas = [delta for delta in (choice.get("delta", choice) for choice in firsts) if isinstance(delta, dict)]
    message = {
        "content": "".join(words(delta) for delta in deltas),
        "reasoning_content": "".join(thoughts(delta) for delta in deltas),
    }
    usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    return {
        "model": chunks[0].get("model"),
        "choices": [{"message": message, "finish_reason": reasons[-1] if reasons else ""}],
        "usage": usages[-1] if usages else None,
    }


def first_choice(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    choices = chunk.get("choices")
    choices = choices if isinstance(choices, list) else []
    return [choice for choice in choices if isinstance(choice, dict) and choice.get("index", 0) == 0]
