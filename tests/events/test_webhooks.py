"""Does every event reach whoever asked for it, signed, and once, however often the receiver is away?"""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from labeling.candidates import importing
from labeling.events import announcing, posting, signing, webhooks
from labeling.events.models import DeliveryState, Event, WebhookDelivery, WebhookEndpoint
from tests.celery_worker import own_broker, until, worker  # noqa: F401
from tests.factories import ProjectFactory, TaskFactory
from tests.factories.labels import assign
from tests.work.test_many_hands import is_somebody_waiting_for_us

pytestmark = pytest.mark.django_db
FROZEN = {"dataset": 7, "rows": 12}


@pytest.fixture
def hooked(receiver, db):
    """An endpoint that hears of everything, and its secret."""
    return webhooks.register(url=receiver.url, events=Event.values)


@pytest.fixture
def message(hooked):
    [made] = announcing.announce(Event.DATASET_FROZEN, **FROZEN)
    return made


def as_if_the_pause_were_over(message):
    WebhookDelivery.objects.filter(pk=message.pk).update(next_try_at=timezone.now() - timedelta(seconds=1))
    taken = posting.post(message_id=message.pk)
    message.refresh_from_db()
    return taken


def test_the_signature_is_that_of_the_standards_own_example():
    signed = signing.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_gets_it_signed_with_the_standards_three_headers(hooked, message, receiver):
    began = int(timezone.now().timestamp())

    assert posting.post(message_id=message.pk)

    [came] = receiver.messages
    assert (came.path, came.headers["content-type"], came.headers["host"]) == (
        "/hook?of=attune", "application/json", receiver.host,
    )  # fmt: skip
    assert came.headers["webhook-id"] == f"msg_{message.key.hex}"
    assert 0 <= int(came.headers["webhook-timestamp"]) - began <= 30
    assert came.is_signed_by(hooked[1])
    assert not came.is_signed_by(signing.new_secret())
    assert (came.json["type"], came.json["data"], sorted(came.json)) == (
        "dataset.frozen", FROZEN, ["data", "timestamp", "type"],
    )  # fmt: skip


def test_what_was_taken_is_not_sent_again(message, receiver):
    assert [posting.post(message_id=message.pk) for _ in range(2)] == [True, False]

    message.refresh_from_db()
    assert (message.state, message.status, message.attempts, message.error) == ("delivered", 204, 1, "")
    assert not as_if_the_pause_were_over(message)
    assert len(receiver.messages) == 1


def test_after_an_error_it_is_sent_again_as_the_same_message(message, receiver):
    receiver.answers = [500, 204]

    first, second = posting.post(message_id=message.pk), as_if_the_pause_were_over(message)

    assert (first, second, message.state) == (False, True, DeliveryState.DELIVERED)
    one, again = receiver.messages
    assert (one.headers["webhook-id"], one.body) == (again.headers["webhook-id"], again.body)


def test_pauses_grow_until_it_has_failed_and_somebody_sends_it_again(message, receiver):
    receiver.answers = [503]
    for pause in posting.PAUSES:
        before = timezone.now()
        as_if_the_pause_were_over(message)
        assert before <= message.next_try_at - timedelta(seconds=pause) <= timezone.now()
    state_before_the_last = message.state
    as_if_the_pause_were_over(message)

    assert state_before_the_last == DeliveryState.WAITING
    assert (message.state, message.status, message.error) == (DeliveryState.FAILED, 503, "It answered 503.")
    receiver.answers = [200]
    assert posting.send_again(message=message)
    assert posting.post(message_id=message.pk)


@pytest.mark.parametrize(("wait", "pause"), [("1", 5), ("600", 600), ("9999999", 86_400), ("soon", 5)])
def test_a_receiver_that_says_when_to_come_again_is_left_alone_until_then(message, receiver, wait, pause):
    receiver.answers, receiver.headers = [429], {"Retry-After": wait}

    before = timezone.now()
    posting.post(message_id=message.pk)

    message.refresh_from_db()
    assert (message.state, message.status) == (DeliveryState.WAITING, 429)
    assert before <= message.next_try_at - timedelta(seconds=pause) <= timezone.now()


@pytest.mark.parametrize(("status", "error"), [(301, "It answered 301."), (404, "It answered 404.")])
def test_only_a_2xx_is_a_yes_and_redirects_are_not_followed(message, receiver, status, error):
    receiver.answers = [status]

    assert not posting.post(message_id=message.pk)

    message.refresh_from_db()
    assert (message.state, message.status, message.error, len(receiver.messages)) == ("waiting", status, error, 1)


