"""How is a test put together, and what hangs off it? Its texts, its sections; key, grading and selection."""

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling.people.history import History
from labeling.people.invited import links_to
from labeling.people.only_shown import Inside
from labeling.screening import building, edition_pages, grading_pages, key_pages, selection_pages
from labeling.screening.models import Attempt, Decision, Result, Section, Sitting, Test, TestState
from labeling.work.models import Project, Purpose


class SectionForm(forms.ModelForm):
    class Meta:
        model = Section
        fields = ("position", "criterion", "title", "korean_title", "project", "minutes")

    def clean(self):
        super().clean()
        said = self.cleaned_data
        if said.get("criterion") and said.get("project"):
            try:
                building.check_project(said["criterion"], said["project"])
            except ValidationError as refusal:
                self.add_error("project", refusal.message_dict["project"])
        return said


class SectionInline(admin.TabularInline):
    model = Section
    form = SectionForm
    extra = 0

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "project":
            kwargs["queryset"] = Project.objects.filter(purpose=Purpose.SCREENING).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _is_draft(self, test):
        return test is None or test.state == TestState.DRAFT

    def has_add_permission(self, request, obj=None):
        return obj is not None and self._is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return self._is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self._is_draft(obj) and request.user.has_perm("screening.change_test")


@admin.register(Test)
class TestAdmin(admin.ModelAdmin):
    list_display = ("name", "edition", "state", "is_open", "published_at")
    list_filter = ("state",)
    search_fields = ("name",)
    ordering = ("name",)
    inlines = [SectionInline]
    change_form_template = "admin/screening/test/change_form.html"
    readonly_fields = ("editions", "state", "invited", "published_at", "published_by", "created_at", "created_by")
    fieldsets = (
        (None, {"fields": ("name", "korean_name", "editions", "state", "is_open", "invited")}),
        (_("What applicants read"), {"fields": ("welcome", "korean_welcome", "warning", "korean_warning")}),
        (
            _("How it is measured"),
            {
                "fields": (
                    "cutoff_flags",
                    "cutoff_rankings",
                    "cutoff_demonstrations",
                    "ranking_variant",
                    "graders",
                    "gives_feedback",
                )
            },
        ),
        (_("Dates"), {"fields": ("published_at", "published_by", "created_at", "created_by")}),
    )

    # What applicants are measured by stays as it was when they were told.
    FIXED_WHEN_PUBLISHED = ("ranking_variant", "graders")

    def get_readonly_fields(self, request, obj=None):
        fixed = self.FIXED_WHEN_PUBLISHED if obj and obj.state != TestState.DRAFT else ()
        return (*self.readonly_fields, *fixed)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.created_by = obj.created_by or request.user
        super().save_model(request, obj, form, change)

    @admin.display(description=_("edition"))
    def editions(self, test):
        """Its number, with links to the edition that it was made from and to those made from it."""
        said = [test.edition]
        if test.came_from:
            said.append(format_html(gettext("made from {test}"), test=_link(test.came_from)))
        if later := list(test.later_editions.order_by("pk")) if test.pk else []:
            links = format_html_join(", ", "{}", ([_link(one)] for one in later))
            said.append(format_html(gettext("later: {tests}"), tests=links))
        return format_html_join(" · ", "{}", ([part] for part in said))

    @admin.display(description=_("invitations"))
    def invited(self, test):
        return links_to("test", test)

    def get_urls(self):
        pages = [*key_pages.PAGES, *edition_pages.PAGES, *grading_pages.PAGES, *selection_pages.PAGES]
        return [
            path(address, self.admin_site.admin_view(page), name=f"screening_test_{name}")
            for address, page, name in pages
        ] + super().get_urls()


def _link(test):
    return format_html('<a href="{}">{}</a>', reverse("admin:screening_test_change", args=[test.pk]), test)


@admin.register(Section)
class SectionAdmin(Inside):
    list_display = ("__str__", "position", "criterion", "project", "minutes")
    list_select_related = ("test", "project")


@admin.register(Attempt)
class AttemptAdmin(Inside):
    """For admins, who may know who somebody is."""

    list_display = ("code", "test", "applicant", "began_at", "handed_in_at", "left_at")
    list_select_related = ("test", "applicant")


@admin.register(Sitting)
class SittingAdmin(Inside):
    list_display = ("attempt", "section", "began_at", "until", "finished_at")
    list_select_related = ("attempt", "section__test")


@admin.register(Result)
class ResultAdmin(Inside):
    list_display = ("attempt", "criterion", "value", "low", "high", "n")
    list_select_related = ("attempt",)


@admin.register(Decision)
class DecisionAdmin(Inside):
    list_display = ("attempt", "outcome", "reason", "decided_at", "decided_by")
    list_select_related = ("attempt", "decided_by")


@admin.register(apps.get_model("screening", "TestEvent"))
class TestHistory(History):
    """What was changed of a test, its cut-offs say, and by whom."""

    list_display = (
        "changed_at", "name", "state", "is_open", "cutoff_flags", "cutoff_rankings", "cutoff_demonstrations",
        "whose_doing",
    )  # fmt: skip
    search_fields = ("name",)
