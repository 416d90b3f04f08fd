"""Which qualifications are there, and who has which? Granted, revoked, and over after their day."""

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.people import qualifying
from labeling.people.history import History
from labeling.people.models import Qualification, Qualified
from labeling.people.naming import LabelerChoice, UnderPseudonyms


@admin.register(Qualification)
class QualificationAdmin(admin.ModelAdmin):
    list_display = ("name", "korean_name", "key", "description")
    search_fields = ("name", "korean_name", "key")
    prepopulated_fields = {"key": ("name",)}
    fields = ("name", "korean_name", "key", "description")

    def has_delete_permission(self, request, obj=None):
        return False


class QualifiedForm(forms.ModelForm):
    labeler = LabelerChoice()

    class Meta:
        model = Qualified
        fields = ("labeler", "qualification", "reason", "expires_at")
        help_texts = {"expires_at": gettext_lazy("Empty: for good.")}

    def clean_expires_at(self):
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise forms.ValidationError(_("Choose a moment that is still to come."))
        return expires_at

    def validate_constraints(self):
        """One that stands is replaced by what is granted here."""


class InForce(admin.SimpleListFilter):
    title = gettext_lazy("in force")
    parameter_name = "in_force"

    def lookups(self, request, model_admin):
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        in_force = Qualified.objects.in_force().values("pk")
        return rows.filter(pk__in=in_force) if self.value() == "yes" else rows.exclude(pk__in=in_force)


@admin.register(Qualified)
class QualifiedAdmin(UnderPseudonyms):
    list_display = (
        "labeler_pseudonym", "qualification", "reason", "granted_at", "granted_by", "expires_at", "revoked_at",
    )  # fmt: skip
    list_filter = (InForce, "qualification")
    list_select_related = ("labeler", "qualification", "granted_by")
    search_fields = ("labeler__email", "labeler__name", "qualification__name")
    ordering = ("-granted_at",)
    actions = ("revoke",)
    fields = (
        "labeler_pseudonym", "qualification", "reason", "granted_at", "granted_by", "expires_at", "revoked_at",
        "revoked_by",
    )  # fmt: skip

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("people.add_qualified")

    def has_revoke_permission(self, request):
        return request.user.has_perm("people.change_qualified")

    def get_fields(self, request, obj=None):
        return super().get_fields(request, obj) if obj else QualifiedForm.Meta.fields

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = type("QualifiedForm", (QualifiedForm,), {"labeler": LabelerChoice.of(request.user)})
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request, obj, form, change):
        answers = form.cleaned_data
        granted = qualifying.grant(
            person=answers["labeler"], qualification=answers["qualification"], reason=answers["reason"],
            expires_at=answers["expires_at"], by=request.user,
        )  # fmt: skip
        obj.pk = granted.pk

    @admin.action(description=gettext_lazy("Revoke"), permissions=["revoke"])
    def revoke(self, request, rows):
        done = sum(
            qualifying.revoke(person=row.labeler, qualification=row.qualification, by=request.user)
            for row in rows.filter(revoked_at__isnull=True)
        )
        said = ngettext("%(n)d qualification is revoked.", "%(n)d qualifications are revoked.", done)
        messages.success(request, said % {"n": done})


@admin.register(apps.get_model("people", "QualifiedEvent"))
class QualifiedHistory(History):
    list_display = (
        "changed_at", "labeler", "qualification", "reason", "granted_by", "expires_at", "revoked_at", "whose_doing",
    )  # fmt: skip
    list_filter = ("qualification",)
    list_select_related = ("labeler", "qualification", "granted_by")
    search_fields = ("labeler__email", "labeler__name")
