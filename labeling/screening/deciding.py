"""What becomes of an applicant? People decide, with a reason; the decision stands, and the applicant is told."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.events import telling
from labeling.people import admitting, consenting
from labeling.people.models import Cohort, CohortMembership, Standing
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


def is_final(attempt):
    """Is it decided? Whoever waits is not: they stay behind their code, and their grades may still change."""
    return Attempt.objects.decided().filter(pk=attempt.pk).exists()


@transaction.atomic
def decide(*, attempt, outcome, reason, by):
    """Store the decision, let it take effect, and have the applicant told; return it. Raises ValidationError.

    Who was declined or waits may be admitted later. Who was admitted is suspended or retired instead.
    """
    attempt = Attempt.objects.select_for_update(of=("self",)).select_related("test", "applicant").get(pk=attempt.pk)
    if sentence := _why_not(attempt, outcome, reason, by):
        raise ValidationError(sentence)
    if outcome in COHORTS:
        admitting.admit(person=attempt.applicant, cohort=COHORTS[outcome], by=by)
    decision = Decision.objects.create(attempt=attempt, outcome=outcome, reason=reason.strip(), decided_by=by)
    telling.tell(person=attempt.applicant, letter=LETTERS[outcome], test=str(attempt.test))
    return decision


@transaction.atomic
def decide_all(*, attempts, outcome, reason, by, known=None):
    """The same of several at once: all of them, or none when one cannot be decided.

    `known` is how many decisions `by` knew of; others that came meanwhile are for them to see first.
    """
    ids = [attempt.pk for attempt in attempts]
    in_line = list(Attempt.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))
    if known is not None and Decision.objects.filter(attempt__in=ids).count() != known:
        raise ValidationError(_("Somebody has decided about some of these meanwhile. Look again."))
    return [decide(attempt=attempt, outcome=outcome, reason=reason, by=by) for attempt in in_line]


def _why_not(attempt, outcome, reason, by):
    """Return the sentence that speaks against it, or None."""
    names = {"code": attempt.code}
    if outcome not in Outcome.values:
        return _("Say what is decided.")
    if not reason.strip():
        return _("Say why: the reason stays with the decision.")
    if attempt.handed_in_at is None:
        return _("%(code)s has not been handed in, so there is nothing to decide yet.") % names
    if attempt.applicant_id == by.pk:
        return _("Nobody decides about themselves.")
    return _why_not_after(newest(attempt), outcome, names) or _why_not_admitted(attempt.applicant, outcome, names)


def _why_not_after(before, outcome, names):
    if before and before.outcome in COHORTS:
        return _("%(code)s has been admitted. From now on they are suspended or retired, under People.") % names
    if before and before.outcome == outcome:
        return _("For %(code)s that has been decided already, and they have been told.") % names
    return None


def _why_not_admitted(person, outcome, names):
    if outcome not in COHORTS:
        return None
    if not person.is_active:
        return _("The account behind %(code)s has been closed.") % names
    if consenting.has_withdrawn(person, until=timezone.now()):
        return _("%(code)s has withdrawn their consent: they can be admitted once they agree again.") % names
    if CohortMembership.objects.filter(labeler=person).exclude(standing=Standing.ACTIVE).exists():
        return _("%(code)s has worked here before, and is suspended or retired: bring them back under People.") % names
    return None
