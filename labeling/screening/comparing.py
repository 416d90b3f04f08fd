"""What did an applicant answer, beside the key? For the people who decide, who do not know whose answers they read."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from labeling.guidelines.models import Question
from labeling.labels.models import Label
from labeling.quality.models import Gold, Grade
from labeling.screening import deciding, keys, saying
from labeling.screening.models import Criterion
from labeling.screening.selecting import offered
from labeling.stats.agreement import pair_agreement
from labeling.work.models import LETTERS, Assignment, AssignmentState, Task, TaskCandidate


@dataclass
class Line:
    """One question about an item: what the key says, and what was answered."""

    asked: str
    right: str
    given: str
    agrees: bool | None = None


@dataclass
class Item:
    """One task as its reader sees it; letters are those of this page."""

    number: int
    messages: list
    responses: list[tuple[str, str]]
    lines: list[Line] = field(default_factory=list)
    is_answered: bool = False
    was_skipped: bool = False
    agreement: str = ""
    text: str = ""
    grades: list = field(default_factory=list)
    grades_missing: int = 0


@dataclass
class Part:
    """One section of the test."""

    title: str
    criterion: str
    minutes: int
    items: list[Item]


def parts_of(attempt):
    """Return the attempt's Parts without the practice, in a number of queries that does not grow with their items."""
    said = _Said(attempt)
    return [
        Part(
            title=section.shown_title,
            criterion=section.criterion,
            minutes=round(sum(label.seconds for label in said.labels.values() if label.of == section.project_id) / 60),
            items=said.items(section),
        )
        for section in attempt.test.sections.exclude(criterion=Criterion.PRACTICE).select_related("project")
    ]


class _Said:
    """All that the items of one attempt are made of, read once."""

    def __init__(self, attempt):
        self.attempt, self.test = attempt, attempt.test
        self.tasks = Task.objects.in_play().filter(project__section__test=self.test).select_related("prompt")
        self.tasks = list(self.tasks.order_by("-priority", "-position"))
        self.candidates = _candidates(self.test)
        own = Assignment.objects.filter(labeler=attempt.applicant, project__section__test=self.test)
        self.skipped = set(own.filter(state=AssignmentState.SKIPPED).values_list("task", flat=True))
        self.labels = _labels(own.filter(state=AssignmentState.SUBMITTED))
        self.gold = dict(Gold.objects.filter(task__project__section__test=self.test).values_list("task", "label"))
        self.answers = keys.answers_of([*self.gold.values(), *(label.pk for label in self.labels.values())])
        self.grades = _grades(self.labels.values())
        self.questions = _questions(self.test)
        self.choices = offered(self.test)
        self.is_decided = deciding.is_final(attempt)

    def items(self, section):
        tasks = [task for task in self.tasks if task.project_id == section.project_id]
        tasks = tasks[: section.project.most_per_labeler]
        return [self._item(section.criterion, number, task) for number, task in enumerate(tasks, start=1)]

    def _item(self, criterion, number, task):
        label = self.labels.get(task.pk)
        responses = self.candidates.get(task.pk, {})
        item = Item(
            number=number,
            messages=task.prompt.messages if task.prompt else [],
            responses=list(responses.values()),
            is_answered=label is not None,
            was_skipped=task.pk in self.skipped,
        )
        letters = {candidate: letter for candidate, (letter, _text) in responses.items()}
        right = self.answers.get(self.gold.get(task.pk), {})
        given = self.answers.get(label.pk, {}) if label else {}
        match criterion:
            case Criterion.FLAGS:
                item.lines = self._flags(right, given, letters)
            case Criterion.RANKINGS:
                item.lines = _ranks(right, given, letters)
                item.agreement = self._agreement(right, given)
            case Criterion.DEMONSTRATIONS if label:
                self._written(item, label)
            case Criterion.SELF_ASSESSMENT:
                item.lines = self._chosen(given)
        return item

    def _flags(self, right, given, letters):
        asked = [key for key in right if isinstance(right[key], bool)]
        return [
            Line(
                asked=f"{letters[candidate]}: {self._wording(key)}" if candidate in letters else self._wording(key),
                right=_said(right[key, candidate]),
                given=_said(given[key, candidate]) if (key, candidate) in given else "",
                agrees=right[key, candidate] == given[key, candidate] if (key, candidate) in given else None,
            )
            for key, candidate in sorted(asked, key=lambda key: (letters.get(key[1], ""), key[0]))
        ]

    def _agreement(self, right, given):
        ranks, theirs = _by_candidate(right), _by_candidate(given)
        if not ranks or set(ranks) != set(theirs):
            return ""
        value = pair_agreement(list(ranks.values()), [theirs[one] for one in ranks], self.test.ranking_variant)
        return saying.share(value)

    def _written(self, item, label):
        """Grades are for all eyes when all have been given: until then graders do not see each other's."""
        item.text = label.demonstration.text
        grades = self.grades.get(label.pk, [])
        item.grades_missing = max(self.test.graders - len(grades), 0)
        item.grades = grades if self.is_decided or not item.grades_missing else []

    def _chosen(self, given):
        chosen = {key: value for (key, _candidate), value in given.items()}
        return [
            Line(asked=question.shown_wording, right="", given=self._labelled(key, chosen[key]))
            for key, question in self.questions.items()
            if key in chosen
        ]

    def _labelled(self, question, value):
        if not isinstance(value, list):
            known = self.choices.get(f"{question}:{value}")
            return known.shown_label if known else _said(value)
        return ", ".join(self._labelled(question, one) for one in value) or saying.DASH

    def _wording(self, key):
        return self.questions[key].shown_wording if key in self.questions else key


def _candidates(test):
    """Return {task id: {candidate id: (letter, text)}}."""
    found: dict = {}
    rows = TaskCandidate.objects.filter(task__project__section__test=test).order_by("task", "ordinal")
    for candidate, task, text in rows.values_list("pk", "task", "response__text"):
        of_task = found.setdefault(task, {})
        of_task[candidate] = LETTERS[len(of_task)], text
    return found


def _labels(assignments):
    """Return {task id: Label}, each with its project as `of`."""
    labels = Label.objects.standing().filter(assignment__in=assignments).select_related("assignment", "demonstration")
    found = {label.assignment.task_id: label for label in labels}
    for label in found.values():
        label.of = label.assignment.project_id
    return found


def _grades(labels):
    """Return {label id: [(grade, comment), …]}, without who gave them."""
    found: dict = {}
    ids = [label.pk for label in labels]
    for label, score, comment in (
        Grade.objects.filter(label__in=ids).order_by("score", "pk").values_list("label", "score", "comment")
    ):
        found.setdefault(label, []).append((score, comment))
    return found


def _questions(test):
    questions = Question.objects.filter(version__form__projects__section__test=test)
    return {question.key: question for question in questions.order_by("version__number", "position")}


def _ranks(right, given, letters):
    ranks, theirs = _by_candidate(right), _by_candidate(given)
    return [
        Line(
            asked=_("Rank of response %(letter)s") % {"letter": letters[candidate]},
            right=str(ranks[candidate]) if candidate in ranks else "",
            given=str(theirs[candidate]) if candidate in theirs else "",
        )
        for candidate in letters
    ]


def _by_candidate(answers):
    """Return {candidate id: rank} of an order as `keys.answers_of` has it."""
    groups = answers.get(("ranking", None), [])
    return {candidate: rank for rank, group in enumerate(groups, start=1) for candidate in sorted(group)}


def _said(value):
    if value is None:
        return _("Not applicable")
    return {True: _("Yes"), False: _("No")}.get(value, str(value)) if isinstance(value, bool) else str(value)
