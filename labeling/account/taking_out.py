"""Which of somebody's labels can go, which stay and why, and which datasets have been issued with them?"""

from collections import Counter

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.utils.translation import gettext as _

from labeling.datasets import choosing, freezing
from labeling.datasets.models import DatasetKind, DatasetState, DatasetVersion
from labeling.labels.models import Label, Lock
from labeling.prompts.models import Owner, Prompt
from labeling.quality.models import Grade
from labeling.screening.models import Result
from labeling.work import queue
from labeling.work.models import Assignment, AssignmentState

SHEETS_AT_ONCE = 500
# What others rest on by now. A test that was handed in is about its applicant alone, and is never frozen.
STAYS = (Lock.FROZEN, Lock.REVIEWED, Lock.KEY)


def let_none_be_frozen_meanwhile(person):
    """Let no version begin until the transaction ends. Raises ValidationError while one is made of their work.

    It would hold labels that are deleted, or a pseudonym that is dropped, and be in no list of what was issued.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE datasets_datasetversion IN SHARE MODE")
    projects = Assignment.objects.filter(labeler=person).order_by().values("project")
    if DatasetVersion.objects.filter(state=DatasetState.FREEZING, projects__in=projects).exists():
        raise ValidationError(
            _("A dataset is being frozen from the work of %(person)s. Try again when it is done.") % {"person": person}
        )


def issued_with(person):
    """Return the dataset versions that hold labels of `person`, as plain values."""
    theirs = Assignment.objects.filter(labeler=person, labels__isnull=False)
    versions = DatasetVersion.objects.filter(
        state=DatasetState.FROZEN, projects__in=theirs.order_by().values("project")
    ).distinct()
    return [
        {"id": version.pk, "kind": version.kind, "format": version.format, "number": version.number}
        for version in versions.order_by("pk")
        if _holds(version, person)
    ]


def _holds(version, person):
    if version.kind == DatasetKind.PROMPTS:
        return False
    choice = freezing.choice_of(version)
    chosen = [choosing.labels(choice, of_unfit_too=True)]
    if version.kind == DatasetKind.SFT:
        chosen.append(choosing.demonstrations(choice, of_unfit_too=True))
    return any(
        labels.filter(assignment__labeler=person, submitted_at__lte=version.frozen_at).exists() for labels in chosen
    )


def take_out(person):
    """Delete the labels of `person` as far as nothing rests on them, and free their seats.

    Returns {"taken_out": n, "stayed": {reason: n}} in sheets. Call it in a transaction in which no dataset is frozen.
    """
    submitted = Assignment.objects.filter(labeler=person, state=AssignmentState.SUBMITTED)
    stayed = _staying(submitted)
    going = submitted.exclude(pk__in=stayed).order_by("project", "-task__priority", "-task__position")
    sheets = list(going.values_list("pk", flat=True))
    for start in range(0, len(sheets), SHEETS_AT_ONCE):
        _delete(sheets[start : start + SHEETS_AT_ONCE])
    Result.objects.filter(attempt__applicant=person).delete()
    return {"taken_out": len(sheets), "stayed": dict(Counter(stayed.values()))}


def _staying(submitted):
    """Return {sheet: why it stays}: any revision that is in a dataset, reviewed or in a key holds its sheet."""
    locked = Label.objects.filter(assignment__in=submitted, locked_because__in=STAYS)
    return dict(locked.values_list("assignment", "locked_because"))


def _delete(sheets):
    labels = Label.objects.filter(assignment__in=sheets)
    prompts = list(Prompt.objects.filter(demonstrations__label__in=labels).values_list("pk", flat=True))
    Grade.objects.filter(label__in=labels).delete()
    labels.delete()
    queue.take_out(sheets=sheets)
    for prompt in Prompt.objects.filter(pk__in=prompts):
        _delete_written(prompt)


def _delete_written(prompt):
    """A prompt of a labeler's own goes with the label, unless others have worked on it since."""
    try:
        with transaction.atomic():
            prompt.delete()
    except ProtectedError:
        return
    in_use = Exists(Prompt.objects.filter(owner=OuterRef("pk")))
    Owner.objects.filter(~in_use, pk=prompt.owner_id, is_author=False).delete()
