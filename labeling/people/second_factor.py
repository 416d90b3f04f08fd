"""Who shows a second factor, a code from an app, when they sign in? Whoever has set one up; staff have to, where
REQUIRE_SECOND_FACTOR_FOR_STAFF says so."""

from io import BytesIO

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from qrcode.image.svg import SvgPathFillImage

from labeling.sealing import seal, unseal

# What is open before the factor is set up: signing in and out, setting it up, the language.
ALLOWED = (reverse_lazy("account_login"), reverse_lazy("account_logout"), reverse_lazy("set_language"))
PLACES = ("mfa_index", "account_reauthenticate")


class Sealed(DefaultMFAAdapter):
    """Secrets of apps are encrypted as the keys of models are."""

    def encrypt(self, text):
        return seal(text)

    def decrypt(self, encrypted_text):
        return unseal(encrypted_text)

    def get_totp_issuer(self):
        return "Attune"

    def build_totp_svg(self, url):
        """On white, so that it can be read in the dark."""
        drawn = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(drawn)
        return drawn.getvalue().decode()

    def can_delete_authenticator(self, authenticator):
        return not is_required_of(authenticator.user)


def has_one(person):
    return is_mfa_enabled(person, [Authenticator.Type.TOTP])


def is_required_of(person):
    return settings.REQUIRE_SECOND_FACTOR_FOR_STAFF and person.is_authenticated and person.is_staff


def asked_first(get_response):
    """Staff who have to set a factor up find nothing else open until they have."""

    def middleware(request):
        if not is_required_of(request.user) or _is_allowed(request.path) or has_one(request.user):
            return get_response(request)
        sentence = _("Set up a second factor first: people who run the platform sign in with one.")
        address = reverse("mfa_activate_totp")
        if request.path.startswith("/api/"):
            problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": sentence}
            return JsonResponse(problem, status=403, content_type="application/problem+json")
        if request.htmx:
            return HttpResponseClientRedirect(address)
        messages.warning(request, sentence)
        return redirect(address)

    return middleware


def _is_allowed(path):
    return path in map(str, ALLOWED) or path.startswith(tuple(map(reverse, PLACES)))
