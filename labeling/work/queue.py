"""Who gets which sheet next, and for how long? Every change to a seat is in this file.

A seat is taken (`Task.taken` goes up) when an assignment opens, kept when it is submitted and when it is opened again
after that, and freed when it is skipped or expires, always in the same transaction; `Membership.taken` counts a
labeler's own sheets with it. Programs take no seats: they label beside people, and the overlap counts people. Locks are
taken in one order, so that nobody waits in a circle: membership, then assignment, then task.
"""

from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Case, Count, F, IntegerField, OuterRef, Subquery, When
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.people import consenting
from labeling.people.access import cohort_of
from labeling.prepared import prepared
from labeling.work import counting
from labeling.work.leasing import EVERY_TASK, ORDINARY, THE_POOL, WANTING_HANDS, lease, lease_end
from labeling.work.models import (
    Assignment,
    AssignmentState,
    Draft,
    Invitee,
    Membership,
    Project,
    ProjectState,
    Purpose,
    Task,
)

ON_THE_WIRE = timedelta(seconds=30)
SEATED = (AssignmentState.OPEN, AssignmentState.SUBMITTED)


class NotOpen(Exception):
    """The project is not open to this labeler."""


class SheetGone(Exception):
    """The sheet can no longer be handed in, skipped or reopened; says why in a sentence."""


class DeskTaken(Exception):
    """Another sheet of the project, the `sheet`, has been begun, and there is room for one."""

    def __init__(self, sheet):
        super().__init__(
            _("You have begun this sheet. Submit or skip it first; then you can reopen the other from your history.")
        )
        self.sheet = sheet


def next_assignment(*, labeler, project):
    """Return the sheet that `labeler` should work on in `project`, or None when nothing is left for them.

    That is the sheet they hold already, else one of theirs that expired and still has a seat, else the next task that
    wants hands and that they have never seen: one of the calibration pool where their share of it would fall below the
    project's, as long as there is one. Programs may hold several, so they are always given another one, and every task.
    Raises NotOpen.
    """
    if not _is_open_to(labeler, project):
        raise NotOpen(_("This project is not open to you."))
    found = _look(labeler, project)
    if found is None and not labeler.is_program:
        # What looked empty may have been a neighbour's passing lock, or a seat that came free behind the cursor.
        found = _look(labeler, project, from_the_start=True)
    return found


def _is_open_to(labeler, project):
    if cohort := None if labeler.is_program else cohort_of(labeler):
        now = timezone.now()
        return bool(_open_to_member(project=project.pk, labeler=labeler.pk, cohort=cohort, now=now))
    return Project.objects.open_to(labeler).filter(pk=project.pk).exists()


@prepared
def _open_to_member(project, labeler, cohort, now):
    those_open = Project.objects.open_to_member(labeler, cohort, now)
    return those_open.filter(pk=project).order_by().values_list("pk", flat=True)


def _look(labeler, project, *, from_the_start=False):
    """In vain, it lets everything go: tasks that were full by the time they were locked would stay locked, and whoever
    waits for others while holding some may wait in a circle."""
    with transaction.atomic():
        membership = _lock_membership(labeler, project)
        found = _own(labeler, project, membership) or _leased(
            labeler, project, membership, from_the_start=from_the_start
        )
        if found is None:
            transaction.set_rollback(True)
        return found


def why_nothing(*, labeler, project):
    """Say in a sentence why next_assignment has returned None."""
    membership = Membership.objects.filter(labeler=labeler, project=project).first() or Membership()
    return why_nothing_for(labeler=labeler, project=project, membership=membership)


def why_nothing_for(*, labeler, project, membership):
    if _has_done_the_most(labeler, project, membership):
        return _("You have done the most that one person may do here. Thank you.")
    return _("Nothing is left for you in this project. Thank you.")


def _has_done_the_most(labeler, project, membership):
    """The limit keeps one person from being most of what is said; programs are told apart anyway."""
    most = project.most_per_labeler
    if most is None or labeler.is_program:
        return False
    return membership.taken + counting.skipped_for_good(labeler, project) >= most


def _lock_membership(labeler, project):
    """Two tabs of one labeler stand in line here; different labelers never meet."""
    own = {"labeler": labeler.pk, "project": project.pk}
    if not (line := _locked_membership(**own)):
        _at_the_door(project, "pg_advisory_xact_lock_shared")
        Membership.objects.bulk_create([Membership(labeler=labeler, project=project)], ignore_conflicts=True)
        line = _locked_membership(**own)
    return line[0]


