"""Who may make an account by themselves, and how do they hear of it by letter?"""

import smtplib

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.utils.translation import gettext as _

from labeling.people.joining import is_let_in

log = structlog.get_logger(__name__)


class DoorToThoseLetIn(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return is_let_in(request)

    def send_mail(self, template_prefix, email, context):
        """A mail server that is away is no reason to lose what was typed: each of these letters can be had again."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException):
            log.exception("a letter could not be sent", letter=template_prefix)
            sentence = _("The letter could not be sent just now. Please try again in a few minutes.")
            messages.error(self.request, sentence)
