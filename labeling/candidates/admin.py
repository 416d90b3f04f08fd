"""Where do researchers bring files in, set models up, have them answer, and see what they answered?"""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from labeling.candidates import endpoint_admin, generation_admin, import_pages, response_admin
from labeling.candidates.models import Call, GenerationJob, JobEndpoint, ModelEndpoint, Response, Score
from labeling.people.only_shown import Never
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


admin.site.register(ModelEndpoint, endpoint_admin.ModelEndpointAdmin)
admin.site.register(GenerationJob, generation_admin.GenerationJobAdmin)
admin.site.register(JobEndpoint, generation_admin.JobEndpointAdmin)
admin.site.register(Call, generation_admin.CallAdmin)
admin.site.register(Response, response_admin.ResponseAdmin)
admin.site.register(Score, response_admin.ScoreAdmin)
