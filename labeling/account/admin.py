"""Who has asked to be deleted, and what became of it? Carried out here, with a word on the labels."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.account import leaving
from labeling.account.models import DeletionRequest
from labeling.people.asking import ask

KEEP, TAKE_OUT = "keep", "take_out"


class LabelsForm(forms.Form):
    labels = forms.ChoiceField(
        label=gettext_lazy("What becomes of the labels?"),
        widget=forms.RadioSelect,
        choices=[
            (KEEP, gettext_lazy("They stay, and nobody can tell any more whose they are.")),
            (TAKE_OUT, gettext_lazy("They go, except those in a dataset, a review or the key of a test.")),
        ],
        help_text=gettext_lazy("The person is deleted either way. This cannot be undone."),
    )


class IsWaiting(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("waiting", gettext_lazy("waiting")),
            ("done", gettext_lazy("done")),
            ("taken_back", gettext_lazy("taken back")),
        ]

    def queryset(self, request, queryset):
        conditions = {
            "waiting": {"done_at__isnull": True, "taken_back_at__isnull": True},
            "done": {"done_at__isnull": False},
            "taken_back": {"taken_back_at__isnull": False},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


@admin.register(DeletionRequest)
class DeletionRequestAdmin(admin.ModelAdmin):
    list_display = ("person", "asked_at", "taken_back_at", "done_at", "done_by")
    list_filter = (IsWaiting,)
    list_select_related = ("person", "done_by")
    search_fields = ("person__email", "person__name")
    ordering = ("-asked_at",)
    actions = ("carry_out",)
    fields = readonly_fields = ("person", "asked_at", "taken_back_at", "done_at", "done_by", "outcome")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description=gettext_lazy("Delete these people, but for a tombstone"), permissions=["change"])
    def carry_out(self, request, requests):
        waiting = requests.filter(done_at__isnull=True, taken_back_at__isnull=True)
        return ask(
            self, request, waiting, action="carry_out", form_class=LabelsForm, button=_("Delete"), answer=_carried_out
        )


def _carried_out(requests, answers, by):
    """Each in a transaction of its own; the first that cannot be deleted stops it, and says what was done by then."""
    done = 0
    for request in requests.select_related("person"):
        try:
            leaving.delete(person=request.person, keep_labels=answers["labels"] == KEEP, by=by)
        except ValidationError as error:
            raise ValidationError([*error.messages, _said(done)]) from error
        done += 1
    return _said(done)


def _said(done):
    return ngettext("%(n)d person is deleted.", "%(n)d people are deleted.", done) % {"n": done}
