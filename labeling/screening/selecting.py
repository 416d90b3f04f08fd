"""Whom might we choose? All who handed in, by their codes alone: the four criteria, and what the team would cover."""

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from labeling.guidelines.models import Choice
from labeling.people import consenting
from labeling.people.models import Cohort, CohortMembership, Standing
from labeling.screening import drawn, saying
from labeling.screening.models import SCORED, Attempt, Criterion, Decision, Outcome, Result
from labeling.screening.scoring import ENOUGH

STATES = ("to_decide", "admitted", "waiting", "declined")
STATE_OF: dict[str | None, str] = {
    None: "to_decide",
    Outcome.TRAINING: "admitted",
    Outcome.HELD_OUT: "admitted",
    Outcome.WAITING: "waiting",
    Outcome.DECLINED: "declined",
}
NEARLY = 1e-9  # a mean of sixths that is 0.75 on paper


@dataclass
class Cell:
    """One criterion of one applicant; without a value `why` is the key of a sentence."""

    criterion: str
    cutoff: float
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    why: str = "no_items"
    measures: dict = field(default_factory=dict)

    @property
    def name(self):
        return Criterion(self.criterion).label

    @property
    def scale(self):
        return (1, 7) if self.criterion == Criterion.DEMONSTRATIONS else (0, 1)

    @property
    def is_enough(self):
        """Was so much answered, and of rankings told apart, that the value is of what was asked?"""
        counted = (("answered", "items"), ("pairs", "pairs_possible"))
        return all(
            self.measures[done] >= ENOUGH * self.measures[of] - NEARLY for done, of in counted if of in self.measures
        )

    @property
    def meets(self):
        """Does the value reach the soft cut-off, with enough behind it? None where there is no value yet."""
        return None if self.value is None else self.is_enough and self.value >= self.cutoff - NEARLY

    @property
    def may_meet(self):
        """Is the cut-off within the interval, though the value falls short of it?"""
        if self.value is None or self.high is None or not self.is_enough:
            return False
        return self.value < self.cutoff - NEARLY <= self.high

    @property
    def said(self):
        return saying.of_criterion(self.criterion)(self.value)

    @property
    def interval(self):
        return saying.interval(self.low, self.high, saying.of_criterion(self.criterion))

    @property
    def cutoff_said(self):
        return saying.of_criterion(self.criterion)(self.cutoff)

    @property
    def why_not(self):
        return saying.why(self.why)

    @property
    def evidence(self):
        return saying.evidence(self.measures)

    @property
    def drawing(self):
        return drawn.interval(self)

    @property
    def to_grade(self):
        """How many grades are still missing."""
        return self.measures.get("to_grade", 0)


@dataclass
class Row:
    """One applicant without a name. `n_decisions` says how much its reader knew of what was decided."""

    id: str
    code: str
    handed_in_on: object
    cells: dict[str, Cell]
    chosen: dict[str, list[str]]
    outcome: str | None
    n_decisions: int
    has_withdrawn: bool = False  # their consent, and not agreed again since
    is_at_work: bool = False  # in the training cohort, neither suspended nor retired

    @property
    def state(self):
        return STATE_OF[self.outcome]

    @property
    def outcome_said(self):
        return Outcome(self.outcome).label if self.outcome else ""

    @property
    def may_be_decided(self):
        return self.state != "admitted"

    @property
    def is_graded(self):
        return not any(cell.to_grade for cell in self.cells.values())

    @property
    def meets_all(self):
        return all(cell.meets for cell in self.cells.values())

    @property
    def covers(self):
        """What they say that they can judge: ["topics:hate", …]."""
        return [f"{question}:{choice}" for question, choices in self.chosen.items() for choice in choices]


@dataclass
class Coverage:
    """How many of a team know their way around one topic or group."""

    question: str
    choice: str
    key: str  # as in Row.covers
    label: str
    members: list[str]

    @property
    def people(self):
        return len(self.members)


