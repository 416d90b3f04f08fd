"""Does every letter reach its reader once, in their language, however often the mail server is away?"""

import re
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from labeling.events import delivering, telling
from labeling.events.models import Mail, MailState
from labeling.people import inviting
from labeling.people.models import Invitation
from tests.celery_worker import own_broker, until, worker  # noqa: F401
from tests.mail_server import body_of, running

HANGUL = re.compile(r"[가-힣]")


@pytest.fixture
def mail(ann):
    return telling.tell(person=ann, letter="handed_in", test="Test A")


def sent_again_later(mail):
    """As if the pause were over."""
    Mail.objects.filter(pk=mail.pk).update(not_before=timezone.now() - timedelta(seconds=1))
    sent = delivering.deliver(mail_id=mail.pk)
    mail.refresh_from_db()
    return sent


@pytest.mark.parametrize("letter", telling.LETTERS)
@pytest.mark.parametrize("locale", ["en", "ko", ""])
def test_a_letter_has_a_subject_a_name_and_a_link_to_the_site(ann, mail_server, letter, locale):
    ann.locale = locale
    ann.save()
    mail = telling.tell(person=ann, letter=letter, test="Test <A>")

    assert delivering.deliver(mail_id=mail.pk)

    [arrived] = mail_server.to("ann@attune.example")
    body = body_of(arrived)
    assert "\n" not in arrived["Subject"]
    assert bool(HANGUL.search(arrived["Subject"])) == bool(HANGUL.search(body)) == (locale == "ko")
    assert "Ann" in body
    assert "“Test <A>”" in body
    assert f"{settings.SITE_URL}/" in body
    assert (arrived.get_content_type(), arrived["From"]) == ("text/plain", settings.DEFAULT_FROM_EMAIL)


def test_a_letter_is_sent_once(mail, mail_server):
    assert [delivering.deliver(mail_id=mail.pk), delivering.deliver(mail_id=mail.pk)] == [True, False]

    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.error) == (MailState.SENT, 1, "")
    assert len(mail_server.letters) == 1


@pytest.mark.django_db
def test_a_letter_for_an_invitation_that_was_withdrawn_meanwhile_is_not_sent(ada, mail_server):
    invitation = Invitation.objects.create(email="new@attune.example", created_by=ada)
    [mail] = telling.invite([(invitation, {"link": "/join/", "test": "", "projects": [], "until": ""})])
    inviting.revoke(invitation=invitation, by=ada)

    assert not delivering.deliver(mail_id=mail.pk)

    mail.refresh_from_db()
    assert (mail.state, mail.error) == (MailState.FAILED, "This invitation has been withdrawn.")
    assert mail_server.letters == []


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_race_one_sends_it(ann, mail_server):
    mail = Mail.objects.create(to=ann, letter="waiting", facts={"test": "Test A"})
    start, sent = threading.Barrier(8), []

    def race():
        start.wait()
        sent.append(delivering.deliver(mail_id=mail.pk))
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(sent) == [False] * 7 + [True]
    assert len(mail_server.letters) == 1


def test_a_mail_server_that_is_away_is_asked_again_after_pauses_that_grow(mail, mail_server):
    mail_server.refuse = "451 Come back later"
    for pause in delivering.PAUSES:
        before = timezone.now()
        assert not sent_again_later(mail)
        assert before <= mail.not_before - timedelta(seconds=pause) <= timezone.now()

    assert (mail.state, mail.error) == (MailState.WAITING, "451 Come back later")


def test_nothing_is_sent_before_its_pause_is_over(mail, mail_server):
    mail_server.refuse = "451 Come back later"
    delivering.deliver(mail_id=mail.pk)
    mail_server.refuse = None

    assert not delivering.deliver(mail_id=mail.pk)
    assert delivering.deliver_waiting() == 0
    assert sent_again_later(mail)


def test_after_the_last_pause_it_has_failed_until_somebody_sends_it_again(mail, mail_server):
    mail_server.refuse = "451 Come back later"
    for _ in range(len(delivering.PAUSES) + 1):
        sent_again_later(mail)
    state_then = mail.state
    mail_server.refuse = None

    assert state_then == MailState.FAILED
    assert not sent_again_later(mail)
    assert delivering.send_again(mail=mail)
    assert delivering.deliver_waiting() == 1


def test_an_address_that_does_not_exist_fails_at_once(mail, mail_server):
    mail_server.refuse = "550 No such user"

    delivering.deliver(mail_id=mail.pk)

    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.error) == (MailState.FAILED, 1, "550 No such user")


def test_nobody_listening_is_an_error_like_another(mail, settings):
    with running() as server:
        port = server.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port

    assert not delivering.deliver(mail_id=mail.pk)

    mail.refresh_from_db()
    assert mail.state == MailState.WAITING
    assert mail.error.startswith("ConnectionRefusedError: ")


def test_what_did_not_happen_is_not_told(ann):
    with transaction.atomic():
        telling.tell(person=ann, letter="admitted", test="Test A")
        transaction.set_rollback(True)

    assert not Mail.objects.exists()


def test_a_letter_that_there_is_not_is_refused(ann):
    with pytest.raises(ValueError, match="There is no letter “love”."):
        telling.tell(person=ann, letter="love")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_it_and_the_sweep_sends_what_a_lost_message_left(ann, mail_server, worker):  # noqa: F811
    from labeling.events import tasks

    telling.tell(person=ann, letter="admitted", test="Test A")
    until(lambda: len(mail_server.letters) == 1)
    Mail.objects.create(to=ann, letter="waiting", facts={"test": "Test A"})
    tasks.deliver_waiting.delay()

    until(lambda: len(mail_server.letters) == 2)
    until(lambda: set(Mail.objects.values_list("state", flat=True)) == {MailState.SENT})


def test_admins_read_letters_and_send_failed_ones_again(ada, ann, client_of, mail_server):
    failed = Mail.objects.create(to=ann, letter="declined", facts={"test": "Test A"}, state="failed", error="550 No")
    page = reverse("admin:events_mail_changelist")

    client_of(ada).post(page, {"action": "send_again", "_selected_action": [str(failed.pk)]})

    assert "About your application" in client_of(ada).get(reverse("admin:events_mail_change", args=[failed.pk])).text
    assert delivering.deliver_waiting() == 1


def test_researchers_read_nobodys_letters(rita, client_of):
    assert client_of(rita).get(reverse("admin:events_mail_changelist")).status_code == 403
