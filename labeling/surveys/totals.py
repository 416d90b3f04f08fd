"""What have people said as a whole? Totals over at least five, and only of quarters that are over.

While a quarter runs, a total that is looked at before and after somebody answers would tell what they said.
"""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from labeling.stats.intervals import Estimate, mean_over_items
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
from labeling.surveys.suppression import FEWEST, shown_of_one, shown_of_several

SKIPPED, OTHERS = "", "others"


@dataclass(frozen=True)
class Cell:
    """One answer and how many gave it: `n` is None where that is hidden."""

    label: str
    n: int | None
    key: str = SKIPPED


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
    """Return {"people": n, "questions": [(name, [Cell])]}; None in place of n while fewer than five are counted."""
    rows = _in_whole_batches(list(Demographics.objects.filter(quarter__lt=quarter_of()).order_by("quarter")))
    if len(rows) < FEWEST:
        return {"people": None, "questions": []}
    single = {"gender": Gender, "age_band": AgeBand, "education": Education}
    questions = [
        (str(words_of(Demographics, name)), _single(rows, name, dict(choices.choices)))
        for name, choices in single.items()
    ]
    questions.append((str(words_of(Demographics, "nationality")), _nationalities(rows)))
    questions.append((str(words_of(Demographics, "ethnicities")), _ethnicities(rows)))
    return {"people": len(rows), "questions": questions}


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


def _in_whole_batches(rows):
    """Whole quarters, as far as each step adds at least five people: a smaller step would be a group of its own."""
    counted: list[Demographics] = []
    step: list[Demographics] = []
    for quarter in sorted({row.quarter for row in rows}):
        step += [row for row in rows if row.quarter == quarter]
        if len(step) >= FEWEST:
            counted, step = counted + step, []
    return counted


def _single(rows, name, labels):
    counts = Counter(getattr(row, name) for row in rows)
    shown = shown_of_one({key: counts[key] for key in (*labels, SKIPPED)})
    return [Cell(str(labels.get(key, "")), n, key) for key, n in shown.items()]


def _nationalities(rows):
    """Countries that are hidden are not so much as named: that one is on the list would tell of somebody."""
    codes = sorted({row.nationality for row in rows} - {SKIPPED}, key=name_of)
    cells = _single(rows, "nationality", {code: name_of(code) for code in codes})
    shown = [cell for cell in cells if cell.n is not None]
    return shown if len(shown) == len(cells) else [*shown, Cell(_("all others"), None, OTHERS)]


def _ethnicities(rows):
    """Shares of those who chose any; as several may be chosen, they may add up to more than all."""
    answered = [row for row in rows if row.ethnicities]
    counts = Counter(one for row in answered for one in row.ethnicities)
    shown = shown_of_several({key: counts[key] for key in Ethnicity.values}, len(answered))
    return [Cell(str(Ethnicity(key).label), n, key) for key, n in shown.items()]


def _said(rows, name):
    values = [value for row in rows if (value := getattr(row, name)) is not None]
    enough = len(values) >= FEWEST
    statement = str(words_of(Satisfaction, name))
    return Said(statement, mean_over_items(values, lowest=1, highest=5) if enough else None)
