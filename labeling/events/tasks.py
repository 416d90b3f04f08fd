"""What do workers do here? Send what waits to be told."""

from celery import shared_task

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
    for message_id in posting.due():
        post.delay(message_id)


@shared_task
def forget_messages():
    posting.forget()
