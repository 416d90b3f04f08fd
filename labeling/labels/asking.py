"""What does this sheet ask? The questions of a pinned form version, for a prompt with the tags it had at the lease."""

from dataclasses import dataclass
from functools import lru_cache

from labeling.guidelines.models import Per, Question
from labeling.prepared import prepared
from labeling.work.models import Kind, Slot


@dataclass(frozen=True)
class Asked:
    """What one sheet asks: its letters, whether it rates and ranks, and its questions in order."""

    letters: tuple[str, ...]
    rates: bool
    ranks: bool
    response_questions: tuple[Question, ...]
    prompt_questions: tuple[Question, ...]

    @property
    def k(self):
        return len(self.letters)

    @property
    def has_overall(self):
        """Can the responses be put in order by what they were rated?"""
        return any(question.is_overall for question in self.response_questions)


def asked(assignment, *, letters):
    """Return what `assignment` asks of the responses with these letters (in shown order)."""
    project = assignment.project
    rates = project.kind == Kind.RATING or project.rate_first
    every = questions_of(assignment.form_version_id)
    questions = [question for question in every if applies(question, assignment.prompt_tags)]
    return Asked(
        letters=tuple(letters),
        rates=rates,
        ranks=project.kind == Kind.RANKING,
        response_questions=tuple(question for question in questions if question.per == Per.RESPONSE and rates),
        prompt_questions=tuple(question for question in questions if question.per == Per.PROMPT),
    )


def slots_of(assignment):
    """Return the Slots of a sheet by their letters, in shown order. Asked for once: they never change."""
    if not hasattr(assignment, "slots_by_letter"):
        assignment.slots_by_letter = {slot.letter: slot for slot in _slots(assignment=assignment.pk)}
    return assignment.slots_by_letter


@prepared
def _slots(assignment):
    return Slot.objects.filter(assignment=assignment).order_by("place")


def applies(question, tags):
    """Is the question asked of a prompt with these tags?"""
    return not question.applies_to_tags or not set(tags).isdisjoint(question.applies_to_tags)


@lru_cache(maxsize=256)
def questions_of(form_version_id):
    """Return the questions of a form version with their choices. A version that was leased never changes."""
    questions = Question.objects.filter(version=form_version_id).prefetch_related("choices")
    return tuple(questions.order_by("position"))
