"""What may be said of a model when it is registered or changed? The rules that forms and REST share."""

import json
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from models_api.guard import is_public, named

PORTS = {"http": 80, "https": 443}


def check_base_url(url):
    """Refuse what can be no address of a model. Whether it may be called is seen when it is (models_api/guard.py)."""
    try:
        parts = urlsplit(url)
        named(parts.hostname or "", parts.port or 0).encode("idna")
    except ValueError:
        raise ValidationError(_("There is no such host or port.")) from None
    if parts.scheme not in PORTS or not parts.hostname or re.search(r"[\s\x00-\x1f]", url):
        raise ValidationError(_("The address of a model begins with http:// or https:// and a host."))
    if "@" in parts.netloc:
        raise ValidationError(_("The address of a model has no user name or password in it; a key has its own field."))


def check_key(key):
    """Refuse a key that could not be sent. The sentence never repeats it."""
    if not re.fullmatch(r"[!-~]*", key):
        raise ValidationError(
            _("The key has a character that no key has: a blank, a line's end or something not ASCII.")
        )


def check_extra(extra):
    """Refuse what is no JSON object, or has in it what JSON or the database has not: NaN, U+0000, half characters."""
    if not isinstance(extra, dict):
        raise ValidationError(_("This must be a JSON object, such as {“top_k”: 40}."))
    try:
        text = json.dumps(extra, allow_nan=False, ensure_ascii=False)
        text.encode()
    except ValueError:
        text = "\\u0000"
    if "\\u0000" in text:
        raise ValidationError(_("This has a number or a character in it that cannot be stored."))


def check_key_stays(*, endpoint, base_url):
    """A stored key goes only where it was meant to go: who changes the host says the key again, or removes it."""
    if endpoint.has_key and _origin(base_url) != _origin(endpoint.base_url):
        raise ValidationError(
            _("The stored key belongs to another host. Type the key of this one, or have the stored key removed.")
        )


def not_public(url):
    """Return "host:port" of an address that calls will be refused to, as far as that shows without asking; else ""."""
    parts = urlsplit(url)
    if not parts.hostname:
        return ""
    where = named(parts.hostname, parts.port or PORTS[parts.scheme])
    return where if where not in settings.MODEL_HOSTS and _is_private(parts.hostname) else ""


def _is_private(host):
    try:
        return not is_public(ip_address(host))
    except ValueError:  # a name
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))


def _origin(url):
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
