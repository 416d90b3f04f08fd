"""Where do researchers write questions and instructions? Versions that sheets use are shown, not changed."""

from itertools import count

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling import markdown
from labeling.guidelines import changes, editing, versions
from labeling.guidelines.changes import choices_text
from labeling.guidelines.forms import InstructionsForm, QuestionForm, QuestionFormSet, beyond_fields, newest_markdown
from labeling.guidelines.models import Choice, Form, FormVersion, Instructions, InstructionsVersion, Question
from labeling.guidelines.wording import passages
from labeling.people.only_shown import Inside, OnlyShown, OnlyShownRows

PREVIEW = "_preview"
UNSAVED = count(-1, -1)  # numbers of questions in previews: no two are the same


class FormVersions(OnlyShownRows):
    model = FormVersion
    show_change_link = True
    fields = ("number", "created_at", "created_by")
    ordering = ("-number",)


@admin.register(Form)
class FormAdmin(admin.ModelAdmin):
    list_display = ("title", "key", "newest_number")
    search_fields = ("title", "key")
    prepopulated_fields = {"key": ("title",)}
    fields = ("title", "key")
    inlines = [FormVersions]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(newest_number=Max("versions__number"))

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    @admin.display(description=_("newest version"), ordering="newest_number")
    def newest_number(self, form):
        return form.newest_number

    def response_add(self, request, obj, post_url_continue=None):
        """A form without questions is of no use: on to its first version."""
        return HttpResponseRedirect(f"{reverse('admin:guidelines_formversion_add')}?form={obj.pk}")


