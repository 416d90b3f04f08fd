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
from labeling.candidates import generating
from labeling.datasets import freezing
from labeling.events import webhooks
from labeling.events.models import Event
from labeling.work import queue
from tests.candidates.files import imported
from tests.factories import EndpointFactory, TaskFactory

# A dataset is frozen in a transaction of its own; what the questions do is rolled back, one by one.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
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
def there(ann, settings, tmp_path):
    """What is there to be asked about: what stands in an address, by the word before it."""
    settings.MEDIA_ROOT = tmp_path
    task = TaskFactory()
    writer = EndpointFactory(base_url="https://models.example/v1")
    webhook, _secret = webhooks.register(url="https://hooks.example/attune", events=Event.values)
    return {
        "prompts": {"id": task.prompt_id},
        "projects": {"id": task.project_id},
        "models": {"id": writer.pk},
        "assignments": {"id": str(queue.next_assignment(labeler=ann, project=task.project).pk)},
        "datasets": {"id": frozen(task.project).pk, "name": "train.jsonl.gz"},
        "imports": {"id": imported({"prompt": "Name a river."}, {"prompt": 1}).pk},
        "generations": {"id": generating.request_generation(endpoints=[writer], selection={}).pk},
        "webhooks": {"id": webhook.pk},
        "forms": {"key": task.project.form.key},
    }


def frozen(project):
    version = freezing.request_dataset(kind="prompts", format="trl", projects=[project])
    freezing.freeze(version_id=version.pk)
    version.refresh_from_db()
    assert version.is_frozen
    return version


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
        case.path_parameters.update(
            {name: said for name, said in there.get(word, {}).items() if f"{{{name}}}" in operation.path}
        )
        with transaction.atomic():  # every question finds the same
            case.call_and_validate(headers=passes["label" if is_of_sheets else "write"], checks=CHECKS)
            transaction.set_rollback(True)

    try:
        ask()
    except (FailureGroup, Failure) as fault:
        yield f"{operation.label}: {fault}"