def rows(test, *, sort=None, state=None, only_meeting=False, codes=None):
    """Return the Rows of all attempts handed in, in a number of queries that does not grow.

    `sort` is a criterion, "code" or "day", with "-" before it for the highest first; those without a value come last.
    `codes` are those to look at, if not all.
    """
    attempts = Attempt.objects.filter(test=test, handed_in_at__isnull=False)
    if codes is not None:
        attempts = attempts.filter(code__in=codes)
    results, outcomes, criteria = _results(attempts), _outcomes(attempts), criteria_of(test)
    found = [
        _row(test, attempt, results.get(attempt.pk, {}), outcomes.get(attempt.pk, []), criteria)
        for attempt in _with_standing(attempts).only("pk", "code", "handed_in_at")
    ]
    return arranged(found, sort=sort, state=state, only_meeting=only_meeting)


def _with_standing(attempts):
    at_work = CohortMembership.objects.filter(
        labeler=OuterRef("applicant"), cohort=Cohort.TRAINING, standing=Standing.ACTIVE
    )
    return attempts.annotate(has_withdrawn=consenting.is_withdrawn(OuterRef("applicant")), is_at_work=Exists(at_work))


def arranged(rows, *, sort=None, state=None, only_meeting=False):
    """Return those of the Rows that are asked for, in the order that is asked for, as `rows` says."""
    found = [row for row in rows if state in (None, "", row.state) and (row.meets_all or not only_meeting)]
    return _sorted(found, sort or "code")


def team(rows, *, chosen=()):
    """Return the Rows of those who were admitted and make training data now, and of those whose codes are chosen.

    Whoever is held out, suspended or retired knows their way around as much, and judges nothing for it.
    """
    return [row for row in rows if (row.state == "admitted" and row.is_at_work) or row.code in chosen]


def _results(attempts):
    found: dict = {}
    for result in Result.objects.filter(attempt__in=attempts):
        found.setdefault(result.attempt_id, {})[result.criterion] = result
    return found


def _outcomes(attempts):
    """Return {attempt id: [outcome, …]}, the newest last."""
    found: dict = {}
    decisions = Decision.objects.filter(attempt__in=attempts).order_by("decided_at", "pk")
    for attempt_id, outcome in decisions.values_list("attempt", "outcome"):
        found.setdefault(attempt_id, []).append(outcome)
    return found


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
    members: dict = {}
    for row in rows:
        for key in row.covers:
            members.setdefault(key, []).append(row.code)
    return [
        Coverage(
            question=choice.question.shown_wording,
            choice=choice.key,
            key=key,
            label=choice.shown_label,
            members=members.get(key, []),
        )
        for key, choice in offered(test).items()
    ]


def offered(test):
    """Return {"topics:hate": Choice, …} of the self-assessment, worded as in its newest version."""
    choices = Choice.objects.filter(
        question__version__form__projects__section__test=test,
        question__version__form__projects__section__criterion=Criterion.SELF_ASSESSMENT,
    ).select_related("question")
    ordered = choices.order_by("question__version__number", "question__position", "position")
    return {f"{choice.question.key}:{choice.key}": choice for choice in ordered}


def _row(test, attempt, results, outcomes, criteria):
    assessed = results.get(Criterion.SELF_ASSESSMENT)
    return Row(
        id=str(attempt.pk),
        code=attempt.code,
        handed_in_on=attempt.handed_in_at.date(),
        cells={criterion: cell_of(test, criterion, results.get(criterion)) for criterion in criteria},
        chosen=assessed.measures.get("chosen", {}) if assessed else {},
        outcome=outcomes[-1] if outcomes else None,
        n_decisions=len(outcomes),
        has_withdrawn=attempt.has_withdrawn,
        is_at_work=attempt.is_at_work,
    )


def cell_of(test, criterion, result):
    """Return the Cell of a Result, or of none."""
    cutoff = cutoffs(test)[criterion]
    if result is None:
        return Cell(criterion, cutoff)
    return Cell(
        criterion, cutoff, result.value, result.low, result.high, result.n, result.why_undefined, result.measures
    )


def _sorted(rows, sort):
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    keys = {
        "code": lambda row: row.code,
        "day": lambda row: (row.handed_in_on, row.code),
        Criterion.SELF_ASSESSMENT: lambda row: len(row.covers),
    }
    if name in keys:
        return sorted(rows, key=keys[name], reverse=backwards)
    known = [row for row in rows if name in row.cells and row.cells[name].value is not None]
    unknown = [row for row in rows if name not in row.cells or row.cells[name].value is None]
    return sorted(known, key=lambda row: row.cells[name].value, reverse=backwards) + unknown