@prepared
def _locked_membership(labeler, project):
    return Membership.objects.select_for_update(of=("self",)).filter(labeler=labeler, project=project)


def _at_the_door(project, lock):
    """Whoever joins a project passes here first; whoever locks all of its memberships shuts it, so as to miss none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtextextended('membership', %s))", [project.pk])


def _own(labeler, project, membership):
    """Return the sheet that they hold, else one of theirs that has expired; most of the time there is neither."""
    newest = next(iter(_newest_waiting(labeler=labeler.pk, project=project.pk)), None)
    if newest and newest.is_open and not labeler.is_program:
        extend(assignment=newest)
        return newest
    if newest is None or _has_done_the_most(labeler, project, membership):
        return None
    return _returned(labeler, project)


@prepared
def _newest_waiting(labeler, project):
    waiting = Assignment.objects.filter(
        labeler=labeler, project=project, state__in=[AssignmentState.OPEN, AssignmentState.EXPIRED]
    )
    return waiting.order_by(F("closed_at").desc(nulls_first=True))[:1]


def _returned(labeler, project):
    """Reopen an expired sheet by the same row: its draft is still there."""
    expired = Assignment.objects.filter(labeler=labeler, project=project, state=AssignmentState.EXPIRED)
    for assignment in expired.filter(task__in=Task.objects.open_to(labeler)).order_by("-closed_at")[:10]:
        if _move(assignment, AssignmentState.EXPIRED, AssignmentState.OPEN, lease_until=lease_end(project)):
            if _take_seat(assignment):
                return assignment
            _move(assignment, AssignmentState.OPEN, AssignmentState.EXPIRED)
    return None


def _leased(labeler, project, membership, *, from_the_start):
    """Lease the next task past the labeler's cursor; or from the start, waiting for locks."""
    if _has_done_the_most(labeler, project, membership):
        return None
    if _is_due_for_calibration(labeler, project, membership):
        found = lease(labeler, project, membership, THE_POOL)
        if found:
            return found
    which = WANTING_HANDS if project.calibration_share is None else ORDINARY
    if from_the_start:
        membership.cursor_priority = membership.cursor_position = None
    # In a test everybody gets the same in the same order, so there a neighbour's passing lock is waited for.
    waits = from_the_start or labeler.is_program or project.purpose == Purpose.SCREENING
    locked_rows = "" if waits else "SKIP LOCKED"
    return lease(labeler, project, membership, EVERY_TASK if labeler.is_program else which, locked_rows)


def _is_due_for_calibration(labeler, project, membership):
    """Would one more ordinary task leave the labeler's share of calibration below the project's?"""
    share = project.calibration_share
    return share is not None and not labeler.is_program and membership.taken_from_pool < share * (membership.taken + 1)


def hand_in(*, assignment):
    """Close the sheet as submitted. True when this call did it, False when it had been handed in before.

    Call it in the transaction that stores the label. A late sheet is taken back in if its task still has a seat, and
    its labeler has not done the most that one may do since; otherwise SheetGone says why not. Nothing is taken from
    whoever has withdrawn their consent.
    """
    _check_consent(assignment)
    if is_over(assignment):
        raise SheetGone(_("This part of the test is over. Your draft is kept."))
    was_late = assignment.state == AssignmentState.EXPIRED
    if was_late:
        _lock_membership(assignment.labeler, assignment.project)
    if _move(assignment, AssignmentState.OPEN, AssignmentState.SUBMITTED):
        return True
    assignment.refresh_from_db(fields=["state", "closed_at"])
    if assignment.state == AssignmentState.SUBMITTED:
        return False
    if assignment.state == AssignmentState.SKIPPED:
        raise SheetGone(_("You skipped this sheet, so it can no longer be submitted."))
    _take_back_in(assignment, stands_in_line=was_late)
    return True


def _take_back_in(assignment, *, stands_in_line):
    if is_over(assignment):  # since a moment ago: put_down has ended it while we waited for its row
        raise SheetGone(_("This part of the test is over. Your draft is kept."))
    line = Membership.objects.filter(labeler=assignment.labeler, project=assignment.project)
    # One that has expired in this very moment may be locked by us: then nobody may be waited for.
    stands_in_line = stands_in_line or line.select_for_update(skip_locked=True, of=("self",)).exists()
    if not stands_in_line or not _move(assignment, AssignmentState.EXPIRED, AssignmentState.SUBMITTED):
        raise SheetGone(_("This sheet changed hands just now. Load it again."))
    if _has_done_the_most(assignment.labeler, assignment.project, line.get()):
        raise SheetGone(_("You have done the most that one person may do here since. Your draft is kept."))
    if not _take_seat(assignment):
        raise SheetGone(_why_gone(assignment))


