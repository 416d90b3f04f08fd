"""Is it alive, is it ready, and what is missing?"""

import json
import os
import subprocess
import sys

import pytest
from django.db.migrations.recorder import MigrationRecorder

ASK = """
import json, django
django.setup()
from django.test import Client
client = Client()
answers = [client.get(address) for address in ("/livez", "/readyz")]
print(json.dumps([[answer.status_code, answer.json()] for answer in answers]))
"""


def test_the_process_answers_without_a_database(client, django_assert_num_queries):
    answer = client.get("/livez")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
def test_it_is_ready(client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_missed(client):
    MigrationRecorder.Migration.objects.filter(app="api").delete()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["missing"]) == (503, ["2 migrations are not applied."])


def test_with_nothing_there_it_is_alive_and_not_ready():
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody:secret@127.0.0.1:1/none",
        "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "labeling.settings",
        "LOG_LEVEL": "CRITICAL",
    }

    told = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True)

    assert json.loads(told.stdout) == [
        [200, {"status": "alive"}],
        [
            503,
            {
                "status": "not ready",
                "missing": [
                    "The database does not answer.",
                    "The migrations cannot be looked up.",
                    "The broker does not answer.",
                ],
            },
        ],
    ]
    assert "secret" not in told.stdout


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_health_is_for_everybody_and_changes_nothing(client, address):
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
