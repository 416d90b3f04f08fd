"""Where do researchers bring files in, and see the models and what they answered?"""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from labeling.candidates import import_pages
from labeling.candidates.models import ModelEndpoint, Response
from labeling.people.only_shown import Never, OnlyShown
from labeling.prompts.admin import counted
from labeling.prompts.models import Import


@admin.register(Import)
class ImportAdmin(Never, admin.ModelAdmin):
    list_display = ("filename", "source", "state", "progress", "created_count", "seen_count", "refused_count",
                    "response_count", "requested_at", "requested_by")  # fmt: skip
    list_select_related = ("source", "requested_by")
    list_filter = ("state", "source")
    search_fields = ("filename",)
    ordering = ("-requested_at",)

    def has_add_permission(self, request, obj=None):
        return import_pages.may_import(request.user)

    def get_urls(self):
        own = [
            ("add/preview/", "preview", import_pages.show_preview),
            ("<int:pk>/cancel/", "cancel", import_pages.cancel),
            ("<int:pk>/resume/", "resume", import_pages.resume),
            ("<int:pk>/refused.csv", "refused", import_pages.refused_csv),
        ]
        return [
            path(address, self.admin_site.admin_view(view), name=f"prompts_import_{name}")
            for address, name, view in own
        ] + super().get_urls()

    def add_view(self, request, form_url="", extra_context=None):
        return import_pages.choose(request)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        job = self.get_object(request, object_id)
        if job is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]  # unknown to the stubs
                request, self.opts, object_id
            )
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return import_pages.show_progress(request, job)

    @admin.display(description=_("progress"))
    def progress(self, job):
        return format_html(
            '<progress value="{}" max="100" aria-label="{}"></progress>', job.percent, f"{job.percent} %"
        )


@admin.register(ModelEndpoint)
class ModelEndpointAdmin(admin.ModelAdmin):
    list_display = ("name", "role", "size", "base_url", "responses", "created_at")
    list_filter = ("role",)
    search_fields = ("name", "model_id")
    fields = ("name", ("role", "size"), "base_url", "model_id", "created_at")
    readonly_fields = ("created_at",)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(response_count=counted(Response.objects.all(), "endpoint"))

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("responses"))
    def responses(self, endpoint):
        return endpoint.response_count or 0


class Marks(admin.SimpleListFilter):
    title = _("mark")
    parameter_name = "mark"

    def lookups(self, request, model_admin):
        return [("empty", _("empty")), ("duplicate", _("duplicate")), ("reference", _("reference"))]

    def queryset(self, request, responses):
        marks: dict[str | None, Q] = {
            "empty": Q(is_empty=True),
            "duplicate": Q(is_duplicate=True),
            "reference": Q(endpoint=None),
        }
        return responses.filter(marks.get(self.value(), Q()))


@admin.register(Response)
class ResponseAdmin(OnlyShown):
    list_display = ("__str__", "endpoint", "marks", "prompt", "sample", "created_at")
    list_filter = (Marks, "endpoint", "prompt__source")
    list_select_related = ("endpoint", "prompt")
    search_fields = ("text",)
    ordering = ("-pk",)
    fields = ("words", "endpoint", "sample", "marks", "prompt", "sampling", "meta", "from_import", "created_at")

    def get_queryset(self, request):
        twins = Response.objects.filter(prompt=OuterRef("prompt"), text_hash=OuterRef("text_hash"), is_empty=False)
        return super().get_queryset(request).annotate(is_duplicate=Exists(twins.exclude(pk=OuterRef("pk"))))

    @admin.display(description=_("text"))
    def words(self, response):
        return format_html('<div class="words" dir="auto">{}</div>', response.text or _("(empty response)"))

    @admin.display(description=_("mark"))
    def marks(self, response):
        if response.is_empty:
            return _("empty")
        return _("duplicate") if response.is_duplicate else ""

    def get_readonly_fields(self, request, obj=None):
        return self.fields
