"""Which messages wait for their receivers, and what became of those that were sent?

Pauses and meanings of answers follow Standard Webhooks: any 2xx is a yes, 410 means that nobody wants them any more.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlsplit

import httpcore2
import orjson
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from labeling.events.announcing import PING
from labeling.events.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from labeling.events.signing import signature
from labeling.events.webhooks import secrets_of, where_of
from labeling.sealing import CannotOpen
from models_api.blame import broken, retry_after
from models_api.endpoint import Cause, EndpointError
from models_api.guard import Guard
from models_api.wire import IN_URLS, trusting

# Seconds until the next try; after the last one, a person has to look.
PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
# An endpoint that has taken nothing for so long is left alone.
PATIENCE = timedelta(days=5)
KEPT = timedelta(days=30)
SECONDS = 15  # for one try
LEASE = timedelta(minutes=1)  # for one try, so that two workers never send one message
AT_ONCE = 500
GONE = 410
LONGEST_ERROR = WebhookDelivery._meta.get_field("error").max_length


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try: a status, or none and a sentence; and for how many seconds the receiver wants peace."""

    status: int | None
    error: str = ""
    wait: float = 0

    @property
    def is_yes(self):
        return self.status is not None and 200 <= self.status < 300


def due():
    """Return the ids of the messages whose time has come: all, but only one of an endpoint that is failing."""
    waiting = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, next_try_at__lte=timezone.now(), endpoint__is_active=True
    )
    failing = waiting.filter(endpoint__failing_since__isnull=False)
    first = failing.order_by("endpoint_id", "created_at").distinct("endpoint_id").values_list("pk", flat=True)
    others = waiting.filter(endpoint__failing_since__isnull=True).order_by("next_try_at")
    return [*first, *others.values_list("pk", flat=True)[:AT_ONCE]]


def post(*, message_id):
    """Send one message if it waits and its time has come. Return True if it was taken."""
    if not _leased(message_id):
        return False
    message = WebhookDelivery.objects.select_related("endpoint").filter(pk=message_id).first()
    if message is None:
        return False  # its endpoint has been removed this very moment
    answer = _answer(message)
    if answer.is_yes:
        return _taken(message, answer.status)
    _put_back(message, answer)
    return False


def send_again(*, message):
    """Let a message that failed wait for its turn again; return whether it had."""
    failed = WebhookDelivery.objects.filter(pk=message.pk, state=DeliveryState.FAILED)
    return bool(failed.update(state=DeliveryState.WAITING, attempts=0, next_try_at=timezone.now(), error=""))


