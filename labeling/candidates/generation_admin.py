"""Where do researchers have models answer, and see what was asked of whom?"""

from django.contrib import admin
from django.db.models import Prefetch
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from labeling.candidates import generation_pages as pages
from labeling.candidates.filters import CAUSES, CallsOfJob, Causes
from labeling.candidates.models import JobEndpoint
from labeling.people.only_shown import Inside, OnlyShown


class GenerationJobAdmin(OnlyShown):
    list_display = ("__str__", "state", "models", "progress", "answered", "failed", "requested_at", "requested_by")
    list_filter = ("state", "endpoints")
    list_select_related = ("requested_by",)
    ordering = ("-pk",)

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("candidates.add_generationjob")

    def get_queryset(self, request):
        parts = JobEndpoint.objects.select_related("endpoint").order_by("endpoint__name")
        return super().get_queryset(request).prefetch_related(Prefetch("parts", parts, to_attr="listed_parts"))

    def get_urls(self):
        own = [
            ("add/", pages.generate, "add"),
            ("<int:pk>/change/", pages.show_progress, "change"),
            ("<int:pk>/pause/", pages.pause, "pause"),
            ("<int:pk>/resume/", pages.resume, "resume"),
            ("<int:pk>/cancel/", pages.cancel, "cancel"),
            ("<int:pk>/retry/", pages.retry, "retry"),
        ]
        return [
            path(address, self.admin_site.admin_view(page), name=f"candidates_generationjob_{name}")
            for address, page, name in own
        ] + super().get_urls()

    @admin.display(description=_("models"))
    def models(self, job):
        return ", ".join(part.endpoint.name for part in job.listed_parts)

    @admin.display(description=_("progress"))
    def progress(self, job):
        total = sum(part.total for part in job.listed_parts)
        over = sum(part.done + part.failed for part in job.listed_parts)
        percent = 100 * over // total if total else 100 if job.is_over else 0
        return format_html('<progress value="{}" max="100" aria-label="{}"></progress>', percent, f"{percent} %")

    @admin.display(description=_("answered"))
    def answered(self, job):
        return sum(part.done for part in job.listed_parts)

    @admin.display(description=_("failed"))
    def failed(self, job):
        return sum(part.failed for part in job.listed_parts)


class JobEndpointAdmin(Inside):
    list_display = ("__str__", "total", "done", "failed", "prompt_tokens", "completion_tokens")
    list_filter = ("endpoint",)
    list_select_related = ("job", "endpoint")
    ordering = ("-pk",)


class CallAdmin(Inside):
    list_display = (
        "pk",
        "endpoint",
        "prompt",
        "sample",
        "state",
        "kind",
        "words",
        "attempts",
        "seconds",
        "answered_at",
    )
    list_filter = ("state", Causes, CallsOfJob, "endpoint")
    list_select_related = ("endpoint", "prompt")
    ordering = ("-pk",)
    fields = (
        "part", "endpoint", "prompt", "sample", "scored", "state", "kind", "words", "attempts", "not_before",
        "lease_until", "seconds", "response", "answered_at",
    )  # fmt: skip

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    @admin.display(description=_("kind of failure"), ordering="cause")
    def kind(self, call):
        return CAUSES.get(call.cause, call.cause)

    @admin.display(description=_("error"))
    def words(self, call):
        return format_html('<span dir="auto">{}</span>', call.error)
