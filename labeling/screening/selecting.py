"""Whom might we choose? All who handed in, by their codes alone: the four criteria, and what the team would cover."""

from dataclasses import dataclass, field

from labeling.guidelines.models import Choice
from labeling.screening.models import SCORED, Attempt, Criterion, Decision, Outcome, Result

STATES = ("to_decide", "admitted", "waiting", "declined")
STATE_OF = {
    None: "to_decide",
    Outcome.TRAINING: "admitted",
    Outcome.HELD_OUT: "admitted",
    Outcome.WAITING: "waiting",
    Outcome.DECLINED: "declined",
}


@dataclass
class Cell:
    """One criterion of one applicant. `meets` is None where there is no value yet."""

    criterion: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    meets: bool | None
    why: str
    measures: dict


@dataclass
class Row:
    """One applicant without a name."""

    id: str
    code: str
    handed_in_on: object
    cells: dict[str, Cell]
    chosen: dict[str, list[str]]
    outcome: str | None
    state: str
    is_graded: bool

    @property
    def meets_all(self):
        return all(cell.meets for cell in self.cells.values())


@dataclass
class Coverage:
    """How many of a team know their way around one topic or group."""

    question: str
    choice: str
    label: str
    people: int
    members: list[str] = field(default_factory=list)


def rows(test, *, sort=None, state=None, only_meeting=False):
    """Return the Rows of all attempts handed in, in a number of queries that does not grow.

    `sort` is a criterion, "code" or "day", with "-" before it for the highest first; those without a value come last.
    """
    attempts = Attempt.objects.filter(test=test, handed_in_at__isnull=False)
    results: dict = {}
    for result in Result.objects.filter(attempt__in=attempts):
        results.setdefault(result.attempt_id, {})[result.criterion] = result
    outcomes: dict = {}
    for attempt_id, outcome in (
        Decision.objects.filter(attempt__in=attempts).order_by("decided_at", "pk").values_list("attempt", "outcome")
    ):
        outcomes[attempt_id] = outcome
    criteria = criteria_of(test)
    found = [
        _row(test, attempt, results.get(attempt.pk, {}), outcomes.get(attempt.pk), criteria)
        for attempt in attempts.only("pk", "code", "handed_in_at")
    ]
    found = [row for row in found if state in (None, "", row.state) and (row.meets_all or not only_meeting)]
    return _sorted(found, sort or "code")


def criteria_of(test):
    """Return the scored criteria that the test has, in the paper's order."""
    there = set(test.sections.values_list("criterion", flat=True))
    return [criterion for criterion in SCORED if criterion in there]


def cutoffs(test):
    """Return {criterion: the soft cut-off}, as a share or a grade."""
    return {
        Criterion.FLAGS: float(test.cutoff_flags),
        Criterion.RANKINGS: float(test.cutoff_rankings),
        Criterion.DEMONSTRATIONS: float(test.cutoff_demonstrations),
    }


def coverage(test, rows):
    """Return a Coverage for every topic and group that the self-assessment offers, for the team of `rows`."""
    offered = Choice.objects.filter(
        question__version__form__projects__section__test=test,
        question__version__form__projects__section__criterion=Criterion.SELF_ASSESSMENT,
    ).select_related("question")
    seen: dict = {}
    for choice in offered.order_by("question__version__number", "question__position", "position"):
        seen[choice.question.key, choice.key] = choice
    found = []
    for (question, key), choice in seen.items():
        members = [row.code for row in rows if key in row.chosen.get(question, [])]
        found.append(Coverage(choice.question.shown_wording, key, choice.shown_label, len(members), members))
    return found


def _row(test, attempt, results, outcome, criteria):
    cells = {criterion: _cell(criterion, results.get(criterion), cutoffs(test)[criterion]) for criterion in criteria}
    assessed = results.get(Criterion.SELF_ASSESSMENT)
    graded = cells.get(Criterion.DEMONSTRATIONS)
    return Row(
        id=str(attempt.pk),
        code=attempt.code,
        handed_in_on=attempt.handed_in_at.date(),
        cells=cells,
        chosen=assessed.measures.get("chosen", {}) if assessed else {},
        outcome=outcome,
        state=STATE_OF[outcome],
        is_graded=graded is None or graded.measures.get("grades", 0) >= graded.measures.get("grades_wanted", 0),
    )


def _cell(criterion, result, cutoff):
    if result is None:
        return Cell(criterion, None, None, None, 0, None, "no_items", {})
    meets = None if result.value is None else result.value >= cutoff
    return Cell(
        criterion, result.value, result.low, result.high, result.n, meets, result.why_undefined, result.measures
    )


def _sorted(rows, sort):
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name in SCORED:
        known = [row for row in rows if name in row.cells and row.cells[name].value is not None]
        unknown = [row for row in rows if row not in known]
        return sorted(known, key=lambda row: row.cells[name].value, reverse=backwards) + unknown
    return sorted(rows, key=lambda row: (row.handed_in_on, row.code) if name == "day" else row.code, reverse=backwards)
