"""What have people said so far? Labels, to be read; labelers under their pseudonyms, except for admins."""

from itertools import groupby

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from labeling.labels.models import Answer, Demonstration, Label, Place, Ranking, Rating
from labeling.labels.tagging_prompts import tag_prompts
from labeling.people.naming import UnderPseudonyms
from labeling.people.only_shown import Inside, OnlyShownRows
from labeling.prompts.models import PromptTag
from labeling.work.blinding import Blind


class Standing(admin.SimpleListFilter):
    title = _("revision")
    parameter_name = "revision"

    def lookups(self, request, model_admin):
        return [("standing", pgettext_lazy("label", "standing")), ("superseded", _("superseded"))]

    def queryset(self, request, labels):
        if self.value() is None:
            return labels
        return labels.filter(superseded_at__isnull=self.value() == "standing")


class Ratings(OnlyShownRows):
    model = Rating
    fields = ("letter", "overall_quality", "said", "notes")
    readonly_fields = ("letter", "said")
    ordering = ("slot__place",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("slot").prefetch_related("answers__question")

    @admin.display(description=_("response"))
    def letter(self, rating):
        return rating.slot.letter

    @admin.display(description=_("answers"))
    def said(self, rating):
        return _answers(rating.answers.all())


@admin.register(Label)
class LabelAdmin(Blind, UnderPseudonyms):
    work = "assignment__"
    list_display = (
        "id",
        "project",
        "labeler_pseudonym",
        "by_program",
        "order",
        "revision",
        "seconds",
        "submitted_at",
        "superseded_at",
    )
    list_filter = (Standing, "assignment__cohort", "assignment__by_program", "assignment__project")
    list_select_related = ("assignment__project", "assignment__labeler", "ranking")
    search_fields = ("=assignment__id", "assignment__project__name")
    ordering = ("-submitted_at",)
    inlines = (Ratings,)
    fields = (
        "assignment", "project", "labeler_pseudonym", "by_program", "prompt", "written", "written_prompt", "tags",
        "order", "was_arranged", "about_prompt", "form_version", "instructions_version", "revision", "seconds",
        "submitted_at", "superseded_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("ranking__places__slot")

    @staticmethod
    def labeler_of(label):
        return label.assignment.labeler

    @admin.display(description=_("project"), ordering="assignment__project__name")
    def project(self, label):
        return label.assignment.project

    @admin.display(description=_("by a program"), boolean=True, ordering="assignment__by_program")
    def by_program(self, label):
        return label.assignment.by_program

    @admin.display(description=_("prompt"))
    def prompt(self, label):
        return label.assignment.task.title

    @admin.display(description=_("demonstration"))
    def written(self, label):
        return label.demonstration.text if hasattr(label, "demonstration") else None

    @admin.display(description=_("prompt, by the labeler"))
    def written_prompt(self, label):
        prompt = label.demonstration.prompt if hasattr(label, "demonstration") else None
        address = prompt and reverse("admin:prompts_prompt_change", args=[prompt.pk])
        return prompt and format_html('<a href="{}">{}</a>', address, prompt)

    @admin.display(description=_("tags of the prompt"))
    def tags(self, label):
        tags = label.demonstration.tags if hasattr(label, "demonstration") else None
        return None if tags is None else ", ".join(str(PromptTag(tag).label) for tag in tags)

    @admin.display(description=_("ranking"))
    def order(self, label):
        """Best first, ties together: B > A = C > D."""
        if not hasattr(label, "ranking"):
            return None
        places = sorted(label.ranking.places.all(), key=lambda place: (place.rank, place.slot.place))
        ranks = groupby(places, key=lambda place: place.rank)
        return " > ".join(" = ".join(place.slot.letter for place in tied) for _rank, tied in ranks)

    @admin.display(description=_("arranged by ratings"), boolean=True)
    def was_arranged(self, label):
        return label.ranking.was_arranged if hasattr(label, "ranking") else None

    @admin.display(description=_("answers about the prompt"))
    def about_prompt(self, label):
        return _answers(label.answers.filter(rating=None).select_related("question"))

    @admin.display(description=_("form version"))
    def form_version(self, label):
        return label.assignment.form_version

    @admin.display(description=_("version of instructions"))
    def instructions_version(self, label):
        return label.assignment.instructions_version


def _answers(answers):
    """Every answer by its question's key; what was not answered is not there, and n/a is "not applicable"."""
    return ", ".join(
        f"{answer.question.key}: {'n/a' if answer.is_na else answer.value}"
        for answer in sorted(answers, key=lambda answer: answer.question.position)
    )


@admin.register(Demonstration)
class DemonstrationAdmin(Blind, Inside):
    work = "label__assignment__"
    list_display = ("label", "beginning", "prompt_type", "prompt", "tags")
    list_select_related = ("label", "prompt")
    list_filter = ("prompt_type",)
    search_fields = ("text",)
    actions = ("give_tags_to_prompts",)

    def has_tag_permission(self, request):
        return request.user.has_perm("prompts.change_prompt")

    @admin.action(description=_("Give the chosen tags to the prompts"), permissions=["tag"])
    def give_tags_to_prompts(self, request, demonstrations):
        number = tag_prompts(demonstrations=demonstrations)
        said = ngettext("%(n)d tag is added to a prompt.", "%(n)d tags are added to prompts.", number) % {"n": number}
        messages.success(request, said)

    @admin.display(description=_("text"))
    def beginning(self, demonstration):
        return Truncator(demonstration.text).chars(200)


@admin.register(Ranking)
class RankingAdmin(Blind, Inside):
    work = "label__assignment__"
    list_display = ("label", "was_arranged")
    list_select_related = ("label",)
    list_filter = ("was_arranged",)


@admin.register(Place)
class PlaceAdmin(Blind, Inside):
    work = "ranking__label__assignment__"
    list_display = ("ranking", "slot", "rank")
    list_select_related = ("ranking__label", "slot")


@admin.register(Rating)
class RatingAdmin(Blind, Inside):
    work = "label__assignment__"
    list_display = ("label", "slot", "overall_quality", "notes")
    list_select_related = ("label", "slot")
    list_filter = ("overall_quality",)
    search_fields = ("notes",)


@admin.register(Answer)
class AnswerAdmin(Blind, Inside):
    work = "label__assignment__"
    list_display = ("label", "rating", "question", "value")
    list_select_related = ("label", "rating__slot", "question")
    list_filter = ("question__key",)
