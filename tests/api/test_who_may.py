"""Every call × every role × every scope, and sessions besides tokens."""

import uuid

import pytest
from rest_framework.test import APIClient

from tests.house.addresses import all_addresses

pytestmark = pytest.mark.django_db

SHEET = f"/api/v1/assignments/{uuid.UUID(int=7)}"
READS = [
    ("get", "/api/v1/imports/"),
    ("get", "/api/v1/imports/1/"),
    ("get", "/api/v1/imports/1/refused/"),
    ("get", "/api/v1/prompts/"),
    ("get", "/api/v1/prompts/1/"),
    ("get", "/api/v1/models/"),
    ("get", "/api/v1/models/1/"),
    ("get", "/api/v1/generations/"),
    ("get", "/api/v1/generations/1/"),
    ("get", "/api/v1/forms/"),
    ("get", "/api/v1/forms/x/"),
    ("get", "/api/v1/projects/"),
    ("get", "/api/v1/projects/1/"),
    ("get", "/api/v1/projects/1/progress/"),
    ("get", "/api/v1/projects/1/agreement/"),
    ("get", "/api/v1/labels/"),
    ("get", "/api/v1/datasets/"),
    ("get", "/api/v1/datasets/1/"),
    ("get", "/api/v1/dataset-formats/"),
    ("get", "/api/v1/datasets/1/manifest/"),
    ("get", "/api/v1/datasets/1/card/"),
    ("get", "/api/v1/datasets/1/changes/"),
    ("get", "/api/v1/datasets/1/files/1"),
]
WRITES = [
    ("post", "/api/v1/imports/"),
    ("post", "/api/v1/prompts/"),
    ("post", "/api/v1/models/"),
    ("patch", "/api/v1/models/1/"),
    ("post", "/api/v1/models/1/test/"),
    ("post", "/api/v1/generations/"),
    ("post", "/api/v1/generations/1/pause/"),
    ("post", "/api/v1/generations/1/resume/"),
    ("post", "/api/v1/generations/1/cancel/"),
    ("post", "/api/v1/generations/1/retry/"),
    ("post", "/api/v1/forms/"),
    ("patch", "/api/v1/forms/x/"),
    ("post", "/api/v1/projects/"),
    ("patch", "/api/v1/projects/1/"),
    ("post", "/api/v1/projects/1/tasks/"),
    ("post", "/api/v1/datasets/"),
    ("post", "/api/v1/datasets/1/cancel/"),
]
HOOK_READS = [
    ("get", "/api/v1/webhooks/"),
    ("get", "/api/v1/webhooks/1/"),
    ("get", "/api/v1/webhooks/1/deliveries/"),
]
HOOK_WRITES = [
    ("post", "/api/v1/webhooks/"),
    ("patch", "/api/v1/webhooks/1/"),
    ("delete", "/api/v1/webhooks/1/"),
    ("post", "/api/v1/webhooks/1/rotate/"),
    ("post", "/api/v1/webhooks/1/test/"),
]
WORK = [
    ("post", "/api/v1/projects/1/next/"),
    ("get", f"{SHEET}/"),
    ("put", f"{SHEET}/draft/"),
    ("post", f"{SHEET}/submit/"),
    ("post", f"{SHEET}/skip/"),
    ("post", f"{SHEET}/flag/"),
    ("post", f"{SHEET}/reopen/"),
]
EVERY_CALL = READS + WRITES + HOOK_READS + HOOK_WRITES + WORK
RUNNERS, INTEGRATORS, WORKERS = {"eve", "rita", "ada"}, {"eve", "ada"}, {"ann", "hal", "judge", "rita", "ada"}
EVERYBODY = ["ann", "hal", "charlie", "judge", "eve", "rita", "ada"]


def let_in(client, calls):
    """The calls that were not refused for who makes them."""
    return [call for call in calls if getattr(client, call[0])(call[1]).status_code not in {401, 403}]


def expected(person, scope):
    runs, connects, works = person in RUNNERS, person in INTEGRATORS, person in WORKERS
    reads, writes = scope in {"read", "write", "session"}, scope in {"write", "session"}
    return (
        (READS if runs and reads else [])
        + (WRITES if runs and writes else [])
        + (HOOK_READS if connects and reads else [])
        + (HOOK_WRITES if connects and writes else [])
        + (WORK if works and scope in {"label", "session"} else [])
    )


@pytest.mark.parametrize("scope", ["read", "write", "label"])
@pytest.mark.parametrize("person", EVERYBODY)
def test_a_token_opens_what_its_owners_role_and_its_scope_both_allow(request, rest, person, scope):
    client = rest(request.getfixturevalue(person), scope)

    assert let_in(client, EVERY_CALL) == expected(person, scope)


@pytest.mark.parametrize("person", EVERYBODY)
def test_a_session_opens_what_its_owners_role_allows(request, client_of, person):
    client = client_of(request.getfixturevalue(person))

    assert let_in(client, EVERY_CALL) == expected(person, "session")


def test_strangers_are_asked_who_they_are(client):
    for method, address in EVERY_CALL:
        answer = getattr(client, method)(address)

        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
        assert answer["Content-Type"] == "application/problem+json"


def test_the_matrix_knows_every_address():
    v1 = {address for _name, address in all_addresses() if address.startswith("/api/v1/")}

    assert {address for _method, address in EVERY_CALL} == v1


def test_a_session_that_changes_something_needs_its_csrf_token(rita):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(rita)
    body = {"name": "sft-1.3b"}

    refused = client.post("/api/v1/models/", body, format="json")
    client.get("/accounts/logout/")  # any page with a form gives the cookie
    token = client.cookies["csrftoken"].value
    taken = client.post("/api/v1/models/", body, format="json", HTTP_X_CSRFTOKEN=token)

    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert refused.json()["detail"].startswith("CSRF Failed")
    assert taken.status_code == 201


def test_what_is_missing_is_said(rest, eve, ann):
    too_little = rest(eve, "read").post("/api/v1/models/", {}).json()
    wrong_role = rest(ann, "write").get("/api/v1/models/").json()

    assert too_little["detail"] == "This needs a token of scope write; yours has scope read."
    assert wrong_role["detail"] == "Your account may not do this."
