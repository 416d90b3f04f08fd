"""What does the queue ask of Celery?"""

from celery import shared_task

from labeling.work import queue


@shared_task
def expire_leases():
    """Free the seats of sheets whose lease has passed, a thousand at a time."""
    while queue.expire_due():
        pass
