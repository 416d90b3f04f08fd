"""What becomes of an applicant? People decide, with a reason; the decision stands, and the applicant is told."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.events import telling
from labeling.people import admitting
from labeling.people.models import Cohort
from labeling.screening.models import Attempt, Decision, Outcome

COHORTS = {Outcome.TRAINING: Cohort.TRAINING, Outcome.HELD_OUT: Cohort.HELD_OUT}
LETTERS = {
    Outcome.TRAINING: "admitted",
    Outcome.HELD_OUT: "admitted",
    Outcome.DECLINED: "declined",
    Outcome.WAITING: "waiting",
}


def newest(attempt):
    """Return the decision that counts, or None."""
    return attempt.decisions.first()


@transaction.atomic
def decide(*, attempt, outcome, reason, by):
    """Store the decision, let it take effect, and have the applicant told; return it. Raises ValidationError.

    Who was declined or waits may be admitted later. Who was admitted is suspended or retired instead.
    """
    attempt = Attempt.objects.select_for_update().select_related("test", "applicant").get(pk=attempt.pk)
    if sentence := _why_not(attempt, outcome, reason, by):
        raise ValidationError(sentence)
    if outcome in COHORTS:
        admitting.admit(person=attempt.applicant, cohort=COHORTS[outcome], by=by)
    decision = Decision.objects.create(attempt=attempt, outcome=outcome, reason=reason.strip(), decided_by=by)
    telling.tell(person=attempt.applicant, letter=LETTERS[outcome], test=str(attempt.test))
    return decision


@transaction.atomic
def decide_all(*, attempts, outcome, reason, by):
    """The same of several at once: all of them, or none when one cannot be decided."""
    return [decide(attempt=attempt, outcome=outcome, reason=reason, by=by) for attempt in attempts]


def _why_not(attempt, outcome, reason, by):
    names = {"code": attempt.code}
    if outcome not in Outcome.values:
        return _("Say what is decided.")
    if not reason.strip():
        return _("Say why: the reason stays with the decision.")
    if attempt.handed_in_at is None:
        return _("%(code)s has not been handed in, so there is nothing to decide yet.") % names
    if attempt.applicant_id == by.pk:
        return _("Nobody decides about themselves.")
    before = newest(attempt)
    if before and before.outcome in COHORTS:
        return _("%(code)s has been admitted. From now on they are suspended or retired, under People.") % names
    return None