def test_whoever_answers_410_is_sent_nothing_more(message, receiver):
    receiver.answers = [410]

    posting.post(message_id=message.pk)

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_active, endpoint.stopped_because[:16]) == (False, "It answered 410:")
    assert announcing.announce(Event.DATASET_FROZEN) == []
    endpoint.is_active = True
    webhooks.started_again(endpoint).save()
    assert len(announcing.announce(Event.DATASET_FROZEN)) == 1


def test_an_endpoint_that_takes_nothing_for_days_is_stopped(message, receiver):
    receiver.answers = [500]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        posting.post(message_id=message.pk)
        active_then = WebhookEndpoint.objects.get().is_active
        clock.shift(posting.PATIENCE + timedelta(seconds=1))
        posting.post(message_id=message.pk)

    endpoint = WebhookEndpoint.objects.get()
    assert (active_then, endpoint.is_active) == (True, False)
    assert endpoint.stopped_because == "It has taken nothing for 5 days."
    assert posting.due() == []


def test_one_message_at_a_time_tries_a_failing_endpoint_and_the_others_follow_when_it_is_back(hooked, receiver):
    messages = [announcing.announce(Event.JOB_FINISHED, job=n)[0] for n in range(3)]
    receiver.answers = [500]
    posting.post(message_id=messages[0].pk)
    tried_at_once = posting.due()
    WebhookDelivery.objects.update(next_try_at=timezone.now())
    tried_later = posting.due()
    receiver.answers = [204]

    assert (tried_at_once, tried_later) == ([], [messages[0].pk])
    assert posting.post(message_id=messages[0].pk)
    assert posting.due() == [messages[1].pk, messages[2].pk]


def test_the_earlier_secret_signs_beside_the_new_one_for_a_day(hooked, receiver):
    endpoint, earlier = hooked
    later = webhooks.rotate(endpoint=endpoint)
    posting.post(message_id=announcing.ping(endpoint=endpoint).pk)
    with time_machine.travel(timezone.now() + webhooks.BOTH):
        posting.post(message_id=announcing.ping(endpoint=endpoint).pk)

    both, one = receiver.messages
    assert (both.is_signed_by(earlier), both.is_signed_by(later)) == (True, True)
    assert (one.is_signed_by(earlier), one.is_signed_by(later)) == (False, True)


def test_a_secret_is_not_in_the_database(hooked):
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM events_webhookendpoint e")
        [[row]] = cursor.fetchall()

    assert hooked[1] not in row
    assert hooked[1].removeprefix("whsec_") not in row


def test_nothing_is_sent_into_the_houses_own_network(message, receiver, settings):
    settings.WEBHOOK_HOSTS = []

    assert not posting.post(message_id=message.pk)

    message.refresh_from_db()
    assert receiver.messages == []
    assert message.error == (
        f"{receiver.host} is not a public address, so nothing is sent there. "
        f"If a receiver of yours is there, add {receiver.host} to the environment variable WEBHOOK_HOSTS."
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://hooks.example/", "The address of a webhook begins with https:// and a host."),
        ("https://", "The address of a webhook begins with https:// and a host."),
        ("https://hooks.example/a b", "The address of a webhook begins with https:// and a host."),
        ("https://me:secret@hooks.example/", "The address of a webhook has no user name or password in it."),
        ("https://hooks.example:99999/", "There is no such host or port."),
        (
            "http://hooks.example/",
            "Webhooks go over https://, unless hooks.example:80 is named in the environment variable WEBHOOK_HOSTS.",
        ),
    ],
)
def test_what_can_be_no_address_of_a_receiver_is_refused(url, sentence):
    with pytest.raises(ValidationError) as refusal:
        webhooks.check_url(url)

    assert refusal.value.messages == [sentence]


def test_nobody_listening_is_an_error_like_another(message, receiver):
    receiver.shutdown()
    receiver.server_close()

    assert not posting.post(message_id=message.pk)

    message.refresh_from_db()
    assert (message.state, message.status) == (DeliveryState.WAITING, None)
    assert message.error.startswith(f"{receiver.host} cannot be reached")


def test_only_what_was_asked_for_is_told(receiver):
    wanting, _secret = webhooks.register(url=receiver.url, events=[Event.JOB_FAILED])
    webhooks.register(url=receiver.url, events=[Event.JOB_FAILED], is_active=False)

    told = [*announcing.announce(Event.JOB_FINISHED, job=1), *announcing.announce(Event.JOB_FAILED, job=2)]

    assert [(message.endpoint, message.payload["data"]) for message in told] == [(wanting, {"job": 2})]


def test_an_endpoint_hears_of_something(receiver):
    with pytest.raises(IntegrityError, match="webhook_hears_of_something"):
        webhooks.register(url=receiver.url, events=[])


