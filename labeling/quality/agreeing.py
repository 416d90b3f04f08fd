"""How far do people agree with each other? Of the tasks that several of them did.

Averages are within a task first and over tasks then, so that a task that many did (the calibration pool) weighs no more
than another.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.guidelines.models import Scale
from labeling.labels.models import Label
from labeling.stats.agreement import answer_agreement
from labeling.stats.intervals import Estimate, mean_over_items, undefined
from labeling.work.models import AssignmentState

# Enough for an interval of about a hundredth to each side; the sums of more would keep whoever asks waiting.
MOST_TASKS = 2_000

SHARED = """
WITH chosen (label_id, task_id) AS ({chosen}),
several AS (
    SELECT task_id FROM chosen GROUP BY task_id HAVING count(*) > 1 ORDER BY max(label_id) DESC LIMIT %s
), shared AS (SELECT label_id, task_id FROM chosen JOIN several USING (task_id))
"""

# Two people × two responses: `way` is 1 where the first of the two responses is the better one, 0 for a tie.
RANKINGS = """
{shared}, placed AS (
    SELECT label_id, task_id, s.candidate_id, p.rank
    FROM shared JOIN labels_ranking r USING (label_id) JOIN labels_place p ON p.ranking_id = r.id
    JOIN work_slot s ON s.id = p.slot_id
), ordered AS (
    SELECT label_id, task_id, a.candidate_id AS one, b.candidate_id AS other, sign(b.rank - a.rank)::int AS way
    FROM placed a JOIN placed b USING (label_id, task_id) WHERE a.candidate_id < b.candidate_id
), compared AS (
    SELECT task_id,
        count(*) FILTER (WHERE mine.way * theirs.way <> 0) AS strict,
        count(*) FILTER (WHERE mine.way * theirs.way = 1) AS alike,
        avg(CASE WHEN mine.way = theirs.way THEN 1 WHEN mine.way * theirs.way = 0 THEN 0.5 ELSE 0 END) AS with_ties,
        sum(mine.way * theirs.way) / nullif(sqrt(sum(abs(mine.way)) * sum(abs(theirs.way))), 0) AS tau_b
    FROM ordered mine JOIN ordered theirs USING (task_id, one, other) WHERE mine.label_id < theirs.label_id
    GROUP BY task_id, mine.label_id, theirs.label_id
)
SELECT (sum(alike) / nullif(sum(strict), 0))::float, avg(with_ties)::float, avg(tau_b), sum(strict)::int
FROM compared GROUP BY task_id
"""

# What was said of one response, or of the prompt, by all who were asked; texts and lists have no order to compare.
ANSWERS = """
{shared}, said AS (
    SELECT 'overall_quality' AS key, 'likert' AS scale, task_id, s.candidate_id, r.overall_quality::text AS value
    FROM shared JOIN labels_rating r USING (label_id) JOIN work_slot s ON s.id = r.slot_id
    WHERE r.overall_quality IS NOT NULL
    UNION ALL
    SELECT q.key, q.scale, task_id, s.candidate_id, coalesce(a.yes::text, a.number::text, a.chosen[1])
    FROM shared JOIN labels_answer a USING (label_id) JOIN guidelines_question q ON q.id = a.question_id
    LEFT JOIN labels_rating r ON r.id = a.rating_id LEFT JOIN work_slot s ON s.id = r.slot_id
    WHERE NOT a.is_na AND q.scale IN ('likert', 'binary', 'choice')
)
SELECT key, scale, task_id, array_agg(value) FROM said GROUP BY key, scale, task_id, candidate_id HAVING count(*) > 1
ORDER BY key, scale, task_id
"""


@dataclass(frozen=True)
class Ranked:
    """Rankings of the same responses: Estimates over tasks, and how many pairs two people both put in order.

    `without_ties` leaves out pairs that either calls a tie (Stiennon et al. 2020); `tie_half` counts a tie against an
    order as one half, two ties as agreeing (WebGPT, Nakano et al. 2021).
    """

    without_ties: Estimate
    tie_half: Estimate
    tau_b: Estimate
    pairs: int
    tasks: int


def labels_of(project, *, with_programs=False):
    """Return the standing labels of a project's submitted sheets, by people alone unless said."""
    labels = Label.objects.standing().filter(assignment__project=project, assignment__state=AssignmentState.SUBMITTED)
    return labels if with_programs else labels.filter(assignment__by_program=False)


def of_rankings(labels, *, most_tasks=None):
    """Return the Ranked of these labels, of the newest `most_tasks` that several did; None where there are none."""
    rows = _rows(RANKINGS, labels, most_tasks)
    if not rows:
        return None
    strict, with_ties, taus, pairs = zip(*rows, strict=True)
    return Ranked(
        without_ties=_mean(strict, lowest=0.0),
        tie_half=_mean(with_ties, lowest=0.0),
        tau_b=_mean(taus, lowest=-1.0),
        pairs=sum(pairs),
        tasks=len(rows),
    )


def _mean(values, *, lowest):
    if all(value is None for value in values):
        return undefined("all_ties", len(values))
    return mean_over_items(values, lowest=lowest, highest=1.0)


def of_answers(labels, *, most_tasks=None):
    """Return [{"key", "scale", "units", and what `stats.agreement.answer_agreement` finds}, …] by question.

    A unit is a response, or a prompt, of which several said something. Not applicable is no answer.
    """
    asked: dict[tuple[str, str], dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for key, scale, task, values in _rows(ANSWERS, labels, most_tasks):
        asked[key, scale][task].append([READ[scale](value) for value in values])
    return [
        {
            "key": key,
            "scale": scale,
            "units": sum(map(len, tasks.values())),
            **answer_agreement(list(tasks.values()), is_ordered=scale == Scale.LIKERT),
        }
        for (key, scale), tasks in asked.items()
    ]


READ: dict[str, Callable[[str], Any]] = {Scale.LIKERT: int, Scale.BINARY: "true".__eq__, Scale.CHOICE: str}


def _rows(statement, labels, most_tasks):
    chosen, params = labels.order_by().values("pk", "assignment__task").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement.format(shared=SHARED.format(chosen=chosen)), [*params, most_tasks])
        return cursor.fetchall()
