"""What have people said as a whole? Totals over at least five, and only of quarters that are over.

What is shown changes when a quarter ends, and then for groups of five or more: nobody's answer shows by itself.
"""

from collections import Counter
from dataclasses import dataclass

from labeling.stats.intervals import Estimate, mean_over_items
from labeling.surveys import suppression
from labeling.surveys.countries import name_of
from labeling.surveys.models import (
    STATEMENTS,
    AgeBand,
    Demographics,
    Education,
    Ethnicity,
    Gender,
    Satisfaction,
    quarter_of,
    words_of,
)
from labeling.surveys.suppression import FEWEST


@dataclass(frozen=True)
class Cell:
    """One answer and how many gave it: `n` is None where too few have, or nobody."""

    label: str
    n: int | None
    key: str


@dataclass(frozen=True)
class Said:
    """What was said of one statement in one quarter; `estimate` is None where fewer than five answered."""

    statement: str
    estimate: Estimate | None


@dataclass(frozen=True)
class Quarter:
    quarter: str
    people: int
    said: list[Said]


def demographics():
    """Return {"people": n, "questions": [(name, [Cell])]}: how many people at least, and how many gave each answer.

    `people` is None while no answer is shown. Who gave none to a question is counted nowhere: with them, all would be.
    """
    rows = list(Demographics.objects.filter(quarter__lt=quarter_of()))
    single = {"gender": Gender, "age_band": AgeBand, "education": Education}
    cells = {name: _cells(rows, name, dict(choices.choices)) for name, choices in single.items()}
    cells["nationality"] = _nationalities(rows)
    at_least = [sum(cell.n or 0 for cell in of_question) for of_question in cells.values()]
    cells["ethnicities"] = _cells(rows, "ethnicities", dict(Ethnicity.choices))
    at_least += [cell.n or 0 for cell in cells["ethnicities"]]  # several may be chosen
    if not (people := max(at_least)):
        return {"people": None, "questions": []}
    return {"people": people, "questions": [(str(words_of(Demographics, name)), cells[name]) for name in cells]}


def satisfaction(project):
    """Return a Quarter for each that is over and in which at least five spoke of `project`, oldest first."""
    rows = Satisfaction.objects.filter(project=project, quarter__lt=quarter_of()).order_by("quarter")
    by_quarter: dict[str, list[Satisfaction]] = {}
    for row in rows:
        by_quarter.setdefault(row.quarter, []).append(row)
    return [
        Quarter(quarter, len(said), [_said(said, name) for name in STATEMENTS])
        for quarter, said in by_quarter.items()
        if len(said) >= FEWEST
    ]


def _cells(rows, name, labels):
    """Return a Cell for each of the answers in `labels`, as `suppression` lets it be shown."""
    quarters = sorted({row.quarter for row in rows})
    came = Counter((answer, row.quarter) for row in rows for answer in _answers(row, name))
    shown = {key: suppression.shown([came[key, quarter] for quarter in quarters]) for key in labels}
    return [Cell(str(label), shown[key] or None, key) for key, label in labels.items()]


def _answers(row, name):
    said = getattr(row, name)
    return said if isinstance(said, list) else [said]


def _nationalities(rows):
    """Countries that are not shown are not so much as named: that one is on the list would tell of somebody."""
    codes = sorted({row.nationality for row in rows} - {""}, key=name_of)
    return [cell for cell in _cells(rows, "nationality", {code: name_of(code) for code in codes}) if cell.n]


def _said(rows, name):
    values = [value for row in rows if (value := getattr(row, name)) is not None]
    enough = len(values) >= FEWEST
    statement = str(words_of(Satisfaction, name))
    return Said(statement, mean_over_items(values, lowest=1, highest=5) if enough else None)