def forget():
    """Delete what was over a month ago, and what has waited so long for an endpoint that is stopped."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT)
    old.filter(~Q(state=DeliveryState.WAITING) | Q(endpoint__is_active=False)).delete()


def _leased(message_id):
    """Move a message's time on before it is sent, if it has come. Of workers that race, one is told so.

    Each condition stands on the row itself, so that PostgreSQL checks it anew when it has waited for another worker.
    A join would become a subquery, of which it remembers the outcome: the message would be everybody's.
    """
    now = timezone.now()
    wanted = Q(endpoint__in=WebhookEndpoint.objects.filter(is_active=True)) | Q(event=PING)
    due = WebhookDelivery.objects.filter(wanted, pk=message_id, state=DeliveryState.WAITING, next_try_at__lte=now)
    return bool(due.update(next_try_at=now + LEASE, attempts=F("attempts") + 1))


def _answer(message):
    body, endpoint = orjson.dumps(message.payload), message.endpoint
    id, timestamp = message.webhook_id, int(timezone.now().timestamp())
    try:
        signed = [signature(one, id=id, timestamp=timestamp, body=body) for one in secrets_of(endpoint)]
        headers = {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": " ".join(signed)}
        return asyncio.run(_posted(endpoint.url, headers, body))
    except (EndpointError, CannotOpen) as error:
        return Answer(None, str(error))


async def _posted(url, headers, body):
    """Return the answer, of which no body is read; redirects are not followed."""
    parts = urlsplit(url)
    where, host = where_of(parts), parts.hostname.encode("idna")
    secure = parts.scheme == "https"
    said = {"host": parts.netloc, "user-agent": "attune", "content-type": "application/json", **headers}
    request = httpcore2.Request(
        b"POST",
        httpcore2.URL(scheme=parts.scheme.encode(), host=host, port=parts.port, target=_target(parts)),
        headers=[(name.encode(), value.encode()) for name, value in said.items()]
        + [(b"content-length", str(len(body)).encode())],
        content=body,
    )
    connection = httpcore2.AsyncHTTPConnection(
        origin=httpcore2.Origin(parts.scheme.encode(), host, int(where.rpartition(":")[2])),
        ssl_context=trusting(settings.MODEL_CA_FILE) if secure else None,
        network_backend=Guard(frozenset(settings.WEBHOOK_HOSTS)),
    )
    try:
        async with asyncio.timeout(SECONDS):
            answer = await connection.handle_async_request(request)
    except TimeoutError:
        raise EndpointError(
            f"{where} gave no answer within {SECONDS} seconds.", cause=Cause.TIMEOUT, permanent=False
        ) from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
        raise broken(where, error, answering=False) from error
    except EndpointError as error:
        raise _in_our_words(where, error) from error
    finally:
        await connection.aclose()
    wait = retry_after({name.lower(): value for name, value in answer.headers}) or 0
    return Answer(answer.status, wait=wait)


def _target(parts):
    query = f"?{quote(parts.query, safe=IN_URLS)}" if parts.query else ""
    return (quote(parts.path or "/", safe=IN_URLS) + query).encode()


def _in_our_words(where, error):
    if error.cause != Cause.FORBIDDEN:
        return error
    sentence = (
        f"{where} is not a public address, so nothing is sent there. "
        f"If a receiver of yours is there, add {where} to the environment variable WEBHOOK_HOSTS."
    )
    return EndpointError(sentence, cause=Cause.FORBIDDEN, permanent=True)


def _taken(message, status):
    _waiting(message).update(state=DeliveryState.DELIVERED, delivered_at=timezone.now(), status=status, error="")
    recovered = WebhookEndpoint.objects.filter(pk=message.endpoint_id, failing_since__isnull=False)
    if recovered.update(failing_since=None):
        _others_of(message).filter(attempts=0).update(next_try_at=timezone.now())
    return True


def _put_back(message, answer):
    """Try again after a while that grows, and not before the receiver wants it (Retry-After).

    What else waits for this endpoint waits as long, lest it clog the queue.
    """
    is_over = message.attempts > len(PAUSES) or answer.status == GONE or message.event == PING
    pause = PAUSES[min(message.attempts, len(PAUSES)) - 1]
    again_at = timezone.now() + timedelta(seconds=max(pause, min(answer.wait, PAUSES[-1])))
    # Who was so slow that another worker has taken it since has nothing to say any more.
    _waiting(message).filter(attempts=message.attempts).update(
        state=DeliveryState.FAILED if is_over else DeliveryState.WAITING,
        next_try_at=again_at,
        status=answer.status,
        error=answer.error[:LONGEST_ERROR] or f"It answered {answer.status}.",
    )
    if message.event != PING:
        _others_of(message).filter(next_try_at__lt=again_at).update(next_try_at=again_at)
        _blame(message.endpoint, answer.status)


def _blame(endpoint, status):
    """Note since when it fails; stop what is gone, and what has failed for days."""
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True)
    mine.filter(failing_since__isnull=True).update(failing_since=timezone.now())
    if status == GONE:
        mine.update(is_active=False, stopped_because="It answered 410: nobody wants these messages any more.")
    mine.filter(failing_since__lt=timezone.now() - PATIENCE).update(
        is_active=False, stopped_because=f"It has taken nothing for {PATIENCE.days} days."
    )


def _waiting(message):
    return WebhookDelivery.objects.filter(pk=message.pk, state=DeliveryState.WAITING)


def _others_of(message):
    return WebhookDelivery.objects.filter(endpoint=message.endpoint_id, state=DeliveryState.WAITING).exclude(
        pk=message.pk
    )
