"""What may an applicant see of their results? Where the test allows it, and once it is decided."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.screening import deciding, saying
from labeling.screening.models import SCORED, Criterion
from labeling.screening.selecting import cell_of

NAMES = {
    Criterion.FLAGS: gettext_lazy("Agreement on sensitive speech"),
    Criterion.RANKINGS: gettext_lazy("Agreement on rankings"),
    Criterion.DEMONSTRATIONS: gettext_lazy("Grade of your demonstrations"),
}
MEANINGS = {
    Criterion.FLAGS: gettext_lazy(
        "How often you called the same prompts and responses sensitive as the researchers did."
    ),
    Criterion.RANKINGS: gettext_lazy(
        "Of every two responses that you and the researchers ordered, how often the order was the same."
    ),
    Criterion.DEMONSTRATIONS: gettext_lazy(
        "What people who did not know your name thought of what you wrote, from 1 (worst) to 7 (best)."
    ),
}


def of(attempt):
    """Return what is shown of each criterion, in words, or nothing where none is given.

    [{"name", "meaning", "value", "interval", "n", "cutoff", "why"}, …]; "interval" is empty where so little was
    answered that there is none, and "why" says what stands against the value, if something does.
    """
    if not attempt.test.gives_feedback or not deciding.is_final(attempt):
        return []
    found = {result.criterion: result for result in attempt.results.filter(criterion__in=SCORED)}
    return [_line(cell_of(attempt.test, criterion, found[criterion])) for criterion in SCORED if criterion in found]


def _line(cell):
    said = _grade if cell.criterion == Criterion.DEMONSTRATIONS else saying.share
    return {
        "name": NAMES[cell.criterion],
        "meaning": MEANINGS[cell.criterion],
        "value": said(cell.value),
        "interval": saying.interval(cell.low, cell.high, said),
        "n": cell.n,
        "cutoff": said(cell.cutoff),
        "why": _why(cell),
    }


def _why(cell):
    if cell.value is None:
        return cell.why_not
    return "" if cell.is_enough else _("Too little to go by: %(evidence)s.") % {"evidence": cell.evidence}


def _grade(value):
    return saying.DASH if value is None else _("%(grade)s of 7") % {"grade": saying.number(value)}
