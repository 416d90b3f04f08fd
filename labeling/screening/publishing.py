"""Is a test ready for applicants? It is complete, its key is whole and balanced; from then on nothing of it changes."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.labels import reopening
from labeling.labels.models import Lock
from labeling.quality.models import Gold
from labeling.screening import balance, building, keys
from labeling.screening.models import Criterion, Test, TestState
from labeling.work import fixing, projects

STRATEGIES = {
    "always_no": lambda: _("Somebody who always says no would reach %(reaches)s of %(cutoff)s: balance the key."),
    "always_yes": lambda: _("Somebody who always says yes would reach %(reaches)s of %(cutoff)s: balance the key."),
    "constant": lambda: _(
        "Somebody who gives each question one answer throughout would reach %(reaches)s of %(cutoff)s: balance the key."
    ),
    "one_apart": lambda: _(
        "Somebody who tells only one response of each ranking from the rest would reach %(reaches)s of %(cutoff)s: "
        "let the key tie less."
    ),
}


def faults(test):
    """Return a sentence for everything that keeps the test from being published."""
    return [*_faults_of_sections(test), *_faults_of_key(test), *_faults_of_balance(test)]


@transaction.atomic
def publish(*, test, by):
    """Open the sections to applicants, and lock the key. Raises ValidationError with every fault."""
    test = Test.objects.select_for_update().get(pk=test.pk)
    building.check_draft(test)
    sections = list(test.sections.select_related("project__form"))
    for section in sections:
        fixing.fix(project=section.project)
    # Locked before it is looked at: nobody corrects an answer of the key between the look and the lock.
    key = Gold.objects.filter(task__project__section__test=test).values_list("label", flat=True)
    reopening.lock(labels=list(key), because=Lock.KEY)
    if found := faults(test):
        raise ValidationError(found)
    test.state, test.published_at, test.published_by = TestState.PUBLISHED, timezone.now(), by
    test.save(update_fields=["state", "published_at", "published_by"])
    for section in sections:
        projects.open_project(project=section.project)
    return test


def close(*, test):
    """Take no further applicants. Those who have begun may finish."""
    Test.objects.filter(pk=test.pk, state=TestState.PUBLISHED).update(state=TestState.CLOSED, is_open=False)
    test.refresh_from_db()
    return test


def _faults_of_sections(test):
    sections = list(test.sections.select_related("project"))
    if not any(section.criterion != Criterion.PRACTICE for section in sections):
        yield _("The test has no section that counts.")
    for section in sections:
        if not section.project.tasks.in_play().exists():
            yield _("“%(section)s” has no items: add tasks to its project.") % {"section": section.title}


def _faults_of_key(test):
    for section in test.sections.filter(criterion__in=keys.KEYED):
        tasks = section.project.tasks.in_play()
        names = {"section": section.title, "n": tasks.filter(gold__isnull=True).count(), "of": tasks.count()}
        if names["n"]:
            yield _("“%(section)s”: %(n)d of %(of)d items have no right answer yet.") % names
        names["n"] = keys.outdated(tasks).count()
        if names["n"]:
            yield (
                _("“%(section)s”: %(n)d of %(of)d right answers were corrected or reopened since: choose again.")
                % names
            )
        if section.criterion == Criterion.PRACTICE:
            names["n"] = tasks.filter(Q(gold__explanation="")).count()
            if names["n"]:
                yield _("“%(section)s”: %(n)d of %(of)d right answers are not explained yet.") % names


def _faults_of_balance(test):
    for strategy in balance.strategies(test):
        if strategy.passes:
            shown = {"reaches": f"{strategy.reaches:.0%}", "cutoff": f"{strategy.cutoff:.0%}"}
            yield STRATEGIES[strategy.name]() % shown
        if strategy.name == "all_tied" and strategy.told_apart is None:
            yield _("The rankings of the key have no pair to compare.")
