"""How often do two people order the same two responses alike? Of the rankings that are frozen."""

from django.db import connection

from labeling.datasets import choosing
from labeling.stats.intervals import share_over_items

# As in InstructGPT: both of the pair ordered by both people. Only tasks that more than one person ranked are unfolded.
BY_TASK = """
WITH chosen (label_id, task_id) AS ({chosen}),
shared AS (
    SELECT label_id, task_id FROM chosen
    WHERE task_id IN (SELECT task_id FROM chosen GROUP BY task_id HAVING count(*) > 1)
), placed AS (
    SELECT label_id, task_id, s.candidate_id, p.rank
    FROM shared JOIN labels_ranking r USING (label_id) JOIN labels_place p ON p.ranking_id = r.id
    JOIN work_slot s ON s.id = p.slot_id
), ordered AS (
    SELECT label_id, task_id, a.candidate_id AS one, b.candidate_id AS other, a.rank < b.rank AS is_before
    FROM placed a JOIN placed b USING (label_id, task_id) WHERE a.candidate_id < b.candidate_id AND a.rank <> b.rank
)
SELECT count(*) FILTER (WHERE mine.is_before = theirs.is_before), count(*)
FROM ordered mine JOIN ordered theirs USING (task_id, one, other) WHERE mine.label_id < theirs.label_id
GROUP BY task_id
"""


def agreement(choice):
    """Return {"share", "low", "high", "pairs", "tasks"}, the interval over tasks at 95 %; None where none is shared."""
    chosen, params = choosing.labels(choice).values("pk", "assignment__task").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(BY_TASK.format(chosen=chosen), params)
        rows = cursor.fetchall()
    if not rows:
        return None
    alike, compared = zip(*rows, strict=True)
    found = share_over_items(alike, compared)
    return {
        "share": found.value,
        "low": found.low,
        "high": found.high,
        "pairs": sum(compared),
        "tasks": len(rows),
    }
