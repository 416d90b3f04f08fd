"""Does manage.py doctor tell what is there, and what is missing, in words that help?"""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from labeling.api.checkup import CHECKS
from labeling.sealing import seal
from tests.celery_worker import own_broker, worker  # noqa: F401
from tests.factories import EndpointFactory
from tests.mail_server import mail_server  # noqa: F401

ROOT = Path(__file__).parents[2]
# Nothing listens there, and the words after the colon are nobody's business.
NOWHERE = {
    "DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none",
    "REDIS_URL": "redis://:hidden@127.0.0.1:1/0",
    "EMAIL_PORT": "1",
}


def told():
    """What it says: {what: (mark, words)}, and the sentence that it ends with."""
    out, ending = StringIO(), ""
    try:
        call_command("doctor", stdout=out)
    except CommandError as error:
        ending = str(error)
    lines = [(line[:8].strip(), line[8:23].strip(), line[23:]) for line in out.getvalue().splitlines()]
    return {what: (mark, words) for mark, what, words in lines}, ending


@pytest.mark.django_db(transaction=True)
def test_where_everything_runs_nothing_is_missing(worker, mail_server, ada):  # noqa: F811
    EndpointFactory(sealed_key=seal("k"))

    found, ending = told()

    assert set(found) == set(CHECKS)
    assert {mark for mark, _words in found.values()} == {"ok"}
    assert found["workers"][1].startswith("test@")
    assert found["secrets"][1] == "CREDENTIAL_KEYS opens all 1"
    assert "PostgreSQL" in found["database"][1]
    assert ending == ""


@pytest.mark.django_db(transaction=True)
def test_what_is_missing_is_said_with_what_to_do(own_broker, settings):  # noqa: F811
    EndpointFactory(name="GPT", sealed_key=seal("k"))
    settings.CREDENTIAL_KEYS = ["another"]
    settings.SITE_URL = "https://elsewhere.example"
    settings.MEDIA_ROOT = Path("/nowhere/at/all")

    found, ending = told()

    missing = {what for what, (mark, _words) in found.items() if mark == "MISSING"}
    assert missing == {"site", "workers", "files", "secrets", "admins"}
    assert "Nobody takes from celery, models, sweeps, webhooks: start" in found["workers"][1]
    assert "opens no more the secrets of GPT: enter them anew" in found["secrets"][1]
    assert "elsewhere.example" in found["site"][1]
    assert ending == "5 of these must be put right before everything works."


def test_where_nothing_answers_it_goes_on_to_the_end_and_tells_no_password():
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT, env={**os.environ, **NOWHERE}, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == len(CHECKS)
    assert "MISSING database       The database does not answer." in done.stdout
    assert "MISSING workers        They cannot be asked without the broker." in done.stdout
    assert "note    letters" in done.stdout
    assert done.stderr.endswith("of these must be put right before everything works.\n")
    assert "hidden" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_without_tables_is_told_and_not_stumbled_over():
    """As before the first `migrate`: that of the server's own, which is always there."""
    empty = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT, env={**os.environ, **NOWHERE, "DATABASE_URL": empty}, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 1
    assert "are not applied. Run manage.py migrate." in done.stdout
    assert "MISSING secrets        The database cannot say." in done.stdout
    assert "MISSING admins         The database cannot say." in done.stdout
    assert "Traceback" not in done.stderr
