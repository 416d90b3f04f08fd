"""Where do researchers write questions and instructions? Versions that sheets use are shown, not changed."""

from django.contrib import admin
from django.db.models import Max
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling.guidelines import versions
from labeling.guidelines.forms import InstructionsForm, QuestionForm, QuestionFormSet, choices_text, newest_markdown
from labeling.guidelines.models import Choice, Form, FormVersion, Instructions, InstructionsVersion, Question
from labeling.people.only_shown import Inside, OnlyShown, OnlyShownRows


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
        (_("More"), {"fields": ("good_answer", "applies_to_tags", "choices")}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("choices")

    def get_readonly_fields(self, request, obj=None):
        """On a page that only shows, the two fields that are the form's own need somebody to say what is in them."""
        return () if self.has_change_permission(request, obj) else ("position", "choices")

    @admin.display(description=_("choices"))
    def choices(self, question):
        return choices_text(question)

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
        copied = _copied_questions(request, obj)
        return kwargs | ({"initial": copied} if copied else {})

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
    fields = {name: getattr(question, name) for name in (*QuestionForm.Meta.fields, "position")}
    return fields | {"choices": choices_text(question)}


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

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        # Not the form's changed_data: browsers send every line break as two characters.
        if form.cleaned_data["markdown"] != newest_markdown(obj):
            versions.new_instructions(instructions=obj, markdown=form.cleaned_data["markdown"], by=request.user)


@admin.register(InstructionsVersion)
class InstructionsVersionAdmin(OnlyShown):
    """Reached from its instructions; a version is only ever shown."""

    fields = ("instructions", "number", "markdown", "created_at", "created_by")
    list_display = ("instructions", "number", "created_at", "created_by")
    list_select_related = ("instructions", "created_by")

    def has_module_permission(self, request):
        return False


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
