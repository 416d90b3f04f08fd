"""What waits for me today? The labeler's home."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling import markdown
from labeling.labels.models import Label
from labeling.people.access import labeler_required
from labeling.work import counting, queue
from labeling.work.models import Assignment, AssignmentState, Project

RECENT = 8


@login_required
@require_GET
def home(request):
    context = {
        "cards": [_card(request.user, project) for project in _projects(request.user)],
        "recent": _recent(request.user),
        "seconds_today": _seconds_today(request.user),
    }
    return render(request, "desk/home.html", context)


@labeler_required
@require_POST
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
        messages.info(request, _("Nothing is left for you in this project. Thank you."))
        return redirect("desk:home")
    return redirect("labels:sheet", sheet.pk)


def _projects(user):
    """Open projects, and paused ones in which the labeler still holds a sheet: it may be finished."""
    held = Project.objects.filter(assignments__labeler=user, assignments__state=AssignmentState.OPEN)
    mine = Project.objects.filter(pk__in=held) | Project.objects.filter(pk__in=Project.objects.open_to(user))
    return mine.select_related("instructions")


def _card(user, project):
    open_sheet = Assignment.objects.filter(labeler=user, project=project, state=AssignmentState.OPEN)
    return {
        "project": project.name,
        "kind": project.get_kind_display(),
        "left": counting.left_for(user, project),
        "today": counting.submitted_today(user, project),
        "is_open_sheet": open_sheet.exists(),
        "start_url": reverse("desk:start", args=[project.pk]),
        "instructions_html": markdown.render(project.instructions.newest().markdown),
    }


def _recent(user):
    labels = Label.objects.standing().filter(assignment__labeler=user)
    return [
        {
            "project": label.assignment.project.name,
            "what": label.assignment.task.prompt,
            "when": label.submitted_at,
        }
        for label in labels.select_related("assignment__project", "assignment__task__prompt").order_by("-pk")[:RECENT]
    ]


def _seconds_today(user):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    today = Label.objects.standing().filter(assignment__labeler=user, submitted_at__gte=midnight)
    return today.aggregate(seconds=Sum("seconds"))["seconds"] or 0
