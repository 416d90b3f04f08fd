"""What does a row of a file mean? From keys and values to a prompt with its answers, or a sentence that refuses it."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import orjson

from labeling.prompts.answers import Answer, answers_of
from labeling.prompts.hygiene.looking import Looks, look
from labeling.prompts.hygiene.parts import examples
from labeling.prompts.json_rows import loads
from labeling.prompts.mapping import ours_and_theirs
from labeling.prompts.models import Origin, Split, UseCase
from labeling.prompts.refusals import Refused

ROLES = ("system", "user", "assistant")
LONGEST_ID, LONGEST_TAG = 200, 60
SPLITS, ORIGINS, USE_CASES = (frozenset(kind.values) for kind in (Split, Origin, UseCase))
LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


@dataclass(slots=True)
class Incoming:
    """A row that has passed every check that needs no database."""

    line: int
    external_id: str
    messages: list[dict[str, str]]
    is_text: bool
    author: str
    organization: str
    split: str
    origin: str
    use_case: str
    tags: list[str]
    language: str
    meta: dict[str, Any]
    answers: list[Answer]
    looks: Looks


def incoming(values, mapping, *, line=0, cells=False):
    """Return the Incoming of a row's `values`, or raise Refused. `cells`: they come from a CSV and may hold JSON."""
    ours, rest = ours_and_theirs(values, mapping)
    if cells:
        ours = {key: _opened(key, value) for key, value in ours.items()}
    messages = _messages(ours.get("prompt"))
    meta = _meta(ours.get("meta"), rest)
    language = _language(ours.get("language"))
    origin = _one_of(ours.get("origin"), "origin", ORIGINS, Origin) or Origin.CUSTOMER.value
    pairs = examples(meta) if origin == Origin.FEW_SHOT else []
    return Incoming(
        line=line,
        external_id=_name(ours.get("id"), "id", LONGEST_ID) or hash_of(messages, pairs),
        messages=messages,
        is_text=isinstance(ours["prompt"], str),
        author=_name(ours.get("author"), "author", None),
        organization=_name(ours.get("organization"), "organization", None),
        split=_one_of(ours.get("split"), "split", SPLITS, Split),
        origin=origin,
        use_case=_one_of(ours.get("use_case"), "use_case", USE_CASES, UseCase),
        tags=_tags(ours.get("tags")),
        language=language,
        meta=meta,
        answers=answers_of(ours.get("reference"), ours.get("responses")),
        looks=look(messages, meta, pairs, language),
    )


def hash_of(messages, pairs):
    """The id of a prompt whose source gave none; what an instruction has for examples is a part of it."""
    return "sha256:" + hashlib.sha256(orjson.dumps(messages + pairs)).hexdigest()


def _opened(key, cell):
    """What a CSV cell holds: JSON where it is meant, else the text as it stands."""
    if key in {"responses", "tags", "meta"} and cell.lstrip()[:1] in {"[", "{"}:
        try:
            return loads(cell)
        except Refused as refusal:
            raise Refused(f"The cell “{key}” is not valid JSON. {refusal}") from None
    return [tag.strip() for tag in cell.split(",") if tag.strip()] if key == "tags" else cell


def _messages(prompt):
    if isinstance(prompt, str):
        if not prompt or prompt.isspace():
            raise Refused("The prompt is blank.")
        return [{"role": "user", "content": prompt}]
    if prompt is None:
        raise Refused("The row has no prompt.")
    if not isinstance(prompt, list):
        raise Refused("The prompt must be a text or a list of chat messages.")
    for number, message in enumerate(prompt, start=1):
        _check_message(message, number)
    if not prompt or prompt[-1]["role"] != "user":
        raise Refused("The last message of the prompt must be the user's.")
    if not prompt[-1]["content"].strip():
        raise Refused("The last message of the prompt is blank.")
    return [{"role": message["role"], "content": message["content"]} for message in prompt]


def _check_message(message, number):
    if not isinstance(message, dict) or message.keys() != {"role", "content"}:
        raise Refused(f"Message {number} must be an object with the keys role and content, and no others.")
    if message["role"] not in ROLES:
        raise Refused(f"The role of message {number} must be system, user or assistant.")
    if not isinstance(message["content"], str):
        raise Refused(f"The content of message {number} must be a text.")


def _name(value, key, longest):
    """A text or a whole number, as a text; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused(f"The {key} must be a text or a whole number.")
    name = str(value).strip()
    if longest and len(name) > longest:
        raise Refused(f"The {key} is longer than {longest} characters.")
    return name


def _one_of(value, key, known, choices):
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or value not in known:
        raise Refused(f"The {key} must be one of: {', '.join(choices.values)}.")
    return value


def _tags(value):
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(tag, str) and tag.strip() for tag in value):
        raise Refused("The tags must be a list of texts.")
    if any(len(tag) > LONGEST_TAG for tag in value):
        raise Refused(f"A tag is longer than {LONGEST_TAG} characters.")
    return value


def _language(value):
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > 16 or not LANGUAGE.fullmatch(value):
        raise Refused("The language must be a code such as en, ko or pt-BR.")
    return value


def _meta(value, rest):
    if value is None:
        return rest
    if not isinstance(value, dict):
        raise Refused("The meta must be an object.")
    return rest | value
