"""What does REST ask of Celery? To forget what nobody will ask for again."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from labeling.api.models import KeptAnswer

# As long as a client may come back with the same Idempotency-Key.
KEPT = timedelta(days=1)


@shared_task
def forget_kept_answers():
    KeptAnswer.objects.filter(kept_at__lt=timezone.now() - KEPT).delete()
