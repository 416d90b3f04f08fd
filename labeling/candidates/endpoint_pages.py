"""Does a model answer? The page that tries it out."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.candidates import registering, trying
from labeling.candidates.models import ModelEndpoint


@require_http_methods(["GET", "HEAD", "POST"])
def try_out(request, pk):
    """Ask once (POST), and show what came of it."""
    if not request.user.has_perm("candidates.change_modelendpoint"):
        raise PermissionDenied
    endpoint = get_object_or_404(ModelEndpoint, pk=pk)
    context = admin.site.each_context(request) | {
        "title": _("Test %(model)s") % {"model": endpoint},
        "endpoint": endpoint,
        "question": trying.QUESTION,
        "not_public": registering.not_public(endpoint.base_url),
        "trial": trying.try_out(endpoint=endpoint) if request.method == "POST" else None,
    }
    page = "admin/candidates/modelendpoint/test.html"
    return render(request, f"{page}#trial" if request.htmx else page, context)
