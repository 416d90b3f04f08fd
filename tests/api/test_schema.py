"""The OpenAPI document: valid, complete, with examples that are true to it; and its page."""

import io

import pytest
from django.core.management import call_command

from labeling.api.urls import v1
from tests.api.contract import assert_valid, document


def operations():
    return [
        (f"{method} {path}", operation)
        for path, calls in document()["paths"].items()
        for method, operation in calls.items()
    ]


def test_the_document_is_valid_and_made_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_every_address_is_in_the_document():
    assert len(document()["paths"]) == len(v1)


@pytest.mark.parametrize(("call", "operation"), operations(), ids=[call for call, _ in operations()])
def test_every_call_has_a_summary_and_a_tag_of_its_room(call, operation):
    assert operation["summary"]
    assert len(operation["tags"]) == 1


def test_every_post_and_put_takes_an_idempotency_key():
    for call, operation in operations():
        if call.startswith(("post", "put")):
            assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]


def test_every_call_is_refused_with_problem_details():
    for _call, operation in operations():
        for status in ("400", "401", "403", "406", "429", "500"):
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
        assert "default" not in operation["responses"]  # or no answer would be undocumented


def examples():
    """Every example with the schema that it stands beside, and where that is."""
    for call, operation in operations():
        asked = {"asked": operation.get("requestBody", {})}
        for where, body in (asked | operation["responses"]).items():
            for content in body.get("content", {}).values():
                for name, example in content.get("examples", {}).items():
                    yield pytest.param(content["schema"], example["value"], id=f"{call} {where} {name}")


@pytest.mark.parametrize(("schema", "value"), list(examples()))
def test_an_example_is_true_to_the_document(schema, value):
    assert_valid(schema, value)


def test_every_body_that_is_asked_for_has_an_example():
    bodies = {call: operation["requestBody"] for call, operation in operations() if "requestBody" in operation}

    bare = [call for call, body in bodies.items() if not body["content"].get("application/json", {}).get("examples")]

    assert bare == ["post /api/v1/imports/"]  # a file, in multipart/form-data


@pytest.mark.django_db
def test_the_document_and_its_page_are_for_the_signed_in(client, ann, client_of):
    assert client.get("/api/schema/").status_code == 401
    assert client.get("/api/docs/")["Location"] == "/accounts/login/?next=/api/docs/"
    assert client_of(ann).get("/api/schema/").status_code == 200


@pytest.mark.django_db
def test_the_page_carries_no_inline_script_or_style(eve, client_of):
    page = client_of(eve).get("/api/docs/").content.decode()

    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count("<script src=") == 3
    assert "http://" not in page
    assert "https://" not in page
