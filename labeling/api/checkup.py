"""What keeps this installation from working? Each check says what it found; `manage.py doctor` prints it."""

import shutil
import smtplib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.core import checks, mail
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.db.models import Q
from django.http.request import validate_host

from labeling import sealing
from labeling.api import health
from labeling.candidates.models import ModelEndpoint
from labeling.celery import app
from labeling.events.models import WebhookEndpoint
from labeling.people.models import Role, User

QUEUES = {app.conf.task_default_queue} | {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
SECONDS = 3  # that workers have to answer
TIGHT = 2**30  # bytes free


@dataclass(frozen=True)
class Finding:
    """`is_well` is None for what may be as it is meant to be."""

    what: str
    is_well: bool | None
    said: str


def findings() -> Iterator[Finding]:
    """Yield a Finding for each thing that is looked at, as soon as it is known."""
    for what, check in CHECKS.items():
        try:
            is_well, said = check()
        except DatabaseError:  # it does not answer, or has no tables yet: other lines say which
            is_well, said = False, "The database cannot say."
        yield Finding(what, is_well, said)


Found = tuple[bool | None, str]


def _configuration() -> Found:
    warnings = [one for one in checks.run_checks(include_deployment_checks=_is_production()) if not one.is_silenced()]
    grave = [one for one in warnings if one.is_serious(checks.WARNING)]
    if grave:
        return False, " ".join(f"{one.msg} ({one.id})" for one in grave)
    return True, f"ATTUNE_ENV is {settings.ENV}"


def _site() -> Found:
    parts = urlsplit(settings.SITE_URL)
    if not validate_host(parts.hostname or "", settings.ALLOWED_HOSTS):
        return False, f"SITE_URL names {parts.hostname}, which is not among ALLOWED_HOSTS: letters lead to a refusal."
    if _is_production() and parts.scheme != "https":
        return False, f"SITE_URL is {settings.SITE_URL}; letters should lead to https://."
    return True, settings.SITE_URL


def _database() -> Found:
    if sentence := health.database():
        return False, sentence
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [version] = cursor.fetchone()
    known = connection.settings_dict
    return True, f"PostgreSQL {version}, {known['NAME']} at {known['HOST'] or 'its socket'}"


def _migrations() -> Found:
    if sentence := health.migrations():
        return False, f"{sentence} Run manage.py migrate."
    return True, f"all {len(health.on_disk())} are applied"


def _broker() -> Found:
    if sentence := health.broker():
        return False, f"{sentence} Nothing goes on in the background."
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        said = client.info("server")
    name = "Valkey" if "valkey_version" in said else "Redis"
    return True, f"{name} {said.get('valkey_version', said['redis_version'])}"


def _workers() -> Found:
    if health.broker():
        return False, "They cannot be asked without the broker."
    answers = app.control.inspect(timeout=SECONDS).active_queues() or {}
    served = {queue["name"] for queues in answers.values() for queue in queues}
    if missing := sorted(QUEUES - served):
        return False, f"Nobody takes from {', '.join(missing)}: start the processes of the Procfile."
    return True, ", ".join(sorted(answers))


def _letters() -> Found:
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with mail.get_connection():
            return True, f"{where} takes them"
    except (OSError, smtplib.SMTPException) as error:
        # A demo sends none that matter: its accounts are there already.
        return False if _is_production() else None, f"{where} takes none: {error}"


def _files() -> Found:
    try:
        with tempfile.TemporaryFile(dir=settings.MEDIA_ROOT):
            free = shutil.disk_usage(settings.MEDIA_ROOT).free
    except OSError as error:
        return False, f"Nothing can be written to ATTUNE_DATA_DIR, {settings.MEDIA_ROOT}: {error.strerror}."
    return None if free < TIGHT else True, f"{settings.MEDIA_ROOT}, {free / 2**30:,.1f} GiB free"


def _datasets() -> Found:
    try:
        storages["datasets"].exists("datasets/")
    except Exception as error:  # every storage has its own
        return False, f"Their storage does not answer: {error}"
    return True, "their storage answers"


def _pages() -> Found:
    if isinstance(staticfiles_storage, ManifestStaticFilesStorage) and not staticfiles_storage.hashed_files:
        return False, "The styles and scripts were not collected: run manage.py collectstatic."
    return True, "styles and scripts are there"


def _secrets() -> Found:
    sealed = [
        *ModelEndpoint.objects.exclude(sealed_key="").values_list("name", "sealed_key"),
        *WebhookEndpoint.objects.values_list("url", "sealed_secret"),
    ]
    closed = [name for name, secret in sealed if not _opens(secret)]
    if closed:
        return False, f"CREDENTIAL_KEYS opens no more the secrets of {', '.join(closed)}: enter them anew."
    return True, f"CREDENTIAL_KEYS opens all {len(sealed)}"


def _opens(sealed: str) -> bool:
    try:
        sealing.unseal(sealed)
    except sealing.CannotOpen:
        return False
    return True


def _people() -> Found:
    can = Q(is_superuser=True) | Q(groups__name=Role.ADMIN)
    admins = User.objects.filter(can, is_active=True).distinct().count()
    if not admins:
        return False, "Nobody is an admin: run manage.py createsuperuser."
    return True, f"{admins} can set things up"


def _is_production() -> bool:
    return settings.ENV == "production"


CHECKS: dict[str, Callable[[], Found]] = {
    "configuration": _configuration,
    "site": _site,
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "workers": _workers,
    "letters": _letters,
    "files": _files,
    "datasets": _datasets,
    "pages": _pages,
    "secrets": _secrets,
    "admins": _people,
}
