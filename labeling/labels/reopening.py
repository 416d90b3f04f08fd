"""May a label still be changed, and how does its sheet come back with what was said on it?

A label locks when it is frozen into a dataset, when it is reviewed, and when it is a day old; those of a test lock when
it is handed in, or when its key is, and not by their age. Reopening its sheet is allowed until then, and leaves the
label as it is: only submitting again supersedes it.
"""

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.labels.models import CHANGEABLE_FOR, Label, Lock
from labeling.labels.saying import said
from labeling.work import drafts, queue
from labeling.work.models import Purpose

# Every time a sheet is reopened its drafts count on from a new million: what some device kept from before, or sends
# late, is older than anything that is typed now.
ROUND = 1_000_000
LOCKED_AT_ONCE = 20_000


class Locked(Exception):
    """The label is locked; says why in a sentence."""


def is_locked(label):
    return bool(why_locked(label))


def why_locked(label):
    """Return a sentence, or an empty one for a label that can still be changed."""
    if label.locked_because == Lock.FROZEN:
        return _("It is part of a dataset, so it can no longer be changed.")
    if label.locked_because == Lock.REVIEWED:
        return _("It has been reviewed, so it can no longer be changed.")
    if label.locked_because == Lock.HANDED_IN:
        return _("You have handed in the test, so it can no longer be changed.")
    if label.locked_because == Lock.KEY:
        return _("It is in the key of a test, so it can no longer be changed.")
    is_old = label.submitted_at <= timezone.now() - CHANGEABLE_FOR
    if is_old and label.assignment.purpose != Purpose.SCREENING:
        return _("It is more than a day old, so it can no longer be changed.")
    return ""


@transaction.atomic
def reopen(*, assignment):
    """Open a submitted sheet again, with its label as the draft. True when this call did, False if it is open already.

    Raises Locked, and what queue.reopen raises.
    """
    if not queue.reopen(assignment=assignment):
        return False
    label = _standing(assignment)
    if why := why_locked(label):
        raise Locked(why)
    drafts.save_draft(assignment=assignment, revision=label.revision * ROUND, body=said(label))
    return True


def keep_for_later(*, label, body):
    """Keep words that came after this label was submitted as the draft with which its sheet would be opened again."""
    drafts.keep_beside_the_label(assignment=label.assignment, body=body, after=label.revision * ROUND)


def is_of_an_earlier_round(*, assignment, revision):
    """Was this sent from a page that showed the sheet before it was reopened?"""
    draft = getattr(assignment, "draft", None)
    return assignment.is_reopened and draft is not None and revision // ROUND < draft.revision // ROUND


@transaction.atomic
def leave_as_it_was(*, assignment):
    """Close a reopened sheet without another revision; its draft goes. True if it was reopened."""
    if not queue.put_back(assignment=assignment):
        return False
    drafts.discard(assignment=assignment)
    return True


def check_not_frozen_meanwhile(assignment):
    """Raise Locked for a label that was locked while its sheet was open again. Its age no longer matters by then."""
    label = _standing(assignment)
    if label.locked_at:
        raise Locked(why_locked(label))


LOCK = """
UPDATE labels_label SET locked_at = %s, locked_because = %s WHERE id IN (
    SELECT id FROM labels_label WHERE id = ANY(%s) AND locked_at IS NULL ORDER BY id FOR NO KEY UPDATE
)
"""


def lock(*, labels, because):
    """Lock the labels with these numbers for a reason (a Lock), in the transaction that gives it.

    Always in the order of their numbers, so that two who lock the same ones never wait for each other in a circle.
    What is locked already keeps its moment and its reason.
    """
    numbers, now = sorted(labels), timezone.now()
    with connection.cursor() as cursor:
        for start in range(0, len(numbers), LOCKED_AT_ONCE):
            cursor.execute(LOCK, [now, because, numbers[start : start + LOCKED_AT_ONCE]])


def _standing(assignment):
    return Label.objects.standing().select_for_update().get(assignment=assignment)
