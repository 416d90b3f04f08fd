"""What has been put on a sheet so far, and which of two drafts is the newer?"""

import json

from django.db import connection
from django.utils import timezone

from labeling.work import queue
from labeling.work.models import AssignmentState, Draft

# An equal revision is a replay of the same request: it changes nothing either.
SAVE = """
INSERT INTO work_draft (assignment_id, revision, body, saved_at) VALUES (%s, %s, %s::jsonb, %s)
ON CONFLICT (assignment_id) DO UPDATE
    SET revision = excluded.revision, body = excluded.body, saved_at = excluded.saved_at
    WHERE work_draft.revision < excluded.revision
"""


def save_draft(*, assignment, revision, body):
    """Store `body` (a dict in the shape of a submission) unless a revision as new is there; return the newest number.

    The lease of an open sheet starts anew. A draft of an expired sheet is kept as well; one that was submitted or
    skipped takes no more drafts: then None is returned.
    """
    if assignment.state not in {AssignmentState.OPEN, AssignmentState.EXPIRED}:
        return None
    with connection.cursor() as cursor:
        cursor.execute(SAVE, [assignment.pk, revision, _json(body), timezone.now()])
        won = cursor.rowcount == 1
    if won:
        queue.extend(assignment=assignment)
        return revision
    return Draft.objects.values_list("revision", flat=True).get(assignment=assignment)


def _json(body):
    """PostgreSQL's text cannot hold the NUL character."""
    return json.dumps(body).replace("\\u0000", "")


def keep_for_the_record(*, assignment, body):
    """Store what could not be submitted as the newest draft, so that it can still be read."""
    newest = Draft.objects.filter(assignment=assignment).values_list("revision", flat=True).first() or 0
    save_draft(assignment=assignment, revision=newest + 1, body=body)
