"""How does somebody leave? They ask, may take it back, and an admin carries it out: a tombstone is left."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.account import scrubbing, taking_out
from labeling.account.models import DeletionRequest
from labeling.labels.models import Label
from labeling.people import consenting
from labeling.people.models import User
from labeling.screening import taking
from labeling.screening.models import Attempt
from labeling.work import queue
from labeling.work.models import Membership

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


@transaction.atomic
def delete(*, person, keep_labels, by):
    """Delete `person` but for a tombstone, and return the DeletionRequest with its outcome.

    Their labels stay under a pseudonym that leads to nobody; unless `keep_labels`, those go that are in no dataset, no
    review and no key. Raises ValidationError.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    _check(person, by)
    taking_out.let_none_be_frozen_meanwhile(person)
    issued = taking_out.issued_with(person)
    _end_work(person)
    kept = Label.objects.standing().filter(assignment__labeler=person)
    told = {} if keep_labels else taking_out.take_out(person)
    outcome = {"labels_kept": kept.count(), **told, "datasets": issued}
    scrubbing.scrub(person, by=by)
    left.send(sender=User, person=person)
    return _done(person, outcome, by)


def _check(person, by):
    if person == by:
        raise ValidationError(_("Another admin has to delete your account."))
    if DeletionRequest.objects.filter(person=person, done_at__isnull=False).exists():
        raise ValidationError(_("This account has been deleted already."))


def _end_work(person):
    """They hold no sheet, take no test, and agree to nothing any more."""
    for attempt in Attempt.objects.filter(applicant=person, handed_in_at__isnull=True, left_at__isnull=True):
        taking.leave(attempt=attempt)
    projects = Membership.objects.filter(labeler=person).order_by("project").values_list("project", flat=True)
    queue.put_down(labeler=person, projects=list(projects))
    consenting.withdraw(person=person)


def _done(person, outcome, by):
    request, _new = DeletionRequest.objects.get_or_create(person=person, done_at=None, taken_back_at=None)
    request.done_at, request.done_by, request.outcome = timezone.now(), by, outcome
    request.save()
    return request


def _waiting(person):
    return DeletionRequest.objects.filter(person=person, done_at__isnull=True, taken_back_at__isnull=True)
