"""Does a labeler work at the moment? Paused, brought back, or retired, always with who said so and why."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.people.models import CohortMembership, Standing


def suspend(*, person, reason, by):
    """Give them no further sheets until they are brought back. What they have open can still be handed in."""
    return _stand(person, Standing.SUSPENDED, reason, by)


def retire(*, person, reason, by):
    """The same for good, as far as anything is: they can be brought back."""
    return _stand(person, Standing.RETIRED, reason, by)


def bring_back(*, person, reason, by):
    """Let them work again."""
    return _stand(person, Standing.ACTIVE, reason, by)


def _stand(person, standing, reason, by):
    """Return whether that changed anything. Raises ValidationError without a reason, or for who is in no cohort."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: it stays in the record.")})
    theirs = CohortMembership.objects.filter(labeler=person)
    changed = theirs.exclude(standing=standing).update(
        standing=standing, standing_reason=reason.strip()[:500], standing_at=timezone.now(), standing_by=by
    )
    if not changed and not theirs.exists():
        raise ValidationError(_("%(person)s is in no cohort.") % {"person": person})
    return bool(changed)
