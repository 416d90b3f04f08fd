"""May a label still be changed, and how does its sheet come back with what was said on it?

A label locks when it is frozen into a dataset, when it is reviewed, and when it is a day old. Reopening its sheet is
allowed until then, and leaves the label as it is: only submitting again supersedes it.
"""

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.labels.models import CHANGEABLE_FOR, Label, Lock
from labeling.labels.saying import said
from labeling.work import drafts, queue

# Every time a sheet is reopened its drafts count on from a new million: what some device kept from before, or sends
# late, is older than anything that is typed now.
ROUND = 1_000_000


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
    if label.submitted_at <= timezone.now() - CHANGEABLE_FOR:
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


def is_of_an_earlier_round(*, assignment, revision):
    """Was this sent from a page that showed the sheet before it was reopened? Then it is a replay, whatever it says."""
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


def lock(*, labels, because):
    """Lock those of `labels` (a queryset) that are not locked yet; return how many that were.

    In the order of their numbers, so that two who lock the same labels never wait for each other in a circle.
    """
    chosen, params = labels.filter(locked_at__isnull=True).order_by("pk").values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        # Only names of our own tables are put together here; every value is a parameter.
        cursor.execute(
            f"""
            WITH chosen AS MATERIALIZED ({chosen} FOR NO KEY UPDATE OF labels_label)
            UPDATE labels_label SET locked_at = %s, locked_because = %s
            FROM chosen WHERE labels_label.id = chosen.id AND labels_label.locked_at IS NULL
            """,  # noqa: S608
            [*params, timezone.now(), because],
        )
        return cursor.rowcount


def _standing(assignment):
    return Label.objects.standing().select_for_update().get(assignment=assignment)
