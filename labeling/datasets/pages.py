"""Where do researchers choose, watch and fetch datasets? Pages that hang off the admin."""

from functools import wraps

import orjson
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from labeling.datasets import cards, choosing, differences, freezing, tracing
from labeling.datasets.forms import ChoiceForm, TagForm
from labeling.datasets.models import DatasetState, DatasetVersion, File
from labeling.datasets.serving import file_response

# What is counted before freezing, as the page calls it.
NAMES = {
    "examples": _("Examples"),
    "rankings": _("Rankings"),
    "pairs": _("Pairs"),
    "ties": _("Ties"),
    "responses": _("Responses"),
    "prompts": _("Prompts"),
    "ratings": _("Ratings"),
    "labels": _("Labels"),
}


def permitted(permission):
    """Refuse with 403 whoever lacks the permission."""

    def decorate(view):
        @wraps(view)
        def guarded(request, **which):
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, **which)

        return guarded

    return decorate


@permitted("datasets.add_datasetversion")
def choose(request):
    """Choose (GET), see what would leave (GET with a choice), have it frozen (POST)."""
    form = ChoiceForm(request.POST or request.GET or None)
    if request.method == "POST" and form.is_valid():
        version = freezing.request_dataset(**form.asked, requested_by=request.user)
        return redirect("admin:datasets_datasetversion_change", version.pk)
    context = admin.site.each_context(request) | {"title": gettext("Freeze a dataset"), "form": form}
    if form.is_valid():
        context["counts"] = counts = choosing.preview_counts(form.choice)
        columns = [name for name in NAMES if name in counts]
        context["columns"] = [NAMES[name] for name in columns]
        context["rows"] = [(split["split"], [split[name] for name in columns]) for split in counts["splits"]]
        context["totals"] = [counts[name] for name in columns]
    return render(request, "admin/datasets/datasetversion/choose.html", context)


@require_safe
@permitted("datasets.view_datasetversion")
def version(request, pk):
    """One version: its progress as long as it is being frozen, then its files and its manifest."""
    version = get_object_or_404(DatasetVersion.objects.select_related("requested_by"), pk=pk)
    context = admin.site.each_context(request) | {
        "title": str(version),
        "version": version,
        "files": version.files.all(),
        "manifest": _readable(version.manifest),
        "may_freeze": request.user.has_perm("datasets.add_datasetversion"),
        "may_tag": tracing.is_traced(version) and request.user.has_perm("prompts.change_prompt"),
    }
    page = "admin/datasets/datasetversion/version.html"
    return render(request, f"{page}#live" if request.htmx else page, context)


@require_POST
@permitted("datasets.add_datasetversion")
def retry(request, pk):
    freezing.retry(version=get_object_or_404(DatasetVersion, pk=pk))
    return redirect("admin:datasets_datasetversion_change", pk)


@require_POST
@permitted("datasets.add_datasetversion")
def cancel(request, pk):
    if not freezing.cancel(version=get_object_or_404(DatasetVersion, pk=pk)):
        messages.warning(request, gettext("This version is not being frozen any more."))
    return redirect("admin:datasets_datasetversion_change", pk)


@permitted("prompts.change_prompt")
def tag(request, pk):
    """Give the prompts that a version came from a tag, by which they are found again."""
    version = get_object_or_404(DatasetVersion, pk=pk)
    if not tracing.is_traced(version):
        raise Http404
    form = TagForm(request.POST or None)
    if form.is_valid():
        try:
            number, gone = tracing.tag_prompts(version=version, tag=form.cleaned_data["tag"])
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            _tell_of_tag(request, version, form.cleaned_data["tag"], number)
            if gone:
                _tell_of_gone(request, gone)
            return redirect("admin:datasets_datasetversion_change", pk)
    context = admin.site.each_context(request) | {
        "title": gettext("Tag its prompts"),
        "version": version,
        "form": form,
    }
    return render(request, "admin/datasets/datasetversion/tag.html", context)


def _tell_of_tag(request, version, tag, number):
    said = ngettext("%(n)d prompt was tagged “%(tag)s”.", "%(n)d prompts were tagged “%(tag)s”.", number)
    said %= {"n": number, "tag": tag}
    messages.success(request, said)
    LogEntry.objects.log_actions(request.user.pk, [version], CHANGE, change_message=said, single_object=True)


def _tell_of_gone(request, number):
    said = ngettext(
        "%(n)d prompt of this version is no longer there.", "%(n)d prompts of this version are no longer there.", number
    )
    messages.warning(request, said % {"n": number})


@require_safe
@permitted("datasets.view_file")
def download(request, pk, name):
    return file_response(request, get_object_or_404(File, version=pk, name=name))


@require_safe
@permitted("datasets.view_file")
def manifest(request, pk):
    version = get_object_or_404(DatasetVersion, pk=pk)
    if not version.is_frozen:
        raise Http404
    opened = freezing.opened(version, freezing.MANIFEST)
    return FileResponse(opened, as_attachment=True, filename="manifest.json")


@require_safe
@permitted("datasets.view_file")
def card(request, pk):
    version = get_object_or_404(DatasetVersion, pk=pk)
    if not version.is_frozen:
        raise Http404
    opened = freezing.opened(version, cards.NAME)
    return FileResponse(opened, as_attachment=True, filename=cards.NAME, content_type="text/markdown; charset=utf-8")


@require_safe
@permitted("datasets.view_datasetversion")
def changes(request, pk):
    """What has changed since the version before: to be read before training anew."""
    version = get_object_or_404(DatasetVersion, pk=pk, state=DatasetState.FROZEN)
    earlier = differences.earlier_of(version)
    context = admin.site.each_context(request) | {
        "title": gettext("What has changed"),
        "version": version,
        "earlier": earlier,
        "changes": differences.between(earlier, version) if earlier else None,
    }
    return render(request, "admin/datasets/datasetversion/changes.html", context)


def _readable(manifest):
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2).decode() if manifest else ""
