"""What did an attempt come to? Agreement with the key, and the grades of what was written, each with its interval."""

from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from labeling.guidelines.models import Scale
from labeling.labels.models import Answer, Label, Place
from labeling.quality.models import Gold, Grade
from labeling.screening import keys
from labeling.screening.models import SCORED, Attempt, Criterion, Result
from labeling.stats.agreement import flag_agreement, grade_agreement, pairs_told_apart, ranking_agreement
from labeling.stats.intervals import mean_over_items, undefined
from labeling.work.models import AssignmentState

# Of the items, and of the pairs that the key puts in order: whoever answers fewer has chosen what to be measured by.
ENOUGH = 0.8


def score(*, attempt):
    """Work out and store the results of one attempt, in place of earlier ones."""
    score_all(test=attempt.test, attempts=[attempt])


@transaction.atomic
def score_all(*, test, attempts=None):
    """The same for many attempts at one test, or all that were handed in, in a number of queries that does not grow."""
    if attempts is None:
        attempts = Attempt.objects.filter(test=test, handed_in_at__isnull=False)
    attempts = _in_line(attempts)
    key, said = _key(test), _said(test, attempts)
    now = timezone.now()
    results = [
        Result(attempt=attempt, criterion=criterion, worked_out_at=now, **found)
        for attempt in attempts
        for criterion, found in _results(test, key, said.get(attempt.applicant_id, _Said()))
    ]
    Result.objects.filter(attempt__in=attempts).delete()
    Result.objects.bulk_create(results)


def _in_line(attempts):
    """Lock the attempts: of two graders at a time, the second one's scoring knows the first one's grade."""
    ids = [attempt.pk for attempt in attempts]
    return list(Attempt.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk"))


class _Said:
    """What one person answered, by task."""

    def __init__(self):
        self.flags: dict = {}  # task → {(question, candidate): yes}
        self.ranks: dict = {}  # task → {candidate: rank}
        self.grades: dict = {}  # task → [grade, …] of a demonstration, none yet being []
        self.chosen: dict = {}  # question → [choice, …]


def _results(test, key, said):
    """Yield (criterion, fields of its Result) for each criterion that the test has sections for."""
    criteria = set(key.tasks)
    if Criterion.FLAGS in criteria:
        yield Criterion.FLAGS, _flags(key, said)
    if Criterion.RANKINGS in criteria:
        yield Criterion.RANKINGS, _rankings(key, said, test.ranking_variant)
    if Criterion.DEMONSTRATIONS in criteria:
        yield Criterion.DEMONSTRATIONS, _demonstrations(key, said, test.graders)
    if Criterion.SELF_ASSESSMENT in criteria:
        yield Criterion.SELF_ASSESSMENT, {"n": len(said.chosen), "measures": {"chosen": said.chosen}}


def _flags(key, said):
    """Of each item, the decisions that both made. What was not answered is no evidence either way, and is counted."""
    tasks = key.tasks[Criterion.FLAGS]
    items = [
        [(right, given[what]) for what, right in key.flags.get(task, {}).items() if what in given]
        for task in tasks
        if (given := said.flags.get(task))
    ]
    measures = flag_agreement(items)
    decisions = [pair for item in items for pair in item]
    counts = {
        "both_yes": decisions.count((True, True)),
        "missed": decisions.count((True, False)),
        "false_alarms": decisions.count((False, True)),
        "both_no": decisions.count((False, False)),
    }
    answered = {"answered": len(items), "items": len(tasks)}
    return _fields(measures.pop("agreement"), measures, **answered, counts=counts)


def _rankings(key, said, variant):
    tasks = key.tasks[Criterion.RANKINGS]
    items = [
        ([right[candidate] for candidate in right], [given[candidate] for candidate in right])
        for task in tasks
        if (right := key.ranks.get(task)) and (given := said.ranks.get(task)) and set(right) == set(given)
    ]
    measures = ranking_agreement(items, variant)
    told, possible = pairs_told_apart(items)
    answered = {"answered": len(items), "items": len(tasks), "pairs": told, "pairs_possible": possible}
    return _fields(measures.pop("agreement"), measures, **answered, variant=variant)


def _demonstrations(key, said, graders):
    """Of each demonstration the mean of its grades, and of these the mean."""
    written = [said.grades[task] for task in key.tasks[Criterion.DEMONSTRATIONS] if task in said.grades]
    grades = [item for item in written if item]
    wanted = graders * len(written)
    given = sum(map(len, written))
    means = [sum(item) / len(item) for item in grades]
    value = mean_over_items(means, lowest=1, highest=7) if means else undefined("not_graded" if wanted else "no_items")
    facts = {
        "answered": len(written),
        "items": len(key.tasks[Criterion.DEMONSTRATIONS]),
        "grades": given,
        "grades_wanted": wanted,
        "to_grade": sum(max(graders - len(item), 0) for item in written),
    }
    return _fields(value, grade_agreement(grades), **facts)


def _fields(estimate, measures, **facts):
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "why_undefined": estimate.why,
        "measures": {name: asdict(measure) for name, measure in measures.items()} | facts,
    }


