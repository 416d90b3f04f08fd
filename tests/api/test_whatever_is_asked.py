"""Whatever is asked over REST, no answer is a fault of ours, and each is in the document."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from labeling.api import tokens
from labeling.work import queue
from tests.factories import EndpointFactory, TaskFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def document(client_of, ada):
    """The document as it is served; the calls go to the same site, in this test's transaction."""
    client = client_of(ada)
    answer = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"})
    schema = schemathesis.openapi.from_dict(answer.json())
    schema.app = get_wsgi_application()
    for end_of_request in (request_started, request_finished):
        end_of_request.disconnect(close_old_connections)
    yield schema
    for end_of_request in (request_started, request_finished):
        end_of_request.connect(close_old_connections)


@pytest.fixture
def there(ann):
    """What is there to be asked about: the id that stands in an address, by the word before it."""
    task = TaskFactory()
    return {
        "prompts": task.prompt_id,
        "projects": task.project_id,
        "models": EndpointFactory().pk,
        "assignments": str(queue.next_assignment(labeler=ann, project=task.project).pk),
    }


@pytest.fixture
def passes(ada, ann):
    """The token of somebody who may do everything, and of one who labels."""
    issued = {scope: tokens.issue(user=user, scope=scope)[1] for scope, user in (("write", ada), ("label", ann))}
    return {scope: {"Authorization": f"Token {key}", "Host": "testserver"} for scope, key in issued.items()}


ASKED_FOR = 12  # questions of each call


def test_whatever_is_asked_is_answered_as_documented(document, passes, there):
    operations = [found.ok() for found in document.get_all_operations()]

    broken = [fault for operation in operations for fault in faults(operation, passes, there)]

    assert len(operations) > 40
    assert broken == [], "\n".join(broken)


def faults(operation, passes, there):
    word = operation.path.removeprefix("/api/v1/").split("/")[0]
    is_of_sheets = word == "assignments" or operation.path.endswith("/next/")

    @given(case=operation.as_strategy())
    @settings(
        max_examples=ASKED_FOR,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        if word in there and "{id}" in operation.path:
            case.path_parameters["id"] = there[word]
        with transaction.atomic():  # every question finds the same
            case.call_and_validate(headers=passes["label" if is_of_sheets else "write"], checks=CHECKS)
            transaction.set_rollback(True)

    try:
        ask()
    except (FailureGroup, Failure) as fault:
        yield f"{operation.label}: {fault}"
