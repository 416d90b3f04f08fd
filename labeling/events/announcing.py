"""How do programs outside hear of an event? By rows in the transaction of the event; a worker sends them.

That a task is complete is announced by the database itself (work/migrations/0011): whoever submits the last
label of a task must not have to ask first whether anybody wants to know.
"""

from functools import partial

from django.db import transaction
from django.utils import timezone

from labeling.events.models import WebhookDelivery, WebhookEndpoint

PING = "ping"


def announce(event, **data):
    """Have every active endpoint that wants `event` (an Event) told of it, with plain values. Return the messages."""
    wanting = WebhookEndpoint.objects.filter(is_active=True, events__contains=[event])
    made = WebhookDelivery.objects.bulk_create(_message(endpoint, event, data) for endpoint in wanting)
    if made:
        # The task imports the sending. A broker that is away costs nothing but time: the sweeper looks again.
        from labeling.events import tasks

        for message in made:
            transaction.on_commit(partial(tasks.post.delay, message.pk), robust=True)
    return made


def ping(*, endpoint):
    """Return a message that says nothing, for whoever sets an endpoint up. It is sent once, by the caller."""
    message = _message(endpoint, PING, {"webhook": endpoint.pk})
    message.save(force_insert=True)
    return message


def _message(endpoint, event, data):
    """`type`, `timestamp` and `data` are Standard Webhooks' own names."""
    payload = {"type": str(event), "timestamp": timezone.now().isoformat(), "data": data}
    return WebhookDelivery(endpoint=endpoint, event=event, payload=payload)