class _Key:
    """The right answers of one test, and which tasks everybody is asked by each criterion."""

    def __init__(self):
        self.tasks: dict = {}  # criterion → [task, …]
        self.flags: dict = {}  # task → {(question, candidate): yes}
        self.ranks: dict = {}  # task → {candidate: rank}


def _key(test):
    key = _Key()
    for section in test.sections.filter(criterion__in=[*SCORED, Criterion.SELF_ASSESSMENT]).select_related("project"):
        key.tasks.setdefault(Criterion(section.criterion), []).extend(keys.asked(section))
    labels = dict(Gold.objects.filter(task__project__section__test=test).values_list("label", "task"))
    for label, question, candidate, yes in _flag_rows(labels):
        key.flags.setdefault(labels[label], {})[question, candidate] = yes
    for label, candidate, rank in _rank_rows(labels):
        key.ranks.setdefault(labels[label], {})[candidate] = rank
    return key


def _said(test, attempts):
    """Return {person id: _Said}."""
    people = [attempt.applicant_id for attempt in attempts]
    labels = Label.objects.standing().filter(
        assignment__project__section__test=test,
        assignment__labeler__in=people,
        assignment__state=AssignmentState.SUBMITTED,
    )
    rows = labels.values_list("pk", "assignment__labeler", "assignment__task", "demonstration")
    said: dict[int, _Said] = {}
    whose = {}
    for label, person, task, demonstration in rows:
        one = said.setdefault(person, _Said())
        whose[label] = one, task
        if demonstration:
            one.grades.setdefault(task, [])
    for label, question, candidate, yes in _flag_rows(whose):
        one, task = whose[label]
        one.flags.setdefault(task, {})[question, candidate] = yes
    for label, candidate, rank in _rank_rows(whose):
        one, task = whose[label]
        one.ranks.setdefault(task, {})[candidate] = rank
    for label, grade in Grade.objects.filter(label__in=whose).order_by("pk").values_list("label", "score"):
        one, task = whose[label]
        one.grades.setdefault(task, []).append(grade)
    for label, question, chosen in _chosen_rows(whose):
        whose[label][0].chosen[question] = chosen
    return said


def _flag_rows(labels):
    answers = Answer.objects.filter(label__in=list(labels), yes__isnull=False)
    return answers.order_by("pk").values_list("label", "question__key", "rating__slot__candidate", "yes")


def _rank_rows(labels):
    places = Place.objects.filter(ranking__label__in=list(labels))
    return places.order_by("slot__candidate").values_list("ranking__label", "slot__candidate", "rank")


def _chosen_rows(labels):
    answers = Answer.objects.filter(label__in=list(labels), question__scale__in=[Scale.CHOICE, Scale.CHOICES])
    return answers.filter(chosen__isnull=False).order_by("pk").values_list("label", "question__key", "chosen")
