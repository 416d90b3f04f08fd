"""The tables are what the models say, and production settings pass Django's own checks."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

PRODUCTION = {"ATTUNE_ENV": "production", "ALLOWED_HOSTS": "attune.example"}


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def manage(*arguments, **changes):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | changes,
        capture_output=True,
        text=True,
    )


def test_production_settings_pass_the_deployment_checks():
    secret = "a-long-and-random-looking-key-that-is-only-for-this-test-0123456789"

    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, SECRET_KEY=secret)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "PSEUDONYM_KEY", "OWNER_KEY", "REDIS_URL"])
def test_a_missing_setting_is_named_in_a_sentence(name):
    checked = manage("check", **PRODUCTION, **{name: ""})

    assert checked.returncode == 1
    assert f"{name} is not set. Set it in the environment" in checked.stderr


def test_another_database_is_refused():
    checked = manage("check", **PRODUCTION, DATABASE_URL="sqlite:///db.sqlite3")

    assert "Attune runs on PostgreSQL only." in checked.stderr
