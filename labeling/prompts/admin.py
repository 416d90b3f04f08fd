"""Where do researchers see which words came in, from where, and whose they are?"""

from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labeling.people.only_shown import OnlyShown
from labeling.prompts import finding_pages, prompt_actions
from labeling.prompts.models import Finding, Owner, Prompt, RefusedRow, SetAside, Source


def counted(rows, key):
    """How many of `rows` each listed row has, in a subquery of its own, so that only listed rows are counted."""
    return Subquery(
        rows.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(number=Count("pk")).values("number")
    )


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ("name", "license", "prompts", "created_at", "created_by")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    readonly_fields = ("created_at", "created_by")
    ordering = ("name",)

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(prompt_count=counted(Prompt.objects.all(), "source"))

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description=_("prompts"))
    def prompts(self, source):
        return source.prompt_count or 0


@admin.register(Owner)
class OwnerAdmin(OnlyShown):
    list_display = ("__str__", "split", "is_author", "prompts", "created_at")
    list_filter = ("split", "is_author")
    search_fields = ("key_hash__startswith",)
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(prompt_count=counted(Prompt.objects.all(), "owner"))

    @admin.display(description=_("prompts"))
    def prompts(self, owner):
        return owner.prompt_count or 0


class Languages(admin.AllValuesFieldListFilter):
    """Django's own leaves the link of prompts without a language without a name."""

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield choice | {"display": choice["display"] or _("not said")}


class Findings(admin.SimpleListFilter):
    """Whether anything looks personal, and whether that is decided."""

    title = _("findings")
    parameter_name = "findings"

    def lookups(self, request, model_admin):
        return [("open", _("undecided")), ("any", _("decided or not"))]

    def queryset(self, request, prompts):
        if self.value() == "any":
            return prompts.with_findings()
        return prompts.with_open_findings() if self.value() == "open" else prompts


class Standing(admin.SimpleListFilter):
    """Whether a prompt is used, and if not, why."""

    title = _("set aside")
    parameter_name = "set_aside"

    def lookups(self, request, model_admin):
        return [("no", pgettext_lazy("prompt", "standing")), ("yes", _("set aside")), *SetAside.choices]

    def queryset(self, request, prompts):
        if self.value() == "yes":
            return prompts.exclude(set_aside_as="")
        return prompts.filter(set_aside_as="" if self.value() == "no" else self.value()) if self.value() else prompts


@admin.register(Prompt)
class PromptAdmin(OnlyShown):
    """What was asked is a fact. What it is about may be corrected."""

    list_display = ("__str__", "source", "split", "origin", "use_case", "language", "set_aside_as", "responses")
    list_filter = (Standing, Findings, "source", "owner__split", "use_case", "origin", ("language", Languages))
    list_select_related = ("source", "owner")
    search_fields = ("external_id__exact", "messages__icontains")
    actions = (
        prompt_actions.give_use_case,
        prompt_actions.give_tags,
        prompt_actions.put_aside,
        prompt_actions.take_back,
    )
    ordering = ("-pk",)
    fields = (
        "turns",
        ("source", "external_id"),
        ("split", "owner"),
        ("origin", "is_text"),
        ("set_aside_as", "set_aside_at", "set_aside_by", "duplicate_of"),
        "found",
        ("use_case", "language"),
        "tags",
        "answers",
        "meta",
        ("from_import", "created_at"),
    )
    readonly_fields = (
        "turns",
        "source",
        "external_id",
        "split",
        "owner",
        "origin",
        "is_text",
        "set_aside_as",
        "set_aside_at",
        "set_aside_by",
        "duplicate_of",
        "found",
        "answers",
        "meta",
        "from_import",
        "created_at",
    )

    def get_queryset(self, request):
        answers = Prompt._meta.get_field("responses").related_model._default_manager.all()
        return super().get_queryset(request).annotate(response_count=counted(answers, "prompt"))

    def has_change_permission(self, request, obj=None):
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_urls(self):
        own = [
            path("findings/", self.admin_site.admin_view(finding_pages.show_first), name="prompts_prompt_findings"),
            path("<int:pk>/findings/", self.admin_site.admin_view(finding_pages.decide), name="prompts_prompt_decide"),
        ]
        return own + super().get_urls()

    @admin.display(description=_("findings"))
    def found(self, prompt):
        number = prompt.findings.count()
        address = reverse("admin:prompts_prompt_decide", args=[prompt.pk])
        return format_html('<a href="{}">{}</a>', address, number) if number else 0

    @admin.display(description=_("split"), ordering="owner__split")
    def split(self, prompt):
        return prompt.owner.get_split_display()

    @admin.display(description=_("responses"))
    def responses(self, prompt):
        return prompt.response_count or 0

    @admin.display(description=_("prompt"))
    def turns(self, prompt):
        return render_to_string("admin/prompts/prompt/turns.html", {"messages": prompt.messages})

    @admin.display(description=_("responses"))
    def answers(self, prompt):
        answers = list(prompt.responses.select_related("endpoint").order_by("endpoint__name", "sample"))
        texts = [answer.text_hash for answer in answers if not answer.is_empty]
        for answer in answers:
            answer.is_duplicate = texts.count(answer.text_hash) > 1
        return render_to_string("admin/prompts/prompt/answers.html", {"answers": answers})


@admin.register(RefusedRow)
class RefusedRowAdmin(OnlyShown):
    list_display = ("of_import", "line", "reason", "excerpt")
    list_select_related = ("of_import__source",)
    list_filter = ("of_import__source",)
    search_fields = ("reason",)
    ordering = ("-of_import", "line")


@admin.register(Finding)
class FindingAdmin(OnlyShown):
    list_display = ("prompt", "kind", "stands_in", "part", "start", "end", "outcome", "decided_at", "decided_by")
    list_select_related = ("prompt", "decided_by")
    list_filter = ("outcome", "kind", "stands_in", "prompt__source")
    ordering = ("-prompt", "stands_in", "row", "part", "start")
