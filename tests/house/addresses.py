"""Every address of the site, found by walking the URL configuration."""

import re
import uuid

from django.urls import URLPattern, URLResolver, get_resolver, path

SAMPLES = {
    "uuid": str(uuid.UUID(int=7)),
    "int": "1",
    "str": "1",
    "slug": "x",
    "path": "1",
}


def all_addresses():
    """Yield (name with its namespaces, a concrete path) for every pattern that a request can reach."""
    yield from _walk(get_resolver().url_patterns, prefix="/", namespace="")


def _walk(patterns, *, prefix, namespace):
    for pattern in patterns:
        here = prefix + _concrete(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, prefix=here, namespace=inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or here}", here


def _concrete(pattern):
    """Fill a pattern's placeholders: <uuid:x>, and the groups of a regular expression."""
    text = str(pattern)
    text = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], text)
    if not isinstance(pattern, type(path("x", lambda request: None).pattern)):
        text = re.sub(r"\(\?P<\w+>[^()]*(?:\([^()]*\)[^()]*)*\)", "1", text)
        text = text.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\.", ".").replace("\\", "")
        text = text.replace("/?", "/")
    return text
