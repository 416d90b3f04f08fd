"""The tables are what the models say, and production settings pass Django's own checks."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

from labeling.settings import database

PRODUCTION = {"ATTUNE_ENV": "production", "ALLOWED_HOSTS": "attune.example", "SITE_URL": "https://attune.example"}


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def manage(*arguments, **changes):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"} | changes,
        capture_output=True,
        text=True,
    )


def test_production_settings_pass_the_deployment_checks():
    secret = "a-long-and-random-looking-key-that-is-only-for-this-test-0123456789"

    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, SECRET_KEY=secret)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "PSEUDONYM_KEY", "OWNER_KEY", "CREDENTIAL_KEYS", "REDIS_URL"])
def test_a_missing_setting_is_named_in_a_sentence(name):
    checked = manage("check", **PRODUCTION, **{name: ""})

    assert checked.returncode == 1
    assert f"{name} is not set. Set it in the environment" in checked.stderr


def test_production_does_not_start_without_the_names_it_is_reached_by():
    checked = manage("check", **PRODUCTION | {"ALLOWED_HOSTS": ""})

    assert "ALLOWED_HOSTS is not set. Set it in the environment" in checked.stderr


def test_a_misspelt_environment_is_refused():
    checked = manage("check", **PRODUCTION | {"ATTUNE_ENV": "prod"})

    assert "ATTUNE_ENV is production, demo or test, not “prod”." in checked.stderr


def test_what_the_database_address_asks_for_reaches_the_database():
    """Dropped in silence, sslmode would leave the connection in the clear."""
    asked = database("postgresql://ann:p%40ss@db.example:5433/at%20tune?sslmode=verify-full&connect_timeout=5")

    assert (asked["NAME"], asked["PASSWORD"], asked["HOST"]) == ("at tune", "p@ss", "db.example")
    assert asked["OPTIONS"] == {"sslmode": "verify-full", "connect_timeout": "5"}


def test_a_socket_is_named_in_the_database_address():
    asked = database("postgresql:///attune?host=/var/run/postgresql")

    assert (asked["HOST"], asked["OPTIONS"]) == ("/var/run/postgresql", {})


def test_another_database_is_refused():
    checked = manage("check", **PRODUCTION, DATABASE_URL="sqlite:///db.sqlite3")

    assert "Attune runs on PostgreSQL only." in checked.stderr
