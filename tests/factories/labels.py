"""Labels as a labeler would have left them, put directly into the tables."""

from django.utils import timezone

from labeling.guidelines.models import Question
from labeling.labels.models import Answer, Label, Place, Ranking, Rating
from labeling.people.models import CohortMembership
from labeling.stats.preference import dense_ranks
from labeling.work.models import LETTERS, Assignment, Membership, Slot, Task

COLUMN_OF = {bool: "yes", int: "number", list: "chosen", str: "text"}


def assign(task, labeler, *, shown=None, state="submitted", at=None):
    """One labeler's sheet of the task. `shown` lists the candidates' ordinals as the labeler sees them, A first."""
    at = at or timezone.now()
    membership = CohortMembership.objects.filter(labeler=labeler).first()
    assignment = Assignment.objects.create(
        task=task,
        project=task.project,
        labeler=labeler,
        state=state,
        purpose=task.project.purpose,
        cohort=membership.cohort if membership else "",
        by_program=labeler.is_program,
        form_version=task.project.form.newest(),
        instructions_version=task.project.instructions.newest(),
        prompt_tags=task.prompt.tags if task.prompt else [],
        leased_at=at,
        lease_until=at,
        closed_at=None if state == "open" else at,
    )
    candidates = list(task.candidates.order_by("ordinal"))
    for place, ordinal in enumerate(shown or range(len(candidates)), start=1):
        Slot.objects.create(assignment=assignment, candidate=candidates[ordinal], place=place)
    keep_the_books(assignment)
    return assignment


def keep_the_books(assignment):
    """Count seats and sheets as the queue would have."""
    seated = Assignment.objects.filter(state__in=["open", "submitted"])
    Task.objects.filter(pk=assignment.task_id).update(
        taken=seated.filter(task=assignment.task_id, by_program=False).count()
    )
    own = seated.filter(labeler=assignment.labeler, project=assignment.project)
    Membership.objects.update_or_create(
        labeler=assignment.labeler,
        project=assignment.project,
        defaults={"taken": own.count(), "taken_from_pool": own.filter(task__is_calibration=True).count()},
    )


def say(assignment, order, *, ratings=None, answers=None, prompt_answers=None, seconds=60, at=None):
    """A label of the assignment; an earlier one is superseded.

    `order` is best first, as "B > A=C > D", or None where nothing is ranked; `ratings` is {"A": 6}; `answers` is
    {"A": {"fails_task": False}}, with None for not applicable.
    """
    at = at or timezone.now()
    revision = assignment.labels.count() + 1
    assignment.labels.filter(superseded_at=None).update(superseded_at=at)
    label = Label.objects.create(assignment=assignment, revision=revision, seconds=seconds, submitted_at=at)
    slots = {LETTERS[slot.place - 1]: slot for slot in assignment.slots.all()}
    if order:
        ranking = Ranking.objects.create(label=label)
        for letter, rank in dense_ranks(tie_groups(order)).items():
            Place.objects.create(ranking=ranking, slot=slots[letter], rank=rank)
    for letter in sorted({*(ratings or {}), *(answers or {})}):
        rating = Rating.objects.create(label=label, slot=slots[letter], overall_quality=(ratings or {}).get(letter))
        _answer(label, (answers or {}).get(letter, {}), rating)
    _answer(label, prompt_answers or {})
    return label


def rank(task, labeler, order, *, shown=None, at=None, **said):
    """A submitted ranking: `assign` and `say` in one."""
    return say(assign(task, labeler, shown=shown, at=at), order, at=at, **said)


def tie_groups(order):
    """["B"], ["A", "C"], ["D"] of "B > A=C > D"."""
    return [group.strip().replace(" ", "").split("=") for group in order.split(">")]


def _answer(label, said, rating=None):
    for key, value in said.items():
        question = Question.objects.get(version=label.assignment.form_version, key=key)
        given = {"is_na": True} if value is None else {COLUMN_OF[type(value)]: value}
        if question.scale == "choice":
            given = {"chosen": [value]}
        Answer.objects.create(label=label, rating=rating, question=question, **given)