def test_what_did_not_happen_is_not_told(hooked):
    with transaction.atomic():
        announcing.announce(Event.DATASET_FROZEN, **FROZEN)
        transaction.set_rollback(True)

    assert not WebhookDelivery.objects.exists()


def test_a_task_is_told_when_the_last_person_it_wants_has_submitted(hooked, ann, bob, judge):
    task = TaskFactory(project=ProjectFactory(overlap=2))

    def told():
        return list(WebhookDelivery.objects.values_list("event", "payload__data"))

    sheets = [assign(task, person, state="open") for person in (judge, ann, bob)]
    after = []
    for sheet in sheets:
        sheet.state, sheet.closed_at = "submitted", timezone.now()
        sheet.save()
        after.append(len(told()))

    assert after == [0, 0, 1]
    facts = {"task": task.pk, "project": task.project_id, "prompt": task.prompt_id, "labels": 2}
    assert told() == [("task.completed", facts)]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_submit_the_last_labels_at_one_moment_one_tells_it(hooked, ann, bob):
    task = TaskFactory(project=ProjectFactory(overlap=2))
    sheets = [assign(task, person, state="open") for person in (ann, bob)]
    start = threading.Barrier(2)

    def submit(sheet):
        with transaction.atomic():
            start.wait()
            type(sheet).objects.filter(pk=sheet.pk).update(state="submitted", closed_at=timezone.now())
        connection.close()

    threads = [threading.Thread(target=submit, args=[sheet]) for sheet in sheets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [message.payload["data"]["labels"] for message in WebhookDelivery.objects.all()] == [2]


def test_an_import_tells_its_end(hooked, rita):
    from django.core.files.uploadedfile import SimpleUploadedFile

    for name, content in (("good.jsonl", b'{"prompt": "Name a river."}\n'), ("gone.jsonl", b'{"prompt": "x"}\n')):
        job = importing.request_import(
            file=SimpleUploadedFile(name, content), filename=name, source_name=name, mapping={}, requested_by=rita
        )
        if name == "gone.jsonl":
            job.file.storage.delete(job.file.name)
        importing.run_import(import_id=job.pk)

    told = WebhookDelivery.objects.order_by("pk").values_list("event", "payload__data__kind", "payload__data__error")
    assert list(told) == [
        ("job.finished", "import", ""),
        ("job.failed", "import", "The file is no longer there. Import it anew."),
    ]


def test_what_was_over_a_month_ago_is_forgotten(message):
    posting.post(message_id=message.pk)
    waiting = announcing.announce(Event.DATASET_FROZEN)[0]
    WebhookDelivery.objects.update(created_at=timezone.now() - posting.KEPT - timedelta(days=1))

    posting.forget()

    assert list(WebhookDelivery.objects.all()) == [waiting]
    WebhookEndpoint.objects.update(is_active=False)
    posting.forget()
    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_race_one_sends_it(message, receiver):
    start, taken = threading.Barrier(8), []

    def race():
        start.wait()
        taken.append(posting.post(message_id=message.pk))
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sorted(taken), len(receiver.messages)) == ([False] * 7 + [True], 1)


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_another_worker_to_lease_a_message_looks_at_it_anew(message, receiver):
    taken = []

    def come_late():
        taken.append(posting.post(message_id=message.pk))
        connection.close()

    late = threading.Thread(target=come_late)
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk=message.pk).update(next_try_at=timezone.now() + posting.LEASE)
        late.start()
        until(is_somebody_waiting_for_us)
    late.join()

    assert (taken, receiver.messages) == ([False], [])


@pytest.mark.django_db(transaction=True)
def test_a_try_that_outlasts_its_lease_puts_nothing_back(message, receiver):
    def somebody_takes_it_over():
        WebhookDelivery.objects.update(attempts=2, next_try_at=timezone.now() + posting.LEASE)
        connection.close()

    receiver.answers, receiver.meanwhile = [500], somebody_takes_it_over

    assert not posting.post(message_id=message.pk)

    message.refresh_from_db()
    assert (message.attempts, message.status, message.error) == (2, None, "")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_it_and_the_sweep_sends_what_is_due_again(hooked, receiver, worker):  # noqa: F811
    from labeling.events import tasks

    receiver.answers = [500, 204]
    with transaction.atomic():
        announcing.announce(Event.DATASET_FROZEN, **FROZEN)
        told_before_the_commit = len(receiver.messages)
    until(lambda: WebhookDelivery.objects.get().status == 500)
    WebhookDelivery.objects.update(next_try_at=timezone.now())
    tasks.post_due.delay()

    until(lambda: WebhookDelivery.objects.get().state == DeliveryState.DELIVERED)
    assert told_before_the_commit == 0
    assert [came.is_signed_by(hooked[1]) for came in receiver.messages] == [True, True]
