"""Would somebody pass who does not look? What answers that never change would reach against the key."""

from dataclasses import dataclass

from labeling.labels.models import Answer
from labeling.screening import keys
from labeling.screening.models import Criterion, RankingVariant
from labeling.stats.agreement import pair_agreement


@dataclass(frozen=True)
class Strategy:
    """One way not to look, the agreement that it would reach (None: there is none), and the cut-off to stay below."""

    criterion: str
    name: str
    reaches: float | None
    cutoff: float

    @property
    def passes(self):
        return self.reaches is not None and self.reaches >= self.cutoff


def strategies(test):
    """Return every Strategy against the key as it stands."""
    return [*_flags(test), *_rankings(test)]


def _flags(test):
    """Always no, always yes, and to each question the answer that is right most often."""
    rows = Answer.objects.filter(
        label__gold__task__project__section__test=test,
        label__gold__task__project__section__criterion=Criterion.FLAGS,
        yes__isnull=False,
    ).values_list("question__key", "yes")
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
    """Everything tied. An order that is the same for all is a matter of chance, because everybody sees another one."""
    labels = key_labels(test, Criterion.RANKINGS)
    orders = [said["ranking", None] for said in keys.answers_of(labels).values() if ("ranking", None) in said]
    if not orders:
        return []
    scores = [_all_tied(order, test.ranking_variant) for order in orders]
    counted = [score for score in scores if score is not None]
    reaches = sum(counted) / len(counted) if counted else None
    return [Strategy(Criterion.RANKINGS, "all_tied", reaches, float(test.cutoff_rankings))]


def _all_tied(order, variant):
    ranks = [rank for rank, group in enumerate(order, start=1) for _candidate in group]
    return pair_agreement(ranks, [1] * len(ranks), RankingVariant(variant).value)


def key_labels(test, criterion):
    """Return the ids of the labels that are the key of the test's sections for the criterion."""
    found = test.sections.filter(criterion=criterion, project__tasks__gold__isnull=False)
    return list(found.values_list("project__tasks__gold__label", flat=True))
