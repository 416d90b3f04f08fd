"""How does somebody leave? They ask, may take it back, and an admin carries it out."""

from django.dispatch import Signal
from django.utils import timezone

from labeling.account.models import DeletionRequest

# Sent with `person` in the transaction in which they go, for the rooms that come after this one to clear their tables.
left = Signal()


def waiting(person):
    """Return the request that waits to be carried out, or None."""
    return _waiting(person).first()


def ask(*, person):
    """Note that `person` wants their account deleted; return whether that is new."""
    before = _waiting(person).exists()
    DeletionRequest.objects.bulk_create([DeletionRequest(person=person)], ignore_conflicts=True)
    return not before


def take_back(*, person):
    """Note that they want to stay; return whether they had asked."""
    return bool(_waiting(person).update(taken_back_at=timezone.now()))


def _waiting(person):
    return DeletionRequest.objects.filter(person=person, done_at__isnull=True, taken_back_at__isnull=True)
