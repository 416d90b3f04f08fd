"""How does a researcher bring a file in? Choose it, look at it, run it, watch it. Pages that hang off the admin."""

import csv
from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.candidates import uploads
from labeling.candidates.forms import FileForm, MappingForm
from labeling.candidates.importing import STOPPED, cancel_import, preview, request_import, resume_import
from labeling.people.models import Role
from labeling.prompts.hygiene.reporting import findings_by_kind
from labeling.prompts.models import Import, Source
from labeling.prompts.refusals import Refused, cell

LISTED = 50


def may_import(user):
    return user.is_active and user.is_staff and (user.plays(Role.RESEARCHER) or user.plays(Role.ADMIN))


def for_importers(view):
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not may_import(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _page(request, template, status=200, **context):
    context = admin.site.each_context(request) | context
    return render(request, f"admin/prompts/import/{template}", context, status=status)


@for_importers
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request):
    """The file and its source."""
    form = FileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        uploads.keep(request, form.cleaned_data["file"], form.cleaned_data["source"], form.preview.mapping)
        return redirect("admin:prompts_import_preview")
    context = {"form": form, "sources": Source.objects.order_by("name")[:200], "title": _("Import a file")}
    return _page(request, "choose.html", status=422 if form.is_bound else 200, **context)


@for_importers
@require_http_methods(["GET", "HEAD", "POST"])
def show_preview(request):
    """The first rows as they would be stored, and the mapping, until they please."""
    upload = uploads.kept(request)
    if not upload:
        messages.warning(request, _("The file is no longer kept. Choose it again."))
        return redirect("admin:prompts_import_add")
    with default_storage.open(upload["stored"]) as file:
        shown = preview(file=file, filename=upload["filename"], mapping=upload["mapping"])
        form = MappingForm(request.POST or None, keys=shown.keys, mapping=upload["mapping"])
        if form.is_valid():
            return _go_on(request, upload, file, form)
    context = {"form": form, "preview": shown, "upload": upload, "title": _("Preview")}
    return _page(request, "preview.html", status=422 if form.is_bound else 200, **context)


def _go_on(request, upload, file, form):
    """Show the preview under another mapping, or run the import."""
    uploads.change_mapping(request, form.mapping)
    if "run" not in request.POST:
        return redirect("admin:prompts_import_preview")
    try:
        job = request_import(
            file=file,
            filename=upload["filename"],
            source_name=upload["source_name"],
            mapping=form.mapping,
            requested_by=request.user,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:prompts_import_preview")
    uploads.forget(request)
    return redirect("admin:prompts_import_change", job.pk)


@require_safe
def show_progress(request, job):
    """How far it is, asked again every second until it is over; then what came of it."""
    lines, at = _since(request, job)
    context = {
        "job": job,
        "title": str(job),
        "rate": _rate(job, lines, at),
        "since_lines": lines,
        "since_at": at,
        "may_import": may_import(request.user),
        "has_stopped": job.state in STOPPED,
        "can_resume": job.state in STOPPED and job.file,
        "references": job.responses.references().count() if job.is_over else None,
        "kinds": findings_by_kind(job) if job.is_over else (),
        "refused": job.refused.all()[:LISTED] if job.is_over else (),
        "most_listed": LISTED,
    }
    return _page(request, "progress.html#live" if request.htmx else "progress.html", **context)


def _since(request, job):
    """From which line and time on the rate is measured: the fragment's address keeps those of its page's beginning."""
    try:
        return int(request.GET["lines"]), float(request.GET["at"])
    except (KeyError, ValueError):
        if job.attempts == 1:
            return 0, job.started_at.timestamp()
        return job.lines_done, timezone.now().timestamp()


def _rate(job, lines, at):
    """Lines a second, or None while there is nothing to measure."""
    seconds = (job.finished_at or timezone.now()).timestamp() - at
    return max(0, round((job.lines_done - lines) / seconds)) if seconds > 0 and job.lines_done > lines else None


@require_safe
def refused_csv(request, pk):
    """Every refused row with its reason, for a spreadsheet: marked as UTF-8, and with no cell taken for a formula."""
    if not request.user.has_perm("prompts.view_refusedrow"):
        raise PermissionDenied
    job = get_object_or_404(Import, pk=pk)
    answer = StreamingHttpResponse(_csv_lines(job), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="refused-{job.pk}.csv"'
    return answer


class _Echo:
    """A file for csv.writer that hands back what is written to it."""

    def write(self, line):
        return line


def _csv_lines(job):
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(["line", "reason", "excerpt"])
    for row in job.refused.iterator(chunk_size=2_000):
        yield writer.writerow([row.line, cell(row.reason), cell(row.excerpt)])


@for_importers
@require_POST
def cancel(request, pk):
    if cancel_import(import_id=pk):
        messages.success(request, _("The import is cancelled. What is stored stays, and it can be resumed."))
    return redirect("admin:prompts_import_change", pk)


@for_importers
@require_POST
def resume(request, pk):
    if resume_import(import_id=pk):
        messages.success(request, _("The import goes on behind the last line that was stored."))
    return redirect("admin:prompts_import_change", pk)