def is_over(assignment):
    """Tests have an end, which an open lease does not put off; what is on the wire by then still arrives."""
    if assignment.purpose != Purpose.SCREENING:
        return False
    ended = Invitee.objects.filter(project=assignment.project_id, labeler=assignment.labeler_id)
    return ended.filter(until__lte=timezone.now() - ON_THE_WIRE).exists()


def _check_consent(assignment):
    """Raise SheetGone for whoever has taken their consent back; what is on the wire by then still arrives.

    Where the sheet was found with `misses_consent`, and none is missed, there is nothing to ask.
    """
    might_have = getattr(assignment, "misses_consent", True)
    if might_have and consenting.has_withdrawn(assignment.labeler, until=timezone.now() - ON_THE_WIRE):
        raise SheetGone(_("You have withdrawn your consent, so nothing is stored as yours before you agree again."))


def _why_gone(assignment):
    if Project.objects.filter(pk=assignment.project_id, state=ProjectState.CLOSED).exists():
        return _("This project has been closed, so the sheet can no longer be submitted. Your draft is kept.")
    return _("The time for this sheet ran out and others have completed the task since. Your draft is kept.")


def skip(*, assignment, reason=""):
    """Close the sheet as skipped and free its seat; it is never served to this labeler again. True if it was open.

    Raises SheetGone for one that was reopened: what was said on it stands.
    """
    with transaction.atomic():
        _lock_membership(assignment.labeler, assignment.project)
        if _move(assignment, AssignmentState.OPEN, AssignmentState.SKIPPED, new=True, skip_reason=reason[:500]):
            _free_seat(assignment)
            return True
        if Assignment.objects.filter(pk=assignment.pk, was_closed_at__isnull=False).exists():
            raise SheetGone(_("You submitted this sheet before, so it cannot be skipped. Leave it as it was instead."))
        return _move(assignment, AssignmentState.EXPIRED, AssignmentState.SKIPPED, skip_reason=reason[:500])


def give_back(*, assignments):
    """Let skipped sheets (a queryset) return to their labelers when a seat is free; return how many were skipped."""
    skipped = Assignment.objects.filter(pk__in=assignments.order_by().values("pk"), state=AssignmentState.SKIPPED)
    return skipped.update(state=AssignmentState.EXPIRED)


def reopen(*, assignment):
    """Open a submitted sheet again; it keeps its seat. True when this call did it, False when it is open already.

    There is one open sheet at a desk: another one of the project on which nothing has been said yet is released, its
    seat freed, and comes back later; a begun one raises DeskTaken. Raises SheetGone when the project is closed or the
    sheet was never submitted. Call it in a transaction.
    """
    _check_consent(assignment)
    _lock_membership(assignment.labeler, assignment.project)
    if not assignment.by_program:
        _clear_desk(assignment)
    fresh = Assignment.objects.select_related("project").select_for_update(of=("self",)).get(pk=assignment.pk)
    if fresh.is_open:
        return False
    if is_over(fresh):
        raise SheetGone(_("This part of the test is over, so its sheets can no longer be changed."))
    if fresh.state != AssignmentState.SUBMITTED:
        raise SheetGone(_("This sheet was not submitted, so there is nothing to reopen."))
    if fresh.project.state not in {ProjectState.OPEN, ProjectState.PAUSED}:
        raise SheetGone(_("This project has been closed, so its sheets can no longer be changed."))
    return _move(
        assignment,
        AssignmentState.SUBMITTED,
        AssignmentState.OPEN,
        was_closed_at=fresh.closed_at,
        lease_until=lease_end(fresh.project),
    )


def _clear_desk(assignment):
    """Release the other open sheet of this desk: it expires at once, and is the first that its labeler gets again."""
    others = Assignment.objects.filter(
        labeler=assignment.labeler, project=assignment.project_id, state=AssignmentState.OPEN, by_program=False
    )
    other = others.exclude(pk=assignment.pk).select_for_update().first()
    if other is None:
        return
    # Drafts lock their assignment, so that none arrives between the looking and the releasing.
    if other.is_reopened or Draft.objects.filter(assignment=other).exists():
        raise DeskTaken(other)
    if _move(other, AssignmentState.OPEN, AssignmentState.EXPIRED, new=True):
        _free_seat(other)


