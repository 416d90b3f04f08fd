"""Does the process answer, and could it work if somebody came?"""

from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

SECONDS = 2


@never_cache
@require_safe
def livez(request):
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request):
    missing = [sentence for check in (database, migrations, broker) if (sentence := check())]
    if missing:
        return JsonResponse({"status": "not ready", "missing": missing}, status=503)
    return JsonResponse({"status": "ready"})


def database():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return None


def migrations():
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return "The migrations cannot be looked up."
    waiting = len(on_disk() - applied.keys())
    return f"{waiting} migrations are not applied." if waiting else None


def broker():
    try:
        with redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=SECONDS, socket_timeout=SECONDS
        ) as client:
            client.ping()
    except redis.RedisError:
        return "The broker does not answer."
    return None


@cache
def on_disk():
    """The migrations that this code comes with: they do not change while it runs."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
