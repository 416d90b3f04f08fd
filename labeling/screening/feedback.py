"""What may an applicant see of their results? Where the test allows it, and once it is decided."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.screening import deciding, saying
from labeling.screening.models import SCORED, Criterion
from labeling.screening.selecting import cutoffs

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

    [{"name", "meaning", "value", "low", "high", "n", "cutoff", "why"}, …]; "low" and "high" are empty where so little
    was answered that there is no interval.
    """
    if not attempt.test.gives_feedback or not deciding.is_final(attempt):
        return []
    found = {result.criterion: result for result in attempt.results.filter(criterion__in=SCORED)}
    return [
        _line(criterion, found[criterion], cutoffs(attempt.test)[criterion])
        for criterion in SCORED
        if criterion in found
    ]


def _line(criterion, result, cutoff):
    said = _grade if criterion == Criterion.DEMONSTRATIONS else saying.share
    return {
        "name": NAMES[criterion],
        "meaning": MEANINGS[criterion],
        "value": said(result.value),
        "low": "" if result.low is None else said(result.low),
        "high": "" if result.high is None else said(result.high),
        "n": result.n,
        "cutoff": said(cutoff),
        "why": "" if result.value is not None else saying.why(result.why_undefined),
    }


def _grade(value):
    return saying.DASH if value is None else _("%(grade)s of 7") % {"grade": saying.number(value)}
