"""Where are models set up?"""

from django.contrib import admin
from django.db.models import TextField
from django.forms import Textarea
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from labeling.candidates import endpoint_pages, registering
from labeling.candidates.forms import EndpointForm
from labeling.candidates.models import Response
from labeling.prompts.admin import counted


class ModelEndpointAdmin(admin.ModelAdmin):
    form = EndpointForm
    list_display = ("name", "role", "size", "protocol", "base_url", "has_key", "answers", "responses", "created_at")
    list_filter = ("role", "protocol")
    search_fields = ("name", "model_id")
    readonly_fields = ("created_at",)
    formfield_overrides = {TextField: {"widget": Textarea(attrs={"rows": 4, "cols": 80})}}
    fieldsets = [
        (_("Who it is"), {"fields": ["name", ("role", "size"), "created_at"]}),
        (_("Where it is"), {"fields": ["base_url", "protocol", "model_id", "key", "remove_key", "key_header"]}),
        (
            _("How it is asked"),
            {
                "fields": [
                    "system_text",
                    "few_shot_prefix",
                    "suffix",
                    "turns",
                    ("temperature", "top_p", "max_tokens"),
                    "stop",
                    "extra",
                ]
            },
        ),
        (_("Limits"), {"fields": ["concurrency", "calls_per_minute", "timeout_seconds"]}),
        (_("Prices"), {"fields": ["price_in", "price_out"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(response_count=counted(Response.objects.all(), "endpoint"))

    def get_fieldsets(self, request, obj=None):
        """Whoever may only look is not even told of fields for a key; a key is removed where there is one."""
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        hidden = {"key", "remove_key"} if not may_write else set() if obj and obj.has_key else {"remove_key"}
        return [
            (name, {**said, "fields": [field for field in said["fields"] if field not in hidden]})
            for name, said in self.fieldsets
        ]

    def get_urls(self):
        own = path(
            "<int:pk>/test/",
            self.admin_site.admin_view(endpoint_pages.try_out),
            name="candidates_modelendpoint_test",
        )
        return [own, *super().get_urls()]

    # A key is in the form: whatever goes wrong below, no report of it shows what was typed.
    @method_decorator(sensitive_post_parameters())
    @sensitive_variables()
    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"not_public": registering.not_public(obj.base_url) if obj else ""}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("key"), boolean=True)
    def has_key(self, endpoint):
        return endpoint.has_key

    @admin.display(description=_("answers"))
    def answers(self, endpoint):
        if not endpoint.down_at:
            return ""
        return format_html('<span class="down">{}</span> {}', _("Does not answer."), endpoint.down_reason)

    @admin.display(description=_("responses"))
    def responses(self, endpoint):
        return endpoint.response_count or 0
