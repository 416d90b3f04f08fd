"""Who works in which cohort, and who does not work at the moment? Changed with a reason, and kept in a history."""

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db import IntegrityError
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from labeling.people import standing
from labeling.people.asking import ask
from labeling.people.history import History
from labeling.people.models import CohortMembership


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why?"), max_length=500, help_text=gettext_lazy("Kept in the record."))


class KeepsCohortsApart(admin.ModelAdmin):
    """Says in a sentence what the database refuses: nobody who has worked in one cohort joins the other."""

    def changeform_view(self, request, *args, **kwargs):
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as refusal:
            if "does not join the other" not in str(refusal):
                raise
            messages.error(request, _("Whoever has worked in one cohort does not join the other."))
            return redirect(request.get_full_path())


@admin.register(CohortMembership)
class CohortMembershipAdmin(KeepsCohortsApart):
    list_display = ("labeler", "cohort", "standing", "standing_reason", "standing_at", "admitted_at", "admitted_by")
    list_filter = ("standing", "cohort")
    list_select_related = ("labeler", "admitted_by")
    search_fields = ("labeler__email", "labeler__name")
    autocomplete_fields = ("labeler",)
    actions = ("suspend", "bring_back", "retire")
    fields = ("labeler", "cohort", "admitted_at", "standing", "standing_reason", "standing_at", "standing_by")
    readonly_fields = ("standing", "standing_reason", "standing_at", "standing_by")

    def get_readonly_fields(self, request, obj=None):
        """Nobody changes from one cohort to the other, and nobody takes another's place."""
        return (*self.readonly_fields, "labeler", "cohort") if obj else self.readonly_fields

    def get_fields(self, request, obj=None):
        return self.fields if obj else ("labeler", "cohort", "admitted_at")

    def save_model(self, request, obj, form, change):
        obj.admitted_by = obj.admitted_by or request.user
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Suspend, with a reason"), permissions=["change"])
    def suspend(self, request, memberships):
        return self._asked(request, memberships, standing.suspend, _("Suspend"))

    @admin.action(description=gettext_lazy("Bring back, with a reason"), permissions=["change"])
    def bring_back(self, request, memberships):
        return self._asked(request, memberships, standing.bring_back, pgettext("labeler", "Bring back"))

    @admin.action(description=gettext_lazy("Retire, with a reason"), permissions=["change"])
    def retire(self, request, memberships):
        return self._asked(request, memberships, standing.retire, _("Retire"))

    def _asked(self, request, memberships, verb, button):
        def answer(rows, answers, by):
            people = [row.labeler for row in rows.select_related("labeler")]
            done = sum(verb(person=person, reason=answers["reason"], by=by) for person in people)
            return ngettext("%(n)d labeler is changed.", "%(n)d labelers are changed.", done) % {"n": done}

        return ask(
            self, request, memberships, action=verb.__name__, form_class=ReasonForm, button=button, answer=answer
        )


@admin.register(apps.get_model("people", "CohortMembershipEvent"))
class CohortMembershipHistory(History):
    list_display = (
        "changed_at", "labeler", "cohort", "standing", "standing_reason", "standing_by", "admitted_by",
        "whose_doing",
    )  # fmt: skip
    list_filter = ("standing", "cohort")
    list_select_related = ("labeler", "standing_by", "admitted_by")
    search_fields = ("labeler__email", "labeler__name")
