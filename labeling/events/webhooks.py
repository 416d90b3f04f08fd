"""Which endpoints are there, and how do they come to be? Registering, changing the secret, starting again."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.events.models import WebhookEndpoint
from labeling.events.signing import new_secret
from labeling.sealing import seal, unseal
from models_api.guard import named

PORTS = {"http": 80, "https": 443}
# For so long the earlier secret signs beside the new one.
BOTH = timedelta(days=1)


def check_url(url):
    """Refuse what can be no receiver's address. Whether it may be called is seen when it is (models_api/guard.py)."""
    try:
        parts = urlsplit(url)
        where = where_of(parts)
        where.encode("idna")
    except ValueError:
        raise ValidationError(_("There is no such host or port.")) from None
    if parts.scheme not in PORTS or not parts.hostname or re.search(r"[\s\x00-\x1f#]", url):
        raise ValidationError(_("The address of a webhook begins with https:// and a host."))
    if "@" in parts.netloc:
        raise ValidationError(_("The address of a webhook has no user name or password in it."))
    if parts.scheme == "http" and where not in settings.WEBHOOK_HOSTS:
        raise ValidationError(
            _("Webhooks go over https://, unless %(where)s is named in the environment variable WEBHOOK_HOSTS.")
            % {"where": where}
        )


def where_of(parts):
    """Return "host:port" of a split URL, as WEBHOOK_HOSTS names it."""
    return named(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))


def register(*, url, events, description="", is_active=True, created_by=None):
    """Return the new endpoint and its secret, which is told this once."""
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        url=url,
        events=sorted(set(events)),
        description=description,
        is_active=is_active,
        sealed_secret=seal(secret),
        created_by=created_by,
    )
    return endpoint, secret


def rotate(*, endpoint):
    """Give the endpoint another secret, and return it. The earlier one signs beside it for a day."""
    secret = new_secret()
    endpoint.sealed_earlier_secret, endpoint.sealed_secret = endpoint.sealed_secret, seal(secret)
    endpoint.rotated_at = timezone.now()
    endpoint.save(update_fields=["sealed_secret", "sealed_earlier_secret", "rotated_at"])
    return secret


def started_again(endpoint):
    """Forget, on a row that is to be saved, why it was stopped: somebody has made it active again."""
    if endpoint.is_active:
        endpoint.stopped_because, endpoint.failing_since = "", None
    return endpoint


def secrets_of(endpoint):
    """Return the secrets that sign now, the newest first. Raises sealing.CannotOpen."""
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_earlier_secret and timezone.now() - endpoint.rotated_at < BOTH:
        sealed.append(endpoint.sealed_earlier_secret)
    return [unseal(one) for one in sealed]
