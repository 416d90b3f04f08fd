"""By which statement does a labeler get a task? One that picks it, takes the seat and opens the sheet, or does nothing.

Whom it may be asked for, and of which tasks, the queue knows.
"""

from datetime import timedelta

from django.utils import timezone

from labeling.work.models import Assignment

# Which tasks, past the cursor or from the start, and locked how.
WANTING_HANDS = "AND (task.seats IS NULL OR task.taken < task.seats) {past_the_cursor}", "FOR UPDATE OF task"
ORDINARY = f"AND NOT task.is_calibration {WANTING_HANDS[0]}", WANTING_HANDS[1]
# Small, and everybody gets it in the same order, from its head: its tasks leave the cursor where it is.
THE_POOL = "AND task.is_calibration", "FOR UPDATE OF task"
# A program takes no seat from anybody, so it has nothing to lock.
EVERY_TASK = "{past_the_cursor}", ""

# Full when labelers came by, with a seat that was given back since: they are before everything past the cursor.
PASSED_BY = (
    "AND task.came_free AND task.taken < task.seats AND (task.priority, task.position) >= (%(priority)s, %(position)s)"
)

PICK = """
    SELECT task.id, task.priority, task.position, task.seed, task.is_calibration, task.prompt_id
    FROM work_task task
    WHERE task.project_id = %(project)s AND task.set_aside_at IS NULL {which}
      AND NOT EXISTS (
          SELECT FROM work_assignment seen WHERE seen.task_id = task.id AND seen.labeler_id = %(labeler)s
      )
    ORDER BY task.priority DESC, task.position DESC
    LIMIT 1
    {locked}
"""

LEASE = """
WITH passed_by AS ({passed_by}), onward AS ({onward}), picked AS (
    SELECT *, false AS moves_on FROM passed_by UNION ALL SELECT *, true FROM onward
), seated AS (
    UPDATE work_task task SET taken = task.taken + 1 FROM picked WHERE task.id = picked.id AND NOT %(by_program)s
), leased AS (
    INSERT INTO work_assignment (
        id, task_id, project_id, labeler_id, state, purpose, cohort, by_program,
        form_version_id, instructions_version_id, prompt_tags, leased_at, lease_until, skip_reason
    )
    SELECT gen_random_uuid(), picked.id, project.id, %(labeler)s, 'open', project.purpose,
        coalesce((SELECT cohort FROM people_cohortmembership WHERE labeler_id = %(labeler)s), ''), %(by_program)s,
        coalesce(
            project.fixed_version_id,
            (SELECT id FROM guidelines_formversion WHERE form_id = project.form_id ORDER BY number DESC LIMIT 1)
        ),
        (SELECT id FROM guidelines_instructionsversion WHERE instructions_id = project.instructions_id
         ORDER BY number DESC LIMIT 1),
        coalesce((SELECT tags FROM prompts_prompt prompt WHERE prompt.id = picked.prompt_id), '{{}}'),
        %(now)s, %(lease_until)s, ''
    FROM picked JOIN work_project project ON project.id = %(project)s
    RETURNING *
), slots AS (
    INSERT INTO work_slot (assignment_id, candidate_id, place)
    SELECT leased.id, candidate.id,
        row_number() OVER (ORDER BY md5(concat_ws(':', picked.seed, %(order_key)s, candidate.id)))
    FROM leased, picked, work_taskcandidate candidate
    WHERE candidate.task_id = picked.id
), moved AS (
    UPDATE work_membership stands SET
        taken = stands.taken + 1, taken_from_pool = stands.taken_from_pool + picked.is_calibration::int,
        cursor_priority = CASE WHEN moves_on AND %(by_the_cursor)s THEN picked.priority ELSE cursor_priority END,
        cursor_position = CASE WHEN moves_on AND %(by_the_cursor)s THEN picked.position ELSE cursor_position END,
        -- The first sheet brings the instructions with it; only what changes after that has to be acknowledged.
        acknowledged_instructions_id = coalesce(stands.acknowledged_instructions_id, leased.instructions_version_id)
    FROM picked, leased WHERE stands.id = %(membership)s
)
SELECT * FROM leased
"""


def lease(labeler, project, membership, which, locked_rows=""):
    """One statement: pick a task, take a seat, open the assignment, draw its order, move the cursor.

    A seat that came free behind the cursor is taken first, and leaves the cursor where it is.
    The order of the responses is the order of a hash of the task's seed, the labeler and the candidate: the same
    whenever it is asked for, and another one for every labeler.
    """
    statement = lease_statement(which, is_under_way=membership.cursor_priority is not None, locked_rows=locked_rows)
    found = Assignment.objects.raw(
        statement,
        {
            "project": project.pk,
            "labeler": labeler.pk,
            "membership": membership.pk,
            "by_the_cursor": which is not THE_POOL,
            "priority": membership.cursor_priority,
            "position": membership.cursor_position,
            "by_program": labeler.is_program,
            "order_key": str(labeler.pseudonym_key),
            "now": timezone.now(),
            "lease_until": lease_end(project),
        },
    )
    return next(iter(found), None)


def lease_statement(which, *, is_under_way, locked_rows=""):
    """Return the statement that leases the next of `which` tasks; `is_under_way` says that there is a cursor."""
    tasks, locked = which
    past = "AND (task.priority, task.position) < (%(priority)s, %(position)s)" if is_under_way else ""
    looks_back = is_under_way and which in (WANTING_HANDS, ORDINARY)
    onward = f"{tasks.format(past_the_cursor=past)} AND NOT EXISTS (SELECT FROM passed_by)"
    return LEASE.format(
        passed_by=PICK.format(which=PASSED_BY if looks_back else "AND false", locked=f"{locked} {locked_rows}"),
        onward=PICK.format(which=onward, locked=f"{locked} {locked_rows}"),
    )


def lease_end(project):
    return timezone.now() + timedelta(minutes=project.lease_minutes)
