"""What do workers do here? Send what waits to be told."""

from celery import shared_task
from django.conf import settings

from labeling.events import delivering, posting


@shared_task
def deliver(mail_id):
    delivering.deliver(mail_id=mail_id)


@shared_task
def deliver_waiting():
    delivering.deliver_waiting()


@shared_task
def post(message_id):
    posting.post(message_id=message_id)


@shared_task
def post_due():
    # The next sweep asks again for what is not sent by then: none pile up behind a receiver that is slow.
    for message_id in posting.due():
        post.apply_async((message_id,), expires=settings.SWEEP_SECONDS)


@shared_task
def forget_messages():
    posting.forget()
