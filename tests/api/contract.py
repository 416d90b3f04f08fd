"""Is every answer what the OpenAPI document says? The clients of these tests look at each one that passes."""

import re
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

FORMATS = FormatChecker(["uuid"])


@FORMATS.checks("uri")
def is_uri(value):
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value):
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


class Witness(APIClient):
    """A client that holds every JSON answer against the document."""

    def request(self, **kwargs):
        answer = super().request(**kwargs)
        path, method = answer.request["PATH_INFO"], answer.request["REQUEST_METHOD"].lower()
        if path.startswith("/api/v1/") and "json" in answer.headers.get("Content-Type", "") and not answer.streaming:
            check(path, method, answer)
        return answer


def check(path, method, answer):
    """Fail unless the document knows this status of this call, and its body."""
    operation = operation_of(path, method)
    if operation is None:  # nothing there, or another method: a problem document all the same
        return assert_valid({"$ref": "#/components/schemas/ProblemDetails"}, answer.json())
    said = operation["responses"].get(str(answer.status_code))
    assert said, f"{method} {path} answered {answer.status_code}, which the document does not know."
    kind = answer["Content-Type"]
    assert kind in said["content"], f"{method} {path} answered {kind}, which the document does not know."
    assert_valid(said["content"][kind]["schema"], answer.json())


def operation_of(path, method):
    for template, operations in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return operations.get(method)
    return None


def assert_valid(schema, value):
    whole = {**schema, "components": document()["components"]}
    found = Draft202012Validator(whole, format_checker=FORMATS).iter_errors(value)
    mistakes = [f"{error.json_path}: {error.message[:300]}" for error in found]
    assert not mistakes, "\n".join(mistakes[:3])


@cache
def document():
    """The document, made strict: an object has no keys but those that are listed."""
    made = SchemaGenerator().get_schema(request=None, public=True)
    for schema in made["components"]["schemas"].values():
        if schema.get("type") == "object" and schema.get("properties"):
            schema.setdefault("additionalProperties", False)
    return made
