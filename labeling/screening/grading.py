"""Which demonstration waits for this researcher's grade? Only of attempts handed in, and without a name."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Count, Exists, OuterRef, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils.translation import gettext as _

from labeling.labels.models import Label
from labeling.people import consenting
from labeling.quality import grading
from labeling.quality.models import Grade
from labeling.screening import deciding, scoring
from labeling.screening.models import Attempt, Criterion


def waiting_for(grader, *, test):
    """Return the demonstrations that `grader` may grade: fewest grades first, and else in an order of their own.

    Those of applicants who have withdrawn their consent rest until they agree again.
    """
    undecided = Attempt.objects.undecided().alias(has_withdrawn=consenting.is_withdrawn(OuterRef("applicant")))
    handed_in = undecided.filter(
        test=test, handed_in_at__isnull=False, applicant=OuterRef("assignment__labeler"), has_withdrawn=False
    )
    labels = Label.objects.standing().filter(
        assignment__project__section__test=test,
        assignment__project__section__criterion=Criterion.DEMONSTRATIONS,
        demonstration__isnull=False,
    )
    mine = Grade.objects.filter(label=OuterRef("pk"), graded_by=grader)
    order = MD5(Concat(Cast("pk", CharField()), Value(f":{grader.pk}")))
    return (
        labels.filter(Exists(handed_in))
        .exclude(assignment__labeler=grader)
        .exclude(Exists(mine))
        .annotate(n_grades=Count("grades"))
        .filter(n_grades__lt=test.graders)
        .order_by("n_grades", order)
    )


def graded_by(grader, *, test):
    """Return this researcher's own grades at the test, newest first, each with whether it `may_change`."""
    undecided = Attempt.objects.undecided().filter(test=test, applicant=OuterRef("label__assignment__labeler"))
    own = Grade.objects.filter(graded_by=grader, label__assignment__project__section__test=test)
    own = own.select_related("label__demonstration", "label__assignment__task__prompt")
    return own.annotate(may_change=Exists(undecided)).order_by("-graded_at")


@transaction.atomic
def grade(*, test, label, score, comment="", by):
    """Store the grade and work the attempt out anew. Raises ValidationError."""
    attempts = Attempt.objects.select_for_update(of=("self",), no_key=True).select_related("test")
    attempt = attempts.get(test=test, applicant=label.assignment.labeler_id)
    if deciding.is_final(attempt):
        raise ValidationError(_("It has been decided meanwhile, so its grades stay as they are."))
    given = grading.grade(label=label, score=score, comment=comment, by=by, at_most=test.graders)
    scoring.score(attempt=attempt)
    return given
