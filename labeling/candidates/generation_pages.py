"""How does a researcher have models answer? Choose, estimate, generate, watch. Pages that hang off the admin."""

from functools import wraps
from math import ceil

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.candidates import generating, selecting
from labeling.candidates.estimating import estimate
from labeling.candidates.filters import CAUSES
from labeling.candidates.forms import GenerateForm, escaped
from labeling.candidates.models import GenerationJob
from labeling.candidates.progress import progress
from labeling.candidates.recipes import SAMPLED
from labeling.prompts.models import JobState
from labeling.prompts.refusals import Refused

CHOSEN = {"source", "split", "project", "use_case", "language", "tag", "limit", "prompts"}
LISTED = 10


def permitted(permission):
    """Refuse with 403 whoever lacks the permission."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _page(request, template, status=200, **context):
    context = admin.site.each_context(request) | context
    return render(request, f"admin/candidates/generationjob/{template}", context, status=status)


@permitted("candidates.add_generationjob")
@require_http_methods(["GET", "HEAD", "POST"])
def generate(request):
    """Choose (GET), see what it would ask and cost (POST "estimate"), have it asked (POST)."""
    form = GenerateForm(request.POST or None)
    foreseen = None
    if form.is_valid():
        if "estimate" in request.POST:
            foreseen = _estimate(form)
        elif job := _request(request, form):
            return redirect("admin:candidates_generationjob_change", job.pk)
    status = 422 if form.is_bound and foreseen is None else 200
    return _page(request, "generate.html", status, form=form, foreseen=foreseen, title=_("Generate responses"))


def _estimate(form):
    if selecting.selected(form.asked["selection"]).exists():
        return estimate(**form.asked)
    form.add_error(None, _("No prompt is like that."))
    return None


def _request(request, form):
    try:
        return generating.request_generation(**form.asked, seed=form.cleaned_data["seed"], requested_by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None


@permitted("candidates.view_generationjob")
@require_safe
def show_progress(request, pk):
    """How far it is, asked again every other second until it is over; then what came of it."""
    job = get_object_or_404(GenerationJob.objects.select_related("requested_by"), pk=pk)
    so_far = progress(job)
    context = {
        "title": str(job),
        "job": job,
        "progress": so_far,
        "eta": _eta(so_far.eta),
        "failures": _failures(job) if so_far.failed else [],
        "chosen": [
            (GenerateForm.base_fields[key].label, _listed(value)) for key, value in job.prompts.items() if key in CHOSEN
        ],
        "drawn": [
            (GenerateForm.base_fields[name].label, _listed(value))
            for name in (*SAMPLED, "seed")
            if (value := getattr(job, name)) not in (None, [])
        ],
        "may_steer": request.user.has_perm("candidates.add_generationjob"),
        "can_pause": job.state in generating.UNDER_WAY,
        "can_resume": job.state == JobState.PAUSED,
        "can_retry": so_far.failed and job.state != JobState.CANCELLED,
    }
    return _page(request, "progress.html#live" if request.htmx else "progress.html", **context)


def _failures(job):
    return [(cause, CAUSES.get(cause, cause), count, example) for cause, count, example in generating.failures(job)]


def _listed(value):
    """A few of a long list are enough to know it by."""
    if not isinstance(value, list):
        return value
    shown = ", ".join(escaped(str(item)) for item in value[:LISTED])
    return f"{shown}, … ({len(value)})" if len(value) > LISTED else shown


def _eta(seconds):
    """Words for so many seconds; None while there is nothing to say."""
    if seconds is None:
        return None
    if seconds < 90:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = ceil(seconds / 60)
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = ceil(minutes / 60)
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


def _steer(verb, said):
    """A view that does `verb` to a job and shows it; `said` is what it tells when that changed something."""

    @permitted("candidates.add_generationjob")
    @require_POST
    def steer(request, pk):
        changed = verb(job=get_object_or_404(GenerationJob, pk=pk))
        if changed:
            messages.success(request, said(changed))
        else:
            messages.warning(request, _("Nothing changed: the job is no longer in that state."))
        return redirect("admin:candidates_generationjob_change", pk)

    return steer


pause = _steer(generating.pause, lambda _changed: _("The job is paused. Answers on their way are still stored."))
resume = _steer(generating.resume, lambda _changed: _("The job goes on."))
cancel = _steer(generating.cancel, lambda _changed: _("The job is cancelled. Answers that are there stay."))
retry = _steer(
    generating.retry_failed,
    lambda calls: ngettext("%(n)d call is made again.", "%(n)d calls are made again.", calls) % {"n": calls},
)
