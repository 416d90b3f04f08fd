"""Which letters wait, and what became of those that were sent?"""

import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from labeling.events.models import Mail, MailState
from labeling.people import inviting

# Seconds until the next try; after the last one, a person has to look.
PAUSES = (60, 300, 1_800, 7_200, 21_600, 86_400)
LEASE = timedelta(minutes=5)  # for one try, so that two workers never send one letter
LONGEST_ERROR = Mail._meta.get_field("error").max_length


def deliver(*, mail_id):
    """Send one letter if it waits and its time has come. Return True if this call sent it.

    Its time is moved on before it is sent, by one statement: of two workers that race, one finds it waiting.
    """
    now = timezone.now()
    taken = Mail.objects.filter(pk=mail_id, state=MailState.WAITING, not_before__lte=now).update(
        not_before=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return False
    mail = Mail.objects.select_related("to", "invitation").get(pk=mail_id)
    if mail.invitation and (turned_away := inviting.why_not(mail.invitation)):
        # Nobody is asked to follow a link that leads nowhere any more.
        _waiting(mail).update(state=MailState.FAILED, error=turned_away)
        return False
    try:
        worded(mail).send()
    except (OSError, UnicodeError) as error:  # smtplib's own exceptions among them
        _put_back(mail, error)
        return False
    _waiting(mail).update(state=MailState.SENT, sent_at=timezone.now(), error="")
    return True


def deliver_waiting():
    """Send every letter whose time has come; return how many were sent."""
    waiting = Mail.objects.filter(state=MailState.WAITING, not_before__lte=timezone.now())
    return sum(deliver(mail_id=pk) for pk in waiting.order_by("created_at").values_list("pk", flat=True))


def send_again(*, mail):
    """Let a letter that failed wait for its turn again; return whether it had."""
    failed = Mail.objects.filter(pk=mail.pk, state=MailState.FAILED)
    return bool(failed.update(state=MailState.WAITING, attempts=0, not_before=timezone.now(), error=""))


def worded(mail):
    """Return the letter in its reader's language: the first line of its template is the subject."""
    reader = mail.reader
    with translation.override(reader.locale or settings.LANGUAGE_CODE):
        facts = mail.facts | {"name": reader.name, "email": reader.email, "site": settings.SITE_URL}
        subject, _newline, body = render_to_string(f"mails/{mail.letter}.txt", facts).strip().partition("\n")
    return EmailMessage(subject.strip(), body.strip() + "\n", to=[reader.email])


def _put_back(mail, error):
    """Try again after a while that grows; not after the last pause, nor when the mail server has said no for good."""
    is_over = mail.attempts > len(PAUSES) or _is_final(error)
    pause = timedelta(seconds=PAUSES[min(mail.attempts, len(PAUSES)) - 1])
    _waiting(mail).update(
        state=MailState.FAILED if is_over else MailState.WAITING,
        not_before=timezone.now() + pause,
        error=_said(error)[:LONGEST_ERROR],
    )


def _waiting(mail):
    return Mail.objects.filter(pk=mail.pk, state=MailState.WAITING)


def _is_final(error):
    """Replies from 500 on are permanent (RFC 5321, 4.2.1); but that we may not sign in is ours to repair."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False
    codes = [code for code, _said in _replies(error)]
    return bool(codes) and all(code >= 500 for code in codes)


def _replies(error):
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return list(error.recipients.values())
    return [(error.smtp_code, error.smtp_error)] if isinstance(error, smtplib.SMTPResponseException) else []


def _said(error):
    replies = [
        f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}" for code, said in _replies(error)
    ]
    return "; ".join(replies) or f"{type(error).__name__}: {error}"
