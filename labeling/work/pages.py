"""What does a researcher do with a project beyond filling in its fields? Pages that hang off the admin."""

from functools import wraps

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from labeling.people.naming import RIGHT
from labeling.work import drawing, flagging, projects
from labeling.work.forms import AddTasksForm, CloneForm, UnwrittenTasksForm
from labeling.work.models import AssignmentState, Project, ProjectState, Purpose

MOST_LISTED = 500  # refusals on one page; their number is always said


def page_of_project(permission):
    """Hand the project and the admin's page context to a view, or refuse with 403."""

    def decorate(view):
        @wraps(view)
        def guarded(request, pk):
            if not request.user.has_perm(permission):
                raise PermissionDenied
            project = get_object_or_404(Project.objects.select_related("form", "baseline"), pk=pk)
            context = admin.site.each_context(request) | {"project": project, "title": str(project)}
            return view(request, project, context)

        return guarded

    return decorate


@page_of_project("work.change_project")
def add_tasks(request, project, context):
    """Choose prompts (GET), see what would come of it (GET with a choice), add them (POST)."""
    if project.asks_for_prompt:
        return _add_unwritten(request, project, context)
    sent = request.POST or request.GET
    form = AddTasksForm(sent or None)
    context |= {"form": form, "subtitle": _("Add tasks"), "is_closed": project.state == ProjectState.CLOSED}
    if form.is_valid():
        context |= _drawn(request, project, form) if request.method == "POST" else {}
        context |= {} if "drawn" in context else _foreseen(project, form)
    return render(request, "admin/work/project/add_tasks.html", context)


def _add_unwritten(request, project, context):
    """Say how many tasks there should be for which labelers write the prompt (GET), and add them (POST)."""
    form = UnwrittenTasksForm(request.POST or None)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            added = drawing.add_unwritten_tasks(
                project=project,
                number=asked["number"] or 0,
                use_cases=asked["use_cases"],
                priority=asked["priority"] or 0,
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            said = ngettext("Added %(n)d task.", "Added %(n)d tasks.", added) % {"n": added}
            messages.success(request, said)
            _log(request, project, said)
            return redirect("admin:work_project_change", project.pk)
    context |= {"form": form, "subtitle": _("Add tasks"), "is_closed": project.state == ProjectState.CLOSED}
    return render(request, "admin/work/project/add_unwritten.html", context)


def _foreseen(project, form):
    foreseen = drawing.foresee(project=project, prompts=form.prompts())
    return {
        "foreseen": foreseen,
        "would_add": min(foreseen["drawable"], form.at_most()),
        "tasks_before": project.tasks.count(),
    }


@transaction.atomic
def _drawn(request, project, form):
    """Add the tasks, unless the project has changed since the numbers were shown: a second click adds none."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if request.POST.get("tasks_before") != str(project.tasks.count()):
        messages.warning(
            request, _("The project's tasks have changed meanwhile. Here are the numbers as they are now.")
        )
        return {}
    how = {name: form.cleaned_data[name] or 0 for name in ("priority", "to_pool")}
    try:
        drawn = drawing.add_tasks(project=project, prompts=form.prompts(), limit=form.at_most(), **how)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return {}
    _log(request, project, ngettext("Added %(n)d task.", "Added %(n)d tasks.", drawn.created) % {"n": drawn.created})
    return {"drawn": drawn, "listed": drawn.refused[:MOST_LISTED], "most_listed": MOST_LISTED}


@require_safe
@page_of_project("work.view_project")
def progress(request, project, context):
    """Where does it stand, and who is on what? Asks again every two seconds until it is closed."""
    totals = projects.totals(project)
    context |= {
        "subtitle": _("Progress"),
        "totals": totals,
        "for_seats": totals["submitted"] - totals["submitted_from_pool"],
        "labelers": projects.by_labeler(project, seen_by=request.user),
        "programs": projects.by_program(project),
        "sheets": projects.open_sheets(project, seen_by=request.user)[:100],
        "waiting_flags": flagging.waiting(project).count(),
        "hides_applicants": project.purpose == Purpose.SCREENING and not request.user.has_perm(RIGHT),
        "is_over": project.state == ProjectState.CLOSED,
    }
    template = "admin/work/project/progress.html"
    return render(request, f"{template}#live" if request.htmx else template, context)


def _before_opening(project):
    if not project.tasks.exists():
        return _("It has no tasks yet, so labelers will find nothing to do until some are added.")
    return _("As soon as it is open, %(cohort)s can take sheets from it.") % {"cohort": project.get_cohort_display()}


def _before_pausing(project):
    return _("Nobody is given another sheet while it is paused. Sheets that are open can still be submitted.")


def _before_closing(project):
    held = project.assignments.filter(state=AssignmentState.OPEN).count()
    expiring = ngettext(
        "%(held)d open sheet will expire, its draft is kept.",
        "%(held)d open sheets will expire, their drafts are kept.",
        held,
    )
    return _("A closed project is never opened again.") + " " + expiring % {"held": held}


# The verb, the name of its button, what to know before pressing it, and what is said afterwards.
MOVES = {
    "open": (projects.open_project, gettext_lazy("Open"), _before_opening, gettext_lazy("“%(project)s” is open.")),
    "pause": (projects.pause_project, gettext_lazy("Pause"), _before_pausing, gettext_lazy("“%(project)s” is paused.")),
    "close": (projects.close_project, gettext_lazy("Close"), _before_closing, gettext_lazy("“%(project)s” is closed.")),
}


def move(name):
    """The page that asks before a project changes its state, and changes it."""
    verb, button, before, said = MOVES[name]

    @page_of_project("work.change_project")
    def ask_and_move(request, project, context):
        if request.method == "POST":
            return _moved(request, project, verb, said % {"project": project})
        context |= {"subtitle": button, "button": button, "sentence": before(project)}
        return render(request, "admin/work/project/confirm.html", context)

    return ask_and_move


def _moved(request, project, verb, said):
    try:
        verb(project=project)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
        _log(request, project, said)
    return redirect("admin:work_project_change", project.pk)


@page_of_project("work.add_project")
def clone(request, project, context):
    form = CloneForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            copy = projects.clone_project(project=project, by=request.user, name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error("name", error.messages)
        else:
            messages.success(request, _("“%(project)s” is a draft of its own now.") % {"project": copy})
            return redirect("admin:work_project_change", copy.pk)
    sentence = _("The copy is a draft with the same settings and its own copy of the instructions, without tasks.")
    context |= {"subtitle": _("Clone"), "button": _("Clone"), "sentence": sentence, "form": form}
    return render(request, "admin/work/project/confirm.html", context)


def _log(request, project, sentence):
    LogEntry.objects.log_actions(request.user.pk, [project], CHANGE, change_message=sentence, single_object=True)
