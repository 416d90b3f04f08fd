"""What has been put on a sheet so far, and which of two drafts is the newer?"""

import json

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.work import queue
from labeling.work.models import Draft

# An equal revision changes nothing either: it is a replay of the same request, or comes from another window.
# The lock makes it wait for a submission or a release under way, and see what became of the sheet. It is the one that
# the lease is extended under: two drafts that shared a weaker one would wait for each other to let go of it.
SAVE = """
INSERT INTO work_draft (assignment_id, revision, body, saved_at)
SELECT id, %s, %s::jsonb, %s FROM work_assignment WHERE id = %s AND state = ANY(%s) FOR NO KEY UPDATE
ON CONFLICT (assignment_id) DO UPDATE
    SET revision = excluded.revision, body = excluded.body, saved_at = excluded.saved_at
    WHERE work_draft.revision < excluded.revision
"""

# What is submitted takes the draft's place. Words that somebody has kept since the revision it was made from, and that
# it does not say, would be gone with them.
TAKE_IN = """
DELETE FROM work_draft WHERE assignment_id = %(assignment)s
RETURNING revision > %(draft_revision)s AND body - 'seconds' <> %(draft)s::jsonb - 'seconds' AS is_newer
"""
TAKES_DRAFTS = ["open", "expired"]


class Outrun(Exception):
    """A newer draft of the sheet was saved elsewhere, with other words."""

    def __init__(self):
        super().__init__(_("A newer draft of this sheet was saved elsewhere, so nothing was submitted."))


def save_draft(*, assignment, revision, body):
    """Store `body` (a dict in the shape of a submission) unless a revision as new is there.

    Returns the newest revision, and whether that one holds this body: two windows may come to the same number with
    different words. The lease of an open sheet starts anew. A draft of an expired sheet is kept as well; one that was
    submitted or skipped takes no more drafts: then the revision is None.
    """
    if _save(assignment, revision, body, TAKES_DRAFTS):
        queue.extend(assignment=assignment)
        return revision, True
    newest = Draft.objects.filter(assignment=assignment, assignment__state__in=TAKES_DRAFTS).first()
    if newest is None:
        return None, False
    return newest.revision, newest.revision == revision and newest.body == _without_nul(body)


def _save(assignment, revision, body, states):
    with connection.cursor() as cursor:
        cursor.execute(SAVE, [revision, _json(body), timezone.now(), assignment.pk, states])
        return cursor.rowcount == 1


def keep_for_the_record(*, assignment, body):
    """Store what could not be submitted as the newest draft, so that it can still be read."""
    save_draft(assignment=assignment, revision=_newest(assignment) + 1, body=body)


def keep_beside_the_label(*, assignment, body, after):
    """Store words that came for a sheet that is submitted: they are its draft, should it be opened again.

    `after` is the revision that reopening it would begin with.
    """
    _save(assignment, max(_newest(assignment), after) + 1, body, ["submitted"])


def _newest(assignment):
    return Draft.objects.filter(assignment=assignment).values_list("revision", flat=True).first() or 0


def to_take_in(*, assignment, body, revision):
    """Return what TAKE_IN asks for. `revision` is that of the draft `body` was made from; with None any will do."""
    return {"assignment": assignment.pk, "draft": _json(body), "draft_revision": revision}


def take_in(*, assignment, body, revision):
    """Throw the draft away because `body` is submitted in its place. Raises Outrun, to undo all of it."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_IN, to_take_in(assignment=assignment, body=body, revision=revision))
        for (is_newer,) in cursor.fetchall():
            check_not_outrun(is_newer)


def check_not_outrun(is_newer):
    if is_newer:
        raise Outrun


def discard(*, assignment):
    """Throw away what a labeler has decided not to say."""
    Draft.objects.filter(assignment=assignment).delete()


def _json(body):
    return json.dumps(_without_nul(body))


def _without_nul(value):
    """PostgreSQL's text cannot hold the NUL character."""
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return value.replace("\0", "") if isinstance(value, str) else value