class Questions(admin.StackedInline):
    model = Question
    form = QuestionForm
    formset = QuestionFormSet
    fieldsets = [
        (None, {"fields": (("position", "key"), "wording", ("scale", "per"), ("is_required", "allows_na"))}),
        (_("Likert scale"), {"fields": (("minimum", "maximum"), ("low_anchor", "high_anchor"))}),
        (_("What is offered"), {"fields": ("choices", "good_answer")}),
        (_("When it is asked"), {"fields": ("tags", "other_tags")}),
    ]
    template = "admin/guidelines/formversion/questions.html"

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("choices")

    def get_readonly_fields(self, request, obj=None):
        """On a page that only shows, the fields that are the form's own need somebody to say what is in them."""
        return () if self.has_change_permission(request, obj) else ("position", "choices", "tags", "other_tags")

    @admin.display(description=_("choices"))
    def choices(self, question):
        return choices_text(question)

    @admin.display(description=_("only for prompts tagged"))
    def tags(self, question):
        return ", ".join(beyond_fields(question)["tags"])

    @admin.display(description=_("or with another tag"))
    def other_tags(self, question):
        return beyond_fields(question)["other_tags"]

    def get_extra(self, request, obj=None, **kwargs):
        return len(_copied_questions(request, obj)) or 1

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and not _is_fixed(obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not _is_fixed(obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)


@admin.register(FormVersion)
class FormVersionAdmin(admin.ModelAdmin):
    """A version can be changed until a sheet is leased under it; after that, copied to a new version."""

    fields = ("form",)
    inlines = [Questions]
    list_display = ("form", "number", "created_at", "created_by")
    list_filter = ("form",)
    list_select_related = ("form", "created_by")
    ordering = ("form", "-number")

    def get_readonly_fields(self, request, obj=None):
        return ("form",) if obj else ()

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not _is_fixed(obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_object(self, request, object_id, from_field=None):
        """Before it is changed, the version is locked: no sheet can be leased under it meanwhile."""
        if request.method == "POST":
            FormVersion.objects.select_for_update().filter(pk=_number(object_id)).first()
        return super().get_object(request, object_id, from_field)

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        kwargs["is_edited"] = editing.is_pressed(request.POST) or PREVIEW in request.POST
        copied = _copied_questions(request, obj)
        return kwargs | ({"initial": copied} if copied else {})

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if editing.is_pressed(request.POST):
            request.POST = editing.edited(request.POST)
        version = FormVersion.objects.filter(pk=_number(object_id)).first()
        extra = (extra_context or {}) | {"changes": _since_the_one_before(version) if version else []}
        return super().changeform_view(request, object_id, form_url, extra)

    def render_change_form(self, request, context, *args, **kwargs):
        """The page again, or the preview that was asked for, if there is nothing wrong with the questions."""
        if PREVIEW not in request.POST or context["errors"]:
            return super().render_change_form(request, context, *args, **kwargs)
        asked = [_unsaved(fields) for fields in context["inline_admin_formsets"][0].formset.questions()]
        form = context["adminform"].form.instance.form
        before = form.versions.exclude(pk=context["original"] and context["original"].pk).order_by("-number").first()
        shown = {"form": form, "questions": asked, "since": before and before.number}
        return render(request, "guidelines/form.html", shown | {"changes": _changes(before, asked)})

    def get_urls(self):
        preview = self.admin_site.admin_view(self.preview)
        return [path("<int:pk>/preview/", preview, name="guidelines_formversion_preview"), *super().get_urls()]

    def preview(self, request, pk):
        version = get_object_or_404(FormVersion.objects.select_related("form"), pk=pk)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return render(request, "guidelines/form.html", {"form": version, "questions": _questions_of(version)})

    def save_model(self, request, obj, form, change):
        """Questions and number come together, below."""

    def save_related(self, request, form, formsets, change):
        [formset], version = formsets, form.instance
        if change:
            versions.write_questions(version=version, questions=formset.questions())
            return
        new = versions.new_form_version(form=version.form, questions=formset.questions(), by=request.user)
        version.pk, version.number = new.pk, new.number

    def construct_change_message(self, request, form, formsets, add=False):
        return gettext("New version.") if add else gettext("Questions written anew.")


def _is_fixed(version):
    return version is not None and version.pk is not None and versions.is_pinned(version)


def _questions_of(version):
    return list(version.questions.order_by("position").prefetch_related("choices"))


def _since_the_one_before(version):
    before = version.form.versions.filter(number__lt=version.number).order_by("-number").first()
    return _changes(before, _questions_of(version))


def _changes(before, questions):
    return changes.between(_questions_of(before), questions) if before else []


def _unsaved(fields):
    """Return a Question as it would be, in no table."""
    plain = {name: value for name, value in fields.items() if name != "choices"}
    question = Question(pk=next(UNSAVED), **plain)
    vars(question)["_prefetched_objects_cache"] = {"choices": [Choice(**choice) for choice in fields["choices"]]}
    return question


def _copied_questions(request, obj):
    """What a new version starts from: the questions of the version named, or of its form's newest."""
    if request.method != "GET" or (obj is not None and obj.pk):
        return []
    version = FormVersion.objects.filter(pk=_number(request.GET.get("copy"))).first()
    if version is None:
        of_form = FormVersion.objects.filter(form=_number(request.GET.get("form")))
        version = of_form.order_by("-number").first()
    questions = version.questions.prefetch_related("choices") if version else []
    return [_as_initial(question) for question in questions]


def _as_initial(question):
    return {name: getattr(question, name) for name in QuestionForm.Meta.fields} | beyond_fields(question)


def _number(text):
    return int(text) if text and text.isdecimal() else None


class InstructionsVersions(OnlyShownRows):
    model = InstructionsVersion
    show_change_link = True
    fields = ("number", "created_at", "created_by")
    ordering = ("-number",)


@admin.register(Instructions)
class InstructionsAdmin(admin.ModelAdmin):
    form = InstructionsForm
    fields = ("name", "markdown")
    inlines = [InstructionsVersions]
    list_display = ("name", "newest_number")
    search_fields = ("name",)

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(newest_number=Max("versions__number"))

    @admin.display(description=_("newest version"), ordering="newest_number")
    def newest_number(self, instructions):
        return instructions.newest_number

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def has_delete_permission(self, request, obj=None):
        return False

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A preview, if one was asked for and the text has no fault; else the page itself, which names the fault."""
        if PREVIEW in request.POST and self.has_view_or_change_permission(request):
            instructions = self.get_object(request, unquote(object_id)) if object_id else None
            form = self.get_form(request, instructions)(request.POST, instance=instructions)
            if form.is_valid():
                return _preview_of_text(request, form)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        # Not the form's changed_data: browsers send every line break as two characters.
        if form.cleaned_data["markdown"] != newest_markdown(obj):
            versions.new_instructions(instructions=obj, markdown=form.cleaned_data["markdown"], by=request.user)


def _preview_of_text(request, form):
    newest = form.instance.newest() if form.instance.pk else None
    text = form.cleaned_data["markdown"]
    shown = {"name": form.instance.name, "html": markdown.render_passing(text), "since": newest and newest.number}
    shown["passages"] = passages(newest.markdown, text) if newest else []
    return render(request, "guidelines/instructions.html", shown)


@admin.register(InstructionsVersion)
class InstructionsVersionAdmin(OnlyShown):
    """Reached from its instructions; a version is only ever shown."""

    fields = ("instructions", "number", "markdown", "created_at", "created_by")
    list_display = ("instructions", "number", "created_at", "created_by")
    list_select_related = ("instructions", "created_by")

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        version = InstructionsVersion.objects.filter(pk=_number(object_id)).first()
        return super().changeform_view(request, object_id, form_url, (extra_context or {}) | _shown_of(version))

    def has_module_permission(self, request):
        return False


def _shown_of(version):
    """Return how a version reads, and what it changed."""
    if version is None:
        return {}
    before = version.instructions.versions.filter(number__lt=version.number).order_by("-number").first()
    changed = passages(before.markdown, version.markdown) if before else []
    return {"html": markdown.render(version.markdown), "since": before and before.number, "passages": changed}


@admin.register(Question)
class QuestionAdmin(Inside):
    list_display = ("wording", "key", "scale", "per", "version")
    list_select_related = ("version__form",)
    list_filter = ("scale", "per")
    search_fields = ("key", "wording")


@admin.register(Choice)
class ChoiceAdmin(Inside):
    list_display = ("label", "key", "question")
    list_select_related = ("question",)
    search_fields = ("key", "label")
