"""Who has been invited to a project that is by invitation, and until when?"""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from labeling.people.naming import LabelerChoice, UnderPseudonyms
from labeling.work.blinding import Blind
from labeling.work.models import Invitee, Project, Purpose


class InviteeForm(forms.ModelForm):
    """Applicants come into the parts of a test by beginning them, in their order and by the clock."""

    labeler = LabelerChoice()
    project = forms.ModelChoiceField(
        Project.objects.exclude(purpose=Purpose.SCREENING).order_by("name"), label=_("project")
    )

    class Meta:
        model = Invitee
        fields = ("project", "labeler", "until")


@admin.register(Invitee)
class InviteeAdmin(Blind, UnderPseudonyms):
    list_display = ("labeler_pseudonym", "project", "invited_at", "until")
    list_filter = ("project",)
    list_select_related = ("labeler", "project")
    search_fields = ("labeler__email", "labeler__name", "project__name")
    ordering = ("-invited_at",)
    fields = ("project", "labeler_pseudonym", "invited_at", "until")

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("work.add_invitee")

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("work.change_invitee")

    def get_fields(self, request, obj=None):
        return super().get_fields(request, obj) if obj else InviteeForm.Meta.fields

    def get_readonly_fields(self, request, obj=None):
        fixed = (*super().get_readonly_fields(request, obj), "project", "invited_at")
        return self._named(request, ("labeler_pseudonym", *fixed)) if obj else ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = type("InviteeForm", (InviteeForm,), {"labeler": LabelerChoice.of(request.user)})
        return super().get_form(request, obj, change=change, **kwargs)
