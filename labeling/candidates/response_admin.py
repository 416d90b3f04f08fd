"""Where is what the models answered looked at, and how good their answers were found?"""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from labeling.candidates.filters import Flags, Marks, ResponsesOfJob
from labeling.candidates.models import Call, Flag, Response, Score
from labeling.people.only_shown import Inside, OnlyShown
from labeling.unseen import visible


class ResponseAdmin(OnlyShown):
    list_display = ("__str__", "endpoint", "marks", "flagged", "scored", "prompt", "sample", "created_at")
    list_filter = (Marks, Flags, ResponsesOfJob, "endpoint", "prompt__source")
    list_select_related = ("endpoint", "prompt")
    search_fields = ("text",)
    ordering = ("-pk",)
    fields = (
        "words", "endpoint", "sample", "marks", "flagged", "scored", "prompt", "sampling", "meta", "job",
        "from_import", "created_at",
    )  # fmt: skip

    def get_queryset(self, request):
        twins = Response.objects.filter(prompt=OuterRef("prompt"), text_hash=OuterRef("text_hash"), is_empty=False)
        scores = Prefetch("scores", Score.objects.select_related("endpoint").order_by("endpoint__name"))
        marked = super().get_queryset(request).annotate(is_duplicate=Exists(twins.exclude(pk=OuterRef("pk"))))
        return marked.prefetch_related(scores)

    @admin.display(description=_("text"))
    def words(self, response):
        return format_html('<div class="words" dir="auto">{}</div>', visible(response.text) or _("(empty response)"))

    @admin.display(description=_("mark"))
    def marks(self, response):
        if response.is_empty:
            return _("empty")
        return _("duplicate") if response.is_duplicate else ""

    @admin.display(description=_("flags"))
    def flagged(self, response):
        return ", ".join(str(Flag(flag).label) for flag in response.flags)

    @admin.display(description=_("scores"))
    def scored(self, response):
        return format_html_join(", ", "{} {}", ((score.endpoint.name, score) for score in response.scores.all()))

    @admin.display(description=_("generation job"))
    def job(self, response):
        call = Call.objects.select_related("part__job").filter(response=response).first()
        if call is None:
            return ""
        address = reverse("admin:candidates_generationjob_change", args=[call.part.job_id])
        return format_html('<a href="{}">{}</a>', address, call.part.job)

    def get_readonly_fields(self, request, obj=None):
        return self.fields


class ScoreAdmin(Inside):
    list_display = ("response", "endpoint", "value", "scored_at")
    list_filter = ("endpoint",)
    list_select_related = ("response", "endpoint")
    ordering = ("-pk",)
