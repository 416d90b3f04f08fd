"""Who may make an account by themselves, and how do they hear of it by letter?"""

import smtplib
import time

import structlog
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from labeling.people.joining import is_let_in

log = structlog.get_logger(__name__)


class DoorToThoseLetIn(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return is_let_in(request)

    def is_reauthentication_required(self, *, app, **kwargs):
        """Whoever has just signed in is not asked for their password again."""
        signed_in = get_authentication_records(self.request, self.request.user)
        is_new = bool(signed_in) and time.time() - signed_in[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        return not is_new and super().is_reauthentication_required(app=app, **kwargs)

    def get_email_confirmation_url(self, request, emailconfirmation):
        """In another browser, too, the link leads back to what the account was made for."""
        address = super().get_email_confirmation_url(request, emailconfirmation)
        following = get_next_redirect_url(request)
        return f"{address}?{urlencode({'next': following})}" if following else address

    def send_mail(self, template_prefix, email, context):
        """A mail server that is away is no reason to lose what was typed: each of these letters can be had again."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException):
            log.exception("a letter could not be sent", letter=template_prefix)
            sentence = _("The letter could not be sent just now. Please try again in a few minutes.")
            messages.error(self.request, sentence)
