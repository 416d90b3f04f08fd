"""Would somebody pass who hardly looks? What answers that say little would reach against the key, of what is asked."""

from dataclasses import dataclass

from labeling.labels.models import Answer
from labeling.quality.models import Gold
from labeling.screening import keys
from labeling.screening.models import Criterion, RankingVariant
from labeling.screening.scoring import ENOUGH
from labeling.stats.agreement import pair_agreement, pairs_told_apart


@dataclass(frozen=True)
class Strategy:
    """One way not to look, the agreement that it would reach (None: there is none), and the cut-off to stay below.

    Of rankings, `told_apart` is the share of the key's pairs that it puts in order (None: the key has no such pair).
    """

    criterion: str
    name: str
    reaches: float | None
    cutoff: float
    told_apart: float | None = 1.0

    @property
    def reaches_cutoff(self):
        return self.reaches is not None and self.reaches >= self.cutoff

    @property
    def says_too_little(self):
        return self.told_apart is None or self.told_apart < ENOUGH

    @property
    def passes(self):
        return self.reaches_cutoff and not self.says_too_little


def strategies(test):
    """Return every Strategy against the key as it stands."""
    return [*_flags(test), *_rankings(test)]


def _flags(test):
    """Always no, always yes, and to each question the answer that is right most often."""
    rows = Answer.objects.filter(label__gold__task__in=_asked(test, Criterion.FLAGS), yes__isnull=False).values_list(
        "question__key", "yes"
    )
    right: dict = {}
    for question, yes in rows:
        right.setdefault(question, []).append(yes)
    n = sum(map(len, right.values()))
    if n == 0:
        return []
    yeses = sum(map(sum, right.values()))
    best = sum(max(sum(answers), len(answers) - sum(answers)) for answers in right.values())
    cutoff = float(test.cutoff_flags)
    return [
        Strategy(Criterion.FLAGS, "always_no", (n - yeses) / n, cutoff),
        Strategy(Criterion.FLAGS, "always_yes", yeses / n, cutoff),
        Strategy(Criterion.FLAGS, "constant", best / n, cutoff),
    ]


def _rankings(test):
    """All tied, and all but one. An order that is the same for all is a matter of chance: everybody sees another."""
    labels = Gold.objects.filter(task__in=_asked(test, Criterion.RANKINGS)).values_list("label", flat=True)
    orders = [said["ranking", None] for said in keys.answers_of(labels).values() if ("ranking", None) in said]
    ranks = [[rank for rank, group in enumerate(order, start=1) for _candidate in group] for order in orders]
    strategies = {
        "all_tied": [(right, [1] * len(right)) for right in ranks],
        "one_apart": [(right, _one_apart(right)) for right in ranks if len(right) > 2],
    }
    return [_strategy(test, name, items) for name, items in strategies.items() if items]


def _one_apart(right):
    """Tie all but the best or the worst, whichever puts more pairs of the key in order; `right` has the best first."""
    others = len(right) - 1
    return max([1] + [2] * others, [1] * others + [2], key=lambda given: pairs_told_apart([(right, given)]))


def _strategy(test, name, items):
    variant = RankingVariant(test.ranking_variant).value
    shares = [pair_agreement(right, given, variant) for right, given in items]
    counted = [share for share in shares if share is not None]
    told, possible = pairs_told_apart(items)
    return Strategy(
        criterion=Criterion.RANKINGS,
        name=name,
        reaches=sum(counted) / len(counted) if counted else None,
        cutoff=float(test.cutoff_rankings),
        told_apart=told / possible if possible else None,
    )


def _asked(test, criterion):
    """Return the numbers of the tasks that everybody is asked for the criterion."""
    sections = test.sections.filter(criterion=criterion).select_related("project")
    return [task for section in sections for task in keys.asked(section)]
