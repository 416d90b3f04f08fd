"""How is a test put together? From sections, each a project of its own that asks everybody the same."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.guidelines.models import Per, Scale
from labeling.screening.models import Criterion, Section, Test, TestState
from labeling.work import projects
from labeling.work.models import Kind, Purpose

KINDS = {
    Criterion.PRACTICE: tuple(Kind.values),
    Criterion.FLAGS: (Kind.RATING,),
    Criterion.RANKINGS: (Kind.RANKING,),
    Criterion.DEMONSTRATIONS: (Kind.DEMONSTRATION,),
    Criterion.SELF_ASSESSMENT: (Kind.RATING,),
}
# What a section's project is made with, where it is made here: (kind, fields, key of its form).
STARTS = {
    Criterion.PRACTICE: (Kind.RATING, {"k": 1, "with_references": True}, "sensitive_speech"),
    Criterion.FLAGS: (Kind.RATING, {"k": 1, "with_references": True}, "sensitive_speech"),
    Criterion.RANKINGS: (Kind.RANKING, {"k": 4, "rate_first": False}, "instructgpt"),
    Criterion.DEMONSTRATIONS: (Kind.DEMONSTRATION, {}, "instructgpt"),
    Criterion.SELF_ASSESSMENT: (Kind.RATING, {"k": 0}, "self_assessment"),
}


def new_test(*, name, by, **fields):
    """Make a draft of a test; `fields` are those of Test. Raises ValidationError."""
    test = Test(name=name, created_by=by, **fields)
    test.full_clean(exclude=["created_by", "published_by"])
    test.save()
    return test


@transaction.atomic
def add_section(*, test, criterion, title, project, minutes=None, korean_title="", position=None):
    """Add a project to a draft as its next section. Raises ValidationError with a sentence for each thing wrong."""
    check_draft(test)
    check_project(criterion, project)
    last = test.sections.order_by("-position").values_list("position", flat=True).first() or 0
    section = Section(
        test=test,
        position=last + 1 if position is None else position,
        criterion=criterion,
        title=title,
        korean_title=korean_title,
        project=project,
        minutes=minutes,
    )
    section.full_clean()
    section.save()
    return section


@transaction.atomic
def start_section(*, test, criterion, title, instructions, by, minutes=None, korean_title="", position=None, **fields):
    """Make a project that fits the criterion, and add it. `fields` go before what such a project starts with."""
    kind, usual, form = STARTS[criterion]
    made = {"kind": kind.value, "form": form, **usual, **fields}
    project = projects.create_project(
        name=f"{test.name}: {title}"[:150],
        purpose=Purpose.SCREENING.value,
        instructions=instructions,
        overlap=None,
        programs="none",
        created_by=by,
        **made,
    )
    return add_section(
        test=test, criterion=criterion, title=title, project=project, minutes=minutes, korean_title=korean_title,
        position=position,
    )  # fmt: skip


def check_draft(test):
    if test.state != TestState.DRAFT:
        raise ValidationError(
            _("“%(test)s” has been published: its sections and its key stay as they are.") % {"test": test}
        )


def check_project(criterion, project):
    """Raise ValidationError unless the project can be a section for the criterion."""
    if faults := list(_faults(criterion, project)):
        raise ValidationError({"project": faults})


def _faults(criterion, project):
    names = {"project": project, "criterion": Criterion(criterion).label}
    if project.purpose != Purpose.SCREENING:
        yield _("“%(project)s” does not serve screening.") % names
    if project.overlap is not None:
        yield _("“%(project)s” must ask everybody: leave its overlap empty.") % names
    if project.kind not in KINDS[criterion]:
        names["kinds"] = ", ".join(str(Kind(kind).label) for kind in KINDS[criterion])
        yield _("“%(project)s” is of another kind than %(criterion)s need: %(kinds)s.") % names
    questions = project.form.newest().questions
    if criterion == Criterion.FLAGS and not questions.filter(scale=Scale.BINARY).exists():
        yield (_("The form of “%(project)s” asks nothing that a yes or a no answers.") % names)
    choices = questions.filter(per=Per.PROMPT, scale__in=[Scale.CHOICE, Scale.CHOICES])
    if criterion == Criterion.SELF_ASSESSMENT and not choices.exists():
        yield _("The form of “%(project)s” offers nothing to choose from.") % names
