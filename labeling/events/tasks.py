"""What do workers do here? Send what waits to be told."""

from celery import shared_task

from labeling.events import delivering


@shared_task
def deliver(mail_id):
    delivering.deliver(mail_id=mail_id)


@shared_task
def deliver_waiting():
    delivering.deliver_waiting()
