"""How is a measure said: as a number, with its interval, or in a sentence why there is none?"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.screening.models import Criterion

DASH = "–"

# Why there is no number, by the keys of `stats.intervals.Estimate`.
WHY = {
    "no_items": gettext_lazy("Nothing was answered that could be counted."),
    "not_graded": gettext_lazy("Nobody has graded anything yet."),
    "one_sided": gettext_lazy("It is undefined: there was nothing but one answer."),
    "none_in_the_key": gettext_lazy("It is undefined: in what was answered, the key calls nothing sensitive."),
    "none_given": gettext_lazy("It is undefined: nothing was flagged."),
    "all_ties": gettext_lazy("It is undefined: everything was tied."),
    "one_grader": gettext_lazy("It is undefined: nothing was graded twice."),
    "all_alike": gettext_lazy("It is undefined: all grades are the same."),
}
# What the other measures are called, and what they say.
MEASURES = {
    "recall": (
        gettext_lazy("Sensitive speech found"),
        gettext_lazy("Of what the key calls sensitive, the share that was flagged (recall)."),
    ),
    "precision": (
        gettext_lazy("Flags that were right"),
        gettext_lazy("Of what was flagged, the share that the key calls sensitive (precision)."),
    ),
    "kappa": (
        gettext_lazy("Cohen's kappa"),
        gettext_lazy("Agreement beyond chance: 0 is what “always No” reaches, 1 is perfect."),
    ),
    "positive_agreement": (
        gettext_lazy("Agreement on Yes"),
        gettext_lazy("2a / (2a + b + c): what both call sensitive, against what only one of them does."),
    ),
    "tau_b": (
        gettext_lazy("Kendall's τ-b"),
        # xgettext:no-python-format
        gettext_lazy("From −1, the opposite order, to 1, the same; 0.5 is 75 % of the pairs where there are no ties."),
    ),
    "within_1": (
        gettext_lazy("Graders within one grade"),
        gettext_lazy("Of all pairs of grades of one text, the share that differs by at most 1."),
    ),
    "alpha": (
        gettext_lazy("Graders' agreement, Krippendorff's alpha"),
        gettext_lazy("For ordinal data: 0 is chance, 1 is perfect."),
    ),
}
SHARES = ("recall", "precision", "positive_agreement", "within_1")
COUNTS = {
    "both_yes": gettext_lazy("both Yes (a)"),
    "missed": gettext_lazy("missed (b)"),
    "false_alarms": gettext_lazy("false alarms (c)"),
    "both_no": gettext_lazy("both No (d)"),
}


def why(key):
    """Return the sentence for a number that there is not; an empty one where there is a number."""
    return str(WHY.get(key, key))


def share(value):
    """Return a share in percents, with the decimal by which it may miss a cut-off.

    >>> share(0.7467), share(0.75), share(None)
    ('74.7 %', '75 %', '–')
    """
    return DASH if value is None else f"{100 * value:.1f}".removesuffix(".0") + " %"


def number(value):
    """Return a grade or a coefficient.

    >>> number(5.958), number(-0.25), number(None)
    ('5.96', '−0.25', '–')
    """
    return DASH if value is None else f"{value:.2f}".replace("-", "−")


def of_criterion(criterion):
    """Return the function that says a value of the criterion."""
    return number if criterion == Criterion.DEMONSTRATIONS else share


def interval(low, high, said):
    """Return “from – to” in the way of `said`, or nothing where there is no interval."""
    return "" if low is None else f"{said(low)} – {said(high)}"


def measures_of(measures):
    """Return what else is known of a result, as [{"name", "meaning", "value", "interval", "n", "why"}, …]."""
    return [_line(name, measures[name]) for name in MEASURES if name in measures]


def _line(name, measure):
    said = share if name in SHARES else number
    title, meaning = MEASURES[name]
    return {
        "name": title,
        "meaning": meaning,
        "value": said(measure["value"]),
        "interval": interval(measure["low"], measure["high"], said),
        "n": measure["n"],
        "why": "" if measure["value"] is not None else why(measure["why"]),
    }


def counts_of(measures):
    """Return the four counts that the measures of flags rest on, as [(name, count), …]."""
    counts = measures.get("counts", {})
    return [(name, counts[key]) for key, name in COUNTS.items() if key in counts]


def evidence(measures):
    """Return how much was answered, in a sentence; nothing where that is not kept."""
    if "items" not in measures:
        return ""
    answered = _("%(answered)d of %(items)d answered") % measures
    if "pairs_possible" not in measures:
        return answered
    return answered + " · " + _("%(pairs)d of %(pairs_possible)d pairs put in order") % measures
