"""Programs give the seats back that they took, and every labeler's sheets are counted once."""

from django.db import migrations

RECOUNT = """
UPDATE work_task task SET taken = task.taken - held.by_programs
FROM (
    SELECT task_id, count(*) AS by_programs FROM work_assignment
    WHERE by_program AND state IN ('open', 'submitted') GROUP BY task_id
) held
WHERE task.id = held.task_id;

UPDATE work_membership membership SET taken = held.sheets
FROM (
    SELECT project_id, labeler_id, count(*) AS sheets FROM work_assignment
    WHERE state IN ('open', 'submitted') GROUP BY project_id, labeler_id
) held
WHERE membership.project_id = held.project_id AND membership.labeler_id = held.labeler_id;
"""

# A task that was filled by a person meanwhile has no seat left for its program: it gets one.
GIVE_BACK = """
UPDATE work_task task SET taken = task.taken + held.by_programs,
    seats = greatest(task.seats, task.taken + held.by_programs)
FROM (
    SELECT task_id, count(*) AS by_programs FROM work_assignment
    WHERE by_program AND state IN ('open', 'submitted') GROUP BY task_id
) held
WHERE task.id = held.task_id;
"""


class Migration(migrations.Migration):
    dependencies = [("work", "0007_programs_limits_and_calibration")]

    operations = [migrations.RunSQL(RECOUNT, GIVE_BACK)]
