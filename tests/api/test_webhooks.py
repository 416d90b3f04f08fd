"""Webhooks over REST."""

import pytest
from django.urls import reverse

from labeling.api.models import KeptAnswer
from labeling.events import announcing, posting
from labeling.events.models import Event, WebhookEndpoint
from labeling.events.webhooks import register, secrets_of
from tests.events.receiver import receiver  # noqa: F401

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/webhooks/"
NEW = {"url": "https://hooks.example/attune", "events": ["dataset.frozen"], "description": "Training"}


@pytest.fixture
def engineer(rest, eve):
    return rest(eve)


@pytest.fixture
def hooked(receiver):  # noqa: F811
    endpoint, _secret = register(url=receiver.url, events=Event.values)
    return endpoint


def test_a_webhook_is_registered_and_its_secret_shown_once(engineer, eve):
    made = engineer.post(ADDRESS, NEW)

    endpoint = WebhookEndpoint.objects.get()
    said = made.json()
    assert (made.status_code, {key: said[key] for key in NEW}, said["is_active"]) == (201, NEW, True)
    assert [said["secret"]] == secrets_of(endpoint)
    assert endpoint.created_by == eve
    shown = engineer.get(f"{ADDRESS}{endpoint.pk}/").json()
    assert shown == {key: said[key] for key in said if key != "secret"}
    assert engineer.get(ADDRESS).json()["results"] == [shown]


def test_what_is_kept_for_an_idempotency_key_has_no_secret(engineer):
    first, again = (engineer.post(ADDRESS, NEW, headers={"Idempotency-Key": "one"}).json() for _ in range(2))

    assert first["secret"].startswith("whsec_")
    assert again == first | {"secret": None}
    assert WebhookEndpoint.objects.count() == 1
    assert first["secret"] not in str(KeptAnswer.objects.values_list("body", flat=True))


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"url": "ftp://x"}, "url: The address of a webhook begins with https:// and a host."),
        ({"events": []}, "events: This list may not be empty."),
        ({"events": ["task.lost"]}, 'events.0: "task.lost" is not a valid choice.'),
        ({"secret": "whsec_mine"}, None),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(engineer, said, detail):
    answer = engineer.post(ADDRESS, NEW | said)

    assert answer.status_code == 400
    assert detail is None or answer.json()["detail"] == detail


def test_a_webhook_is_changed_stopped_started_and_removed(engineer, hooked):
    address = f"{ADDRESS}{hooked.pk}/"
    WebhookEndpoint.objects.update(is_active=False, stopped_because="It has taken nothing for 5 days.")

    started = engineer.patch(address, {"is_active": True, "events": ["job.failed"]}).json()
    stopped = engineer.patch(address, {"is_active": False}).json()

    assert (started["is_active"], started["stopped_because"], started["events"]) == (True, "", ["job.failed"])
    assert (stopped["is_active"], stopped["url"]) == (False, hooked.url)
    assert engineer.delete(address).status_code == 204
    assert not WebhookEndpoint.objects.exists()


def test_a_secret_is_changed(engineer, hooked, receiver):  # noqa: F811
    [earlier] = secrets_of(hooked)

    later = engineer.post(f"{ADDRESS}{hooked.pk}/rotate/").json()["secret"]
    engineer.post(f"{ADDRESS}{hooked.pk}/test/")

    [came] = receiver.messages
    assert later != earlier
    assert (came.is_signed_by(later), came.is_signed_by(earlier)) == (True, True)


def test_a_test_message_says_what_was_answered_and_is_sent_once(engineer, hooked, receiver):  # noqa: F811
    receiver.answers = [204, 500]

    good, bad = (engineer.post(f"{ADDRESS}{hooked.pk}/test/").json() for _ in range(2))

    assert (good["state"], good["status"], good["error"], good["event"]) == ("delivered", 204, "", "ping")
    assert (bad["state"], bad["status"], bad["error"]) == ("failed", 500, "It answered 500.")
    assert [came.headers["webhook-id"] for came in receiver.messages] == [good["webhook_id"], bad["webhook_id"]]
    hooked.refresh_from_db()
    assert (hooked.is_active, hooked.failing_since) == (True, None)


def test_what_was_sent_is_listed_newest_first(engineer, hooked):
    first, second = (announcing.announce(Event.JOB_FINISHED, job=n)[0] for n in (1, 2))
    posting.post(message_id=first.pk)
    address = f"{ADDRESS}{hooked.pk}/deliveries/"

    listed = engineer.get(address).json()["results"]
    waiting = engineer.get(f"{address}?state=waiting").json()["results"]

    assert [(row["id"], row["state"], row["payload"]["data"]) for row in listed] == [
        (second.pk, "waiting", {"job": 2}),
        (first.pk, "delivered", {"job": 1}),
    ]
    assert [row["id"] for row in waiting] == [second.pk]
    assert engineer.get(f"{ADDRESS}77/deliveries/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_cost_the_same_whatever_is_in_them(engineer, hooked, rows, django_assert_num_queries):
    for _ in range(rows):
        announcing.announce(Event.JOB_FINISHED, job=1)

    with django_assert_num_queries(4):  # the token, the groups, the webhook, its messages
        assert len(engineer.get(f"{ADDRESS}{hooked.pk}/deliveries/").json()["results"]) == rows


def test_admins_set_webhooks_up_and_send_failed_messages_again(ada, client_of, receiver):  # noqa: F811
    client = client_of(ada)
    add = reverse("admin:events_webhookendpoint_add")

    refused = client.post(add, {"url": "ftp://x", "events": ["job.failed"]})
    made = client.post(add, {"url": receiver.url, "events": ["job.failed"], "is_active": "on"}, follow=True)
    endpoint = WebhookEndpoint.objects.get()
    for action in ("ping", "rotate"):
        page = reverse("admin:events_webhookendpoint_changelist")
        client.post(page, {"action": action, "_selected_action": [endpoint.pk]})

    assert "begins with https:// and a host" in refused.text
    assert "shown this once: whsec_" in made.text
    assert [came.type for came in receiver.messages] == ["ping"]
    later, earlier = secrets_of(WebhookEndpoint.objects.get())
    assert earlier in made.text.replace("&#x2B;", "+").replace("&#x3D;", "=")
    assert later != earlier

    [failed] = announcing.announce(Event.JOB_FAILED, job=1)
    type(failed).objects.filter(pk=failed.pk).update(state="failed")
    page = reverse("admin:events_webhookdelivery_changelist")
    client.post(page, {"action": "send_again", "_selected_action": [failed.pk]})
    assert posting.due() == [failed.pk]


def test_researchers_see_no_webhooks_in_the_admin(rita, client_of, hooked):
    assert client_of(rita).get(reverse("admin:events_webhookendpoint_changelist")).status_code == 403
