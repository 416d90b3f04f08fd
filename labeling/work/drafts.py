"""What has been put on a sheet so far, and which of two drafts is the newer?"""

import json

from django.db import connection
from django.utils import timezone

from labeling.work import queue
from labeling.work.models import Draft

# An equal revision changes nothing either: it is a replay of the same request, or comes from another window.
# The lock makes it wait for a submission or a release under way, and see what became of the sheet.
SAVE = """
INSERT INTO work_draft (assignment_id, revision, body, saved_at)
SELECT id, %s, %s::jsonb, %s FROM work_assignment WHERE id = %s AND state IN ('open', 'expired') FOR SHARE
ON CONFLICT (assignment_id) DO UPDATE
    SET revision = excluded.revision, body = excluded.body, saved_at = excluded.saved_at
    WHERE work_draft.revision < excluded.revision
"""


def save_draft(*, assignment, revision, body):
    """Store `body` (a dict in the shape of a submission) unless a revision as new is there.

    Returns the newest revision, and whether that one holds this body: two windows may come to the same number with
    different words. The lease of an open sheet starts anew. A draft of an expired sheet is kept as well; one that was
    submitted or skipped takes no more drafts: then the revision is None.
    """
    with connection.cursor() as cursor:
        cursor.execute(SAVE, [revision, _json(body), timezone.now(), assignment.pk])
        won = cursor.rowcount == 1
    if won:
        queue.extend(assignment=assignment)
        return revision, True
    newest = Draft.objects.filter(assignment=assignment, assignment__state__in=["open", "expired"]).first()
    if newest is None:
        return None, False
    return newest.revision, newest.revision == revision and newest.body == _without_nul(body)


def keep_for_the_record(*, assignment, body):
    """Store what could not be submitted as the newest draft, so that it can still be read."""
    newest = Draft.objects.filter(assignment=assignment).values_list("revision", flat=True).first() or 0
    save_draft(assignment=assignment, revision=newest + 1, body=body)


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
