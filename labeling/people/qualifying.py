"""What may somebody do beyond what everybody in their cohort may?"""

from django.db import transaction
from django.utils import timezone

from labeling.people.models import Qualified


def grant(*, person, qualification, by, reason="", expires_at=None):
    """Give a qualification, for good or until `expires_at`; one that stands is replaced."""
    with transaction.atomic():
        revoke(person=person, qualification=qualification, by=by)
        return Qualified.objects.create(
            labeler=person, qualification=qualification, granted_by=by, reason=reason, expires_at=expires_at
        )


def revoke(*, person, qualification, by):
    """Take it back; return whether there was one."""
    standing = Qualified.objects.filter(labeler=person, qualification=qualification, revoked_at__isnull=True)
    return bool(standing.update(revoked_at=timezone.now(), revoked_by=by))
