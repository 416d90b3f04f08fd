"""How is a labeling job set up, opened, paused, closed and copied, and how far along is it?"""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.guidelines.models import Form, Instructions
from labeling.guidelines.versions import check_markdown, new_instructions
from labeling.people.pseudonyms import pseudonym
from labeling.work import fixing, queue
from labeling.work.blinding import without_applicants
from labeling.work.checks import check_project
from labeling.work.models import Assignment, AssignmentState, Project, ProjectState, Task

# What a copy takes over; its tasks, its state and its makers are its own.
COPIED = (
    "kind", "purpose", "form", "k", "min_k", "rate_first", "layout", "may_arrange", "overlap", "cohort",
    "lease_minutes", "baseline", "most_per_model", "with_references", "only_references", "leave_out",
    "most_per_labeler", "calibration_share", "programs", "by_invitation",
    "prompt_types", "asks_for_tags",
)  # fmt: skip


def create_project(
    *,
    name,
    instructions,
    created_by,
    kind="ranking",
    purpose="training",
    form="instructgpt",
    k=4,
    min_k=None,
    rate_first=True,
    layout="cards",
    may_arrange=True,
    overlap=1,
    cohort="training",
    lease_minutes=60,
    most_per_labeler=None,
    calibration_share=None,
    programs="beside",
    baseline=None,
    most_per_model=None,
    with_references=False,
    only_references=False,
    leave_out=(),
    prompt_types=(),
    asks_for_tags=False,
    by_invitation=False,
    qualifications=(),
    state="draft",
):
    """Set a project up with instructions of its own (version 1 is the Markdown text given) and return it.

    `form` is a form or its key, `baseline` a ModelEndpoint or None, `overlap` None for everybody, `most_per_model` None
    for as many as chance has it, `most_per_labeler` None for as many as there are, `calibration_share` a Decimal or
    None for tasks of the calibration pool in the order of all others, `programs` beside (people) or none, `leave_out`
    values of Flag, `prompt_types` the origins that labelers choose from where they write the prompt (none: it is
    given), `qualifications` those that a labeler must have all of, `state` draft or open.
    Raises ValidationError: field → whole sentences, for everything wrong at once.
    """
    project = Project(
        name=name,
        kind=kind,
        purpose=purpose,
        form=form if isinstance(form, Form) else Form.objects.filter(key=form).first(),
        k=k,
        min_k=min_k,
        rate_first=rate_first,
        layout=layout,
        may_arrange=may_arrange,
        overlap=overlap,
        cohort=cohort,
        lease_minutes=lease_minutes,
        most_per_labeler=most_per_labeler,
        calibration_share=calibration_share,
        programs=programs,
        baseline=baseline,
        most_per_model=most_per_model,
        with_references=with_references,
        only_references=only_references,
        leave_out=list(leave_out),
        prompt_types=list(prompt_types),
        asks_for_tags=asks_for_tags,
        by_invitation=by_invitation,
        state=state,
    )
    faults = {} if project.form_id else {"form": _("There is no form with the key “%(key)s”.") % {"key": form}}
    check_project(project, markdown=instructions, faults=faults)
    return found(project=project, markdown=instructions, by=created_by, qualifications=qualifications)


@transaction.atomic
def found(*, project, markdown, by, qualifications=()):
    """Save a new project that has been checked, together with its instructions."""
    check_markdown(markdown)
    project.instructions = Instructions.objects.create(name=free_name(Instructions, project.name))
    project.created_by = by
    new_instructions(instructions=project.instructions, markdown=markdown, by=by)
    project.save()
    project.qualifications.set(qualifications)
    return project


def clone_project(*, project, by, name=""):
    """Return a draft with the project's settings and its newest instructions as instructions of its own; no tasks."""
    copy = Project(
        name=name or free_name(Project, _("Copy of %(project)s") % {"project": project}),
        **{field: getattr(project, field) for field in COPIED},
    )
    markdown = project.instructions.newest().markdown
    check_project(copy, markdown=markdown)
    return found(project=copy, markdown=markdown, by=by, qualifications=project.qualifications.all())


