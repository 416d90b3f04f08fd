"""What may an applicant see of their results? Where the test allows it, and once it is decided."""

from django.utils.translation import gettext as _

from labeling.screening.models import SCORED, Criterion
from labeling.screening.selecting import cutoffs

NAMES = {
    Criterion.FLAGS: lambda: _("Agreement on sensitive speech"),
    Criterion.RANKINGS: lambda: _("Agreement on rankings"),
    Criterion.DEMONSTRATIONS: lambda: _("Grade of your demonstrations"),
}


def of(attempt):
    """Return [{"name", "value", "low", "high", "cutoff", "is_grade"}, …] as texts, or nothing where none is given."""
    if not attempt.test.gives_feedback or not attempt.decisions.exists():
        return []
    found = {result.criterion: result for result in attempt.results.filter(criterion__in=SCORED)}
    return [
        _line(criterion, found[criterion], cutoffs(attempt.test)[criterion])
        for criterion in SCORED
        if criterion in found
    ]


def _line(criterion, result, cutoff):
    is_grade = criterion == Criterion.DEMONSTRATIONS
    return {
        "name": NAMES[criterion](),
        "value": as_text(result.value, is_grade=is_grade),
        "low": as_text(result.low, is_grade=is_grade),
        "high": as_text(result.high, is_grade=is_grade),
        "cutoff": as_text(cutoff, is_grade=is_grade),
    }


def as_text(value, *, is_grade):
    """Return a share as percents, a grade with one decimal, and nothing as a dash."""
    if value is None:
        return "–"
    return f"{value:.1f}" if is_grade else f"{value:.0%}"
