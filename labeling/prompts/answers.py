"""Which answers does a row bring along? A person's reference, and what models made elsewhere."""

from collections import Counter
from typing import Any, NamedTuple

from labeling.prompts.refusals import Refused

LONGEST_MODEL = 100
MOST = 1_000


class Answer(NamedTuple):
    """One answer of a row; a person's own has no model."""

    model: str
    sample: int
    text: str
    sampling: dict[str, Any]
    meta: dict[str, Any]


def answers_of(reference, responses):
    """Return the answers in a row's `reference` and `responses`, or raise Refused."""
    found = _reference(reference)
    if isinstance(responses, dict):
        found += [Answer(_model(model), 0, _text(text, model), {}, {}) for model, text in responses.items()]
    elif isinstance(responses, list):
        found += _listed(responses)
    elif responses is not None:
        raise Refused("The responses must be an object, model → text, or a list of {model, text}.")
    if len(found) > MOST:
        raise Refused(f"The row has more than {MOST:,} responses.")
    if len({(answer.model, answer.sample) for answer in found}) < len(found):
        raise Refused("Two names in the responses are of the same model.")
    return found


def _reference(text):
    if text is None or text == "":
        return []
    if not isinstance(text, str):
        raise Refused("The reference must be a text.")
    return [Answer("", 0, text, {}, {})] if text.strip() else []


def _listed(responses):
    samples: Counter[str] = Counter()
    found = []
    for item in responses:
        if not isinstance(item, dict) or "text" not in item:
            raise Refused("Each of the responses must be an object with the keys model and text.")
        model = _model(item.get("model"))
        others = {key: item[key] for key in item if key not in {"model", "text", "sampling", "meta"}}
        sampling, meta = (_object(item.get(key), key) for key in ("sampling", "meta"))
        found.append(Answer(model, samples[model], _text(item["text"], model), sampling, others | meta))
        samples[model] += 1
    return found


def _model(name):
    if not isinstance(name, str) or not name.strip():
        raise Refused("A response does not say its model.")
    if len(name.strip()) > LONGEST_MODEL:
        raise Refused(f"The name of a model is longer than {LONGEST_MODEL} characters.")
    return name.strip()


def _text(text, model):
    if not isinstance(text, str):
        raise Refused(f"The response of “{model}” must be a text.")
    return text


def _object(value, key):
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"The {key} of a response must be an object.")
    return value