@transaction.atomic
def change_project(*, project, by, markdown=None, **changes):
    """Change fields of a project, and its instructions where `markdown` differs from the newest; return the project.

    Of a part of a published test only the name changes. Kind and purpose are fixed once it has a task; K, the baseline
    and whatever else says which responses are compared hold for tasks drawn from now on. States have verbs of their
    own. Raises ValidationError, as `create_project` does.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    overlap_before = project.overlap
    qualifications = changes.pop("qualifications", None)
    if qualifications is not None and set(qualifications) != set(project.qualifications.all()):
        fixing.check(project)
    for name, value in changes.items():
        setattr(project, name, value)
    check_project(project, markdown=markdown)
    project.save(update_fields=list(changes))
    if qualifications is not None:
        project.qualifications.set(qualifications)
    if project.overlap != overlap_before:
        change_overlap(project=project, overlap=project.overlap)
    if markdown is not None and markdown != project.instructions.newest().markdown:
        new_instructions(instructions=project.instructions, markdown=markdown, by=by)
    return project


def open_project(*, project):
    """Let its labelers take sheets. One without tasks may be open too: there is nothing to take yet."""
    _move(project, ProjectState.OPEN, ProjectState.DRAFT, ProjectState.PAUSED)


def pause_project(*, project):
    """Hand out no more sheets; those that are open can still be submitted."""
    _move(project, ProjectState.PAUSED, ProjectState.OPEN)


@transaction.atomic
def close_project(*, project):
    """End the project for good: its open sheets expire, their drafts stay."""
    _move(project, ProjectState.CLOSED, ProjectState.OPEN, ProjectState.PAUSED)
    queue.expire_open(project=project)


@transaction.atomic
def change_overlap(*, project, overlap):
    """Want another number of labelers per task (None: everybody), also for the tasks that are there already.

    A task that more labelers have taken than the new overlap asks for keeps as many seats as are taken.
    """
    fixing.check(project)
    seats = None if overlap is None else Greatest(F("taken"), overlap)
    Project.objects.filter(pk=project.pk).update(overlap=overlap)
    queue.start_over(project=project)  # before the tasks: the queue locks memberships first, too
    Task.objects.filter(project=project, is_calibration=False).update(seats=seats)
    project.overlap = overlap


def progress(project, *, seen_by=None):
    """Return where the project stands, as plain numbers; labelers under their pseudonyms.

    The counts are of people's sheets; programs, which take no seats, stand apart. "seats" is None where tasks are for
    everybody; neither tasks set aside nor the calibration pool, which everybody gets, count there or in "taken".
    Applicants are counted, and listed for nobody but who may see accounts.
    """
    return totals(project) | {
        who: [{"labeler": pseudonym(row.pop("pseudonym_key")), **_without_identity(row)} for row in rows]
        for who, rows in (("labelers", by_labeler(project, seen_by=seen_by)), ("programs", by_program(project)))
    }


def totals(project):
    """Return the project's state and its counts of tasks, seats and assignments."""
    hour_ago = timezone.now() - timedelta(hours=1)
    sheets = {state: Count("pk", filter=Q(state=state)) for state in AssignmentState.values}
    last_hour = Count("pk", filter=Q(state=AssignmentState.SUBMITTED, closed_at__gte=hour_ago))
    from_pool = Count("pk", filter=Q(state=AssignmentState.SUBMITTED, task__is_calibration=True))
    return (
        {"project": project.pk, "state": project.state}
        | _task_counts(project)
        | Assignment.objects.filter(project=project, by_program=False).aggregate(
            **sheets, submitted_from_pool=from_pool, submitted_last_hour=last_hour
        )
    )


def by_labeler(project, *, seen_by):
    """Return one dict per person who has held a sheet: who (id, name, e-mail, key) and their counts, most first."""
    of_people = Assignment.objects.filter(project=project, by_program=False)
    return _by_whom(without_applicants(of_people, seen_by=seen_by))


def by_program(project):
    """Return the same of programs."""
    return _by_whom(Assignment.objects.filter(project=project, by_program=True))


def _by_whom(assignments):
    sheets = {state: Count("pk", filter=Q(state=state)) for state in AssignmentState.values}
    return list(
        assignments.values(
            "labeler_id",
            name=F("labeler__name"),
            email=F("labeler__email"),
            pseudonym_key=F("labeler__pseudonym_key"),
        )
        .annotate(**sheets, last_at=Max("closed_at"))
        .order_by(F("submitted").desc(), "labeler_id")
    )


def open_sheets(project, *, seen_by):
    """Who is on what right now?"""
    held = Assignment.objects.filter(project=project, state=AssignmentState.OPEN)
    return without_applicants(held, seen_by=seen_by).select_related("labeler", "task__prompt").order_by("-leased_at")


def _task_counts(project):
    in_play = Q(set_aside_at__isnull=True)
    ordinary = in_play & Q(is_calibration=False)
    counts = Task.objects.filter(project=project).aggregate(
        tasks=Count("pk"),
        set_aside=Count("pk", filter=~in_play),
        in_pool=Count("pk", filter=in_play & Q(is_calibration=True)),
        for_everybody=Count("pk", filter=ordinary & Q(seats__isnull=True)),
        seats=Sum("seats", filter=ordinary, default=0),
        taken=Sum("taken", filter=ordinary, default=0),
    )
    if counts.pop("for_everybody"):
        counts["seats"] = None
    return counts


def _without_identity(row):
    return {name: value for name, value in row.items() if name not in {"labeler_id", "name", "email"}}


def _move(project, after, *before):
    """Change the state with a filtered update; asking for the state it is in already is no fault."""
    moved = Project.objects.filter(pk=project.pk, state__in=before).update(state=after)
    project.refresh_from_db(fields=["state"])
    if not moved and project.state != after:
        raise ValidationError(
            _("“%(project)s” is %(state)s; it cannot become %(after)s.")
            % {
                "project": project,
                "state": project.get_state_display(),
                "after": ProjectState(after).label,
            }
        )


def free_name(model, wanted):
    """Return what is wanted as a name of a `model`, with a number behind it where that is taken."""
    taken = set(model.objects.filter(name__startswith=wanted[:140]).values_list("name", flat=True))
    name, number = wanted[:150], 2
    while name in taken:
        name, number = f"{wanted[:140]} ({number})", number + 1
    return name