def put_back(*, assignment):
    """Close a reopened sheet as it was before. True if it was reopened."""
    reopened = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.OPEN, was_closed_at__isnull=False)
    return bool(reopened.update(state=AssignmentState.SUBMITTED, closed_at=F("was_closed_at"), was_closed_at=None))


def extend(*, assignment):
    """Start the lease anew, because its labeler is at work on it. Nothing happens to a closed sheet."""
    until = timezone.now() + timedelta(minutes=assignment.project.lease_minutes)
    Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.OPEN).update(lease_until=until)


def expire_due(*, limit=1_000):
    """Close up to `limit` sheets whose lease has passed, freeing their seats; drafts stay. Returns how many.

    One that was reopened is submitted again, as it was before.
    A sheet that was leased in the very moment in which its project closed is due as well.
    """
    is_due = "lease_until < %s OR project_id IN (SELECT id FROM work_project WHERE state = 'closed')"
    return _expire(f"({is_due})", [timezone.now()], limit)


def expire_open(*, project):
    """Close every open sheet of a project that closes; drafts stay. Returns how many."""
    return _expire("project_id = %s", [project.pk], None)


def expire_of(*, labeler):
    """Close every open sheet of somebody who takes no more for now; drafts stay. Returns how many."""
    return _expire("labeler_id = %s", [labeler.pk], None)


def put_down(*, labeler, projects):
    """End somebody's work in these projects (their numbers) for good; drafts stay. Return how many sheets were open.

    What is being handed in at this moment still arrives, and nothing after it. Call it in a transaction.
    """
    own, now = {"labeler": labeler, "project__in": projects}, timezone.now()
    list(Membership.objects.select_for_update().filter(**own).order_by("pk").values_list("pk"))
    open_ones = Assignment.objects.filter(**own, state=AssignmentState.OPEN)
    list(open_ones.select_for_update().order_by("pk").values_list("pk"))
    invited = Invitee.objects.filter(**own).exclude(until__lte=now - ON_THE_WIRE)
    invited.update(until=now - ON_THE_WIRE)
    return _expire("labeler_id = %s AND project_id = ANY(%s)", [labeler.pk, list(projects)], None)


def start_over(*, project):
    """Send every labeler's cursor back to the start: tasks were added or put in another order."""
    Membership.objects.filter(project=project, cursor_position__isnull=False).update(
        cursor_priority=None, cursor_position=None
    )


@contextmanager
def standing_still(*, project):
    """Inside, no sheet of the project opens or closes beyond being submitted; afterwards its pool is counted anew.

    For whoever changes which tasks are in the pool.
    """
    with transaction.atomic():
        _at_the_door(project, "pg_advisory_xact_lock")
        list(Membership.objects.select_for_update().filter(project=project).order_by("pk").values_list("pk"))
        start_over(project=project)
        yield
        held = Assignment.objects.filter(project=project, labeler=OuterRef("labeler"), task__is_calibration=True)
        counted = held.filter(state__in=SEATED).order_by().values("labeler").annotate(n=Count("pk")).values("n")
        Membership.objects.filter(project=project).update(taken_from_pool=Coalesce(Subquery(counted), 0))


# What follows from sheets that are `closed` and keep no seat: their tasks' seats, and their labelers' counters.
FREED = """
in_order AS MATERIALIZED (
    SELECT id FROM work_task WHERE id IN (SELECT task_id FROM closed WHERE state <> 'submitted')
    ORDER BY project_id, priority DESC, position DESC FOR UPDATE
), freed AS (
    UPDATE work_task task SET
        taken = task.taken - seats.freed,
        came_free = task.came_free OR coalesce(seats.freed > 0 AND task.taken >= task.seats, false)
    FROM (
        SELECT task_id AS id, count(*) FILTER (WHERE NOT by_program) AS freed
        FROM closed WHERE state <> 'submitted' GROUP BY task_id
    ) seats JOIN in_order USING (id)
    WHERE task.id = seats.id RETURNING task.id AS task_id, task.is_calibration
), given_back AS (
    UPDATE work_membership membership SET
        taken = membership.taken - sheets.n, taken_from_pool = membership.taken_from_pool - sheets.from_pool
    FROM (
        SELECT membership_id, count(*) AS n, count(*) FILTER (WHERE is_calibration) AS from_pool
        FROM closed JOIN freed USING (task_id) WHERE state <> 'submitted' GROUP BY membership_id
    ) sheets
    WHERE membership.id = sheets.membership_id
)
"""

