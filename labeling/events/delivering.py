"""Which letters wait, and what became of those that were sent?"""

import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from labeling.events.models import Mail, MailState

# Seconds until the next try; after the last one, a person has to look.
PAUSES = (60, 300, 1_800, 7_200, 21_600, 86_400)
LEASE = timedelta(minutes=5)  # for one try, so that two workers never send one letter


def deliver(*, mail_id):
    """Send one letter if it waits and its time has come. Return True if this call sent it."""
    now = timezone.now()
    taken = Mail.objects.filter(pk=mail_id, state=MailState.WAITING, not_before__lte=now).update(
        not_before=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return False
    mail = Mail.objects.select_related("to").get(pk=mail_id)
    try:
        worded(mail).send()
    except (OSError, smtplib.SMTPException) as error:
        _put_back(mail, f"{type(error).__name__}: {error}")
        return False
    Mail.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=timezone.now(), error="")
    return True


def deliver_waiting():
    """Send every letter whose time has come; return how many."""
    waiting = Mail.objects.filter(state=MailState.WAITING, not_before__lte=timezone.now())
    return sum(deliver(mail_id=pk) for pk in waiting.order_by("created_at").values_list("pk", flat=True))


def send_again(*, mail):
    """Let a letter that failed wait for its turn again."""
    failed = Mail.objects.filter(pk=mail.pk, state=MailState.FAILED)
    return bool(failed.update(state=MailState.WAITING, attempts=0, not_before=timezone.now(), error=""))


def worded(mail):
    """Return the letter in its reader's language: the first line of its template is the subject."""
    with translation.override(mail.to.locale or settings.LANGUAGE_CODE):
        facts = mail.facts | {"name": mail.to.name, "site": settings.SITE_URL}
        subject, _blank, body = render_to_string(f"mails/{mail.letter}.txt", facts).strip().partition("\n")
    return EmailMessage(subject.strip(), body.strip() + "\n", to=[mail.to.email])


def _put_back(mail, error):
    is_over = mail.attempts > len(PAUSES)
    pause = timedelta(seconds=PAUSES[min(mail.attempts, len(PAUSES)) - 1])
    Mail.objects.filter(pk=mail.pk).update(
        state=MailState.FAILED if is_over else MailState.WAITING, not_before=timezone.now() + pause, error=error[:300]
    )
