"""How exactly is a model asked? What decides the words of its answers, and the client that speaks with it."""

from typing import Any

from django.conf import settings

from labeling.sealing import unseal
from models_api.endpoint import Sampling
from models_api.openai_compatible import OpenAICompatible
from models_api.rendering import Template
from models_api.scoring import RewardModel

SAMPLED = ("temperature", "top_p", "max_tokens", "stop")


def recipe(endpoint, job=None):
    """Return, as JSON, all of our side that decides the answers; where the job says nothing, the endpoint's own."""
    return {
        "model_id": endpoint.model_id,
        "protocol": endpoint.protocol,
        "system_text": endpoint.system_text,
        "few_shot_prefix": endpoint.few_shot_prefix,
        "suffix": endpoint.suffix,
        "turns": endpoint.turns,
        "extra": endpoint.extra,
        "sampling": {name: _said(name, job, endpoint) for name in SAMPLED},
    }


def sampling(recipe, *, seed=None):
    """The `Sampling` of a call under this recipe."""
    said = recipe["sampling"]
    return Sampling(**said | {"stop": tuple(said["stop"])}, seed=seed, extra=recipe["extra"])


def connection(endpoint):
    """What else a client is made from; when any of it changes, a new one is made."""
    return (
        endpoint.base_url,
        endpoint.model_id,
        endpoint.protocol,
        endpoint.sealed_key,
        endpoint.key_header,
        endpoint.timeout_seconds,
        endpoint.concurrency,
        endpoint.system_text,
        endpoint.few_shot_prefix,
        endpoint.suffix,
        endpoint.turns,
    )


def client(endpoint, *, timeout=None):
    """Return an open `Endpoint`, or a `Scorer` for a reward model. Raises ValueError or CannotOpen, in a sentence."""
    if not endpoint.base_url:
        raise ValueError(f"The model {endpoint.name} has no base URL.")
    common: dict[str, Any] = {
        "key": unseal(endpoint.sealed_key),
        "key_header": endpoint.key_header,
        "timeout": timeout or endpoint.timeout_seconds,
        "max_bytes": settings.MODEL_ANSWER_MAX_BYTES,
        "connections": endpoint.concurrency,
        "allowed": frozenset(settings.MODEL_HOSTS),
        "ca_file": settings.MODEL_CA_FILE,
    }
    if endpoint.is_scorer:
        return RewardModel(endpoint.base_url, endpoint.model_id, protocol=endpoint.protocol, **common)
    template = Template(
        system=endpoint.system_text, few_shot=endpoint.few_shot_prefix, suffix=endpoint.suffix, turns=endpoint.turns
    )
    return OpenAICompatible(
        endpoint.base_url, endpoint.model_id, protocol=endpoint.protocol, template=template, **common
    )


def _said(name, job, endpoint):
    said = getattr(job, name, None)
    return getattr(endpoint, name) if said in (None, []) else said