TAKE_OUT = f"""
WITH lined_up AS MATERIALIZED (
    SELECT id, project_id, labeler_id FROM work_membership WHERE (project_id, labeler_id) IN (
        SELECT project_id, labeler_id FROM work_assignment WHERE id = ANY(%(sheets)s)
    ) ORDER BY id FOR UPDATE
), closed AS (
    UPDATE work_assignment held SET state = 'skipped' FROM lined_up
    WHERE held.id = ANY(%(sheets)s) AND held.state = 'submitted'
      AND held.project_id = lined_up.project_id AND held.labeler_id = lined_up.labeler_id
    RETURNING held.task_id, held.state, held.by_program, lined_up.id AS membership_id
), {FREED}
SELECT count(*) FROM closed
"""  # noqa: S608  put together from what stands above


def take_out(*, sheets):
    """Free the seats of submitted sheets (their ids) whose labels are taken out; return how many were submitted.

    They are skipped from then on, so that they are not served to the same people again. Call it in the transaction that
    deletes the labels.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OUT, {"sheets": list(sheets)})
        return cursor.fetchone()[0]


def _expire(condition, params, limit):
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH late AS MATERIALIZED (
                SELECT id, project_id, labeler_id FROM work_assignment WHERE state = 'open' AND {condition}
                ORDER BY lease_until LIMIT %s FOR UPDATE SKIP LOCKED
            ), lined_up AS MATERIALIZED (
                SELECT membership.id, project_id, labeler_id FROM work_membership membership
                WHERE (project_id, labeler_id) IN (SELECT project_id, labeler_id FROM late) FOR UPDATE SKIP LOCKED
            ), closed AS (
                UPDATE work_assignment held SET
                    state = CASE WHEN held.was_closed_at IS NULL THEN 'expired' ELSE 'submitted' END,
                    closed_at = coalesce(held.was_closed_at, %s), was_closed_at = NULL
                FROM late JOIN lined_up USING (project_id, labeler_id) WHERE held.id = late.id
                RETURNING held.task_id, held.state, held.by_program, lined_up.id AS membership_id
            ), {FREED}
            SELECT count(*) FROM closed
            """,  # noqa: S608  the condition is one of those above
            [*params, limit, timezone.now()],
        )
        return cursor.fetchone()[0]


def _move(assignment, before, after, *, new=False, **fields):
    """Change the state with a filtered update; True when it was `before`, and never submitted if it must be `new`."""
    fields["closed_at"] = None if after == AssignmentState.OPEN else timezone.now()
    if before == AssignmentState.OPEN:
        fields["was_closed_at"] = None
    here = Assignment.objects.filter(pk=assignment.pk, state=before)
    moved = (here.filter(was_closed_at__isnull=True) if new else here).update(state=after, **fields)
    if moved:
        for name, value in {"state": after, **fields}.items():
            setattr(assignment, name, value)
    return bool(moved)


def _free_seat(assignment):
    _count(assignment, -1)
    if not assignment.by_program:
        was_full = When(taken__gte=F("seats"), then=True)
        came_free = Case(was_full, default=F("came_free"))
        Task.objects.filter(pk=assignment.task_id).update(taken=F("taken") - 1, came_free=came_free)


def _take_seat(assignment):
    """Take a seat again for an expired sheet; True if there was one, and the project still takes work."""
    tasks = Task.objects.in_play() if assignment.by_program else Task.objects.wanting_hands()
    # Not by a join, which would put the task's own conditions into a subquery: a neighbour who took the last seat a
    # moment ago would go unnoticed, because only what stands outside of one is looked at again after waiting.
    working = Project.objects.filter(state__in=[ProjectState.OPEN, ProjectState.PAUSED])
    running = tasks.filter(pk=assignment.task_id, project__in=working)
    is_there = running.exists() if assignment.by_program else running.update(taken=F("taken") + 1)
    if is_there:
        _count(assignment, +1)
    return bool(is_there)


def _count(assignment, one):
    """Add one sheet to those of its labeler, or take one away."""
    from_pool = Task.objects.filter(pk=assignment.task_id).values(one=Cast("is_calibration", IntegerField()) * one)
    Membership.objects.filter(labeler=assignment.labeler_id, project=assignment.project_id).update(
        taken=F("taken") + one, taken_from_pool=F("taken_from_pool") + Subquery(from_pool)
    )
