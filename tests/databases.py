"""Where does a test session's database come from? The migrations are run once, and every session gets a copy.

Copying takes a tenth of a second, running the migrations ten. Whoever comes first makes the original, and others wait
for it meanwhile; another one is made when a migration or a library has changed.
"""

import contextlib
import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tests import emptying

ORIGINAL = "attune_migrated_"
MAKING = 5417  # an advisory lock of the server's own database


@contextlib.contextmanager
def copied():
    """Have Django's connection lead to a fresh copy, which is dropped afterwards."""
    ours, name = connection.settings_dict["NAME"], connection.creation._get_test_db_name()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MAKING])  # let go of with the connection
        _run(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        _run(cursor, "CREATE DATABASE {} TEMPLATE {}", name, _original(cursor))
    _lead_to(name)
    yield
    _lead_to(ours)
    with connection._nodb_cursor() as cursor:
        _run(cursor, "DROP DATABASE {} WITH (FORCE)", name)


def _original(cursor):
    """Return the name of the database that the migrations have made; it is renamed to that when it is whole."""
    name = ORIGINAL + _fingerprint()
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [ORIGINAL])
    known = {row[0] for row in cursor.fetchall()}
    if name not in known:
        for former in known:
            _run(cursor, "DROP DATABASE {} WITH (FORCE)", former)
        unfinished = f"{ORIGINAL}unfinished"
        _run(cursor, "CREATE DATABASE {}", unfinished)
        _migrate(unfinished)
        _run(cursor, "ALTER DATABASE {} RENAME TO {}", unfinished, name)
    return name


def _migrate(name):
    ours = connection.settings_dict["NAME"]
    _lead_to(name)
    call_command("migrate", verbosity=0)
    emptying.remember()
    _lead_to(ours)


def _fingerprint():
    """What decides how the tables look: our migrations, and through the lock file those of the libraries."""
    root = Path(settings.BASE_DIR)
    said = hashlib.sha256((root / "uv.lock").read_bytes())
    for path in sorted(root.glob("labeling/*/migrations/*.py")):
        said.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return said.hexdigest()[:16]


def _lead_to(name):
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _run(cursor, statement, *names):
    cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
