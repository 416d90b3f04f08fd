"""What waits for me today, and what have I done? The labeler's home and history."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from labeling import markdown
from labeling.desk import history
from labeling.guidelines.models import InstructionsVersion
from labeling.labels import demonstration_sheets, sheets
from labeling.labels.models import Label
from labeling.labels.saying import said
from labeling.labels.views import own_assignment
from labeling.people.access import labeler_required, posted_from
from labeling.people.models import Role
from labeling.surveys import offering
from labeling.work import counting, queue
from labeling.work.models import Assignment, AssignmentState, Kind, Project

RECENT = 5


@login_required
@require_GET
def home(request):
    """Today's work; whoever only applies finds what they applied for."""
    if request.user.role_names == {Role.APPLICANT} and not request.user.is_superuser:
        return redirect("screening:apply")
    spent = history.seconds_spent(request.user)
    context = {
        "cards": _cards(request.user),
        "recent": history.entries(request.user)[0][:RECENT],
        "spent_today": history.spent(spent["today"]),
        "spent_this_week": history.spent(spent["week"]),
        "offer": offering.offer_to(request.user),
    }
    return render(request, "desk/home.html", context)


@never_cache
@labeler_required
@require_GET
def past(request):
    """Everything that one has done, page by page."""
    before = request.GET.get("before")
    try:
        entries, following = history.entries(request.user, before=before)
    except ValueError:
        raise Http404 from None
    return render(request, "desk/history.html", {"entries": entries, "following": following, "is_first": not before})


@never_cache
@labeler_required
@require_GET
def past_sheet(request, assignment_id):
    """One sheet of one's own to be read: what was asked and what was said, or the draft that was kept."""
    assignment = own_assignment(request.user, assignment_id)
    label = Label.objects.standing().filter(assignment=assignment).first()
    draft = getattr(assignment, "draft", None)
    shown = sheet_of(assignment, body=said(label) if label else (draft.body if draft else {}))
    context = {
        "entry": history.one(request.user, assignment_id),
        "sheet": shown,
        "label": label,
        "unsent": sheet_of(assignment, body=draft.body) if label and draft else None,
    }
    return render(request, "desk/past.html", context)


def sheet_of(assignment, *, body):
    is_written = assignment.project.kind == Kind.DEMONSTRATION
    return (demonstration_sheets if is_written else sheets).sheet_of(assignment, body=body)


@labeler_required
@posted_from("desk:home")
def start(request, project_id):
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise Http404
    sheet = Assignment.objects.filter(labeler=request.user, project=project, state=AssignmentState.OPEN).first()
    try:
        sheet = sheet or queue.next_assignment(labeler=request.user, project=project)
    except queue.NotOpen:
        raise Http404 from None
    if sheet is None:
        messages.info(request, queue.why_nothing(labeler=request.user, project=project))
        return redirect("desk:home")
    return redirect("labels:sheet", sheet.pk)


def _projects(user):
    """Open projects, and paused ones in which the labeler still holds a sheet: it may be finished."""
    held = Project.objects.filter(assignments__labeler=user, assignments__state=AssignmentState.OPEN)
    mine = Project.objects.filter(pk__in=held) | Project.objects.filter(pk__in=Project.objects.open_to(user))
    return mine


def _cards(user):
    """Return a card for each project, in as many questions for many as for one."""
    projects = list(_projects(user))
    outlooks = counting.outlook_of(user, projects)
    newest = InstructionsVersion.objects.filter(instructions__in=[project.instructions_id for project in projects])
    newest = newest.order_by("instructions", "-number").distinct("instructions")
    markdowns = {version.instructions_id: version.markdown for version in newest}
    return [_card(user, project, outlooks[project.pk], markdowns[project.instructions_id]) for project in projects]


def _card(user, project, outlook, instructions):
    why = "" if outlook.left else queue.why_nothing_for(labeler=user, project=project, membership=outlook.membership)
    return {
        "project": project.name,
        "kind": project.get_kind_display(),
        "left": outlook.left,
        "left_shown": f"{counting.MOST_COUNTED:,}+" if outlook.is_more else str(outlook.left),
        "why_nothing": why,
        "today": outlook.today,
        "is_open_sheet": outlook.is_held,
        "start_url": reverse("desk:start", args=[project.pk]),
        "instructions_html": markdown.render(instructions),
    }
