"""What have labelers found wrong with sheets, and what came of it?"""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.people.asking import ask
from labeling.people.naming import UnderPseudonyms
from labeling.work import flagging
from labeling.work.blinding import is_of_an_applicant
from labeling.work.forms import ResolveForm, SetAsideForm
from labeling.work.models import SheetFlag


class Waiting(admin.SimpleListFilter):
    """Those that wait, unless others are asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("resolved", _("resolved")), ("all", _("all"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": _("unresolved")}, *others]

    def queryset(self, request, flags):
        if self.value() == "all":
            return flags
        return flags.filter(resolved_at__isnull=self.value() != "resolved")


@admin.register(SheetFlag)
class SheetFlagAdmin(UnderPseudonyms):
    list_display = ("kind", "note", "task", "project", "labeler_pseudonym", "flagged_at", "resolved_at", "resolution")
    list_filter = (Waiting, "kind", "assignment__project")
    list_select_related = ("assignment__project", "assignment__labeler", "assignment__task__prompt")
    search_fields = ("note", "assignment__project__name")
    ordering = ("-flagged_at",)
    actions = ("set_aside", "resolve")
    fields = (
        "kind", "note", "task", "project", "assignment", "labeler_pseudonym", "flagged_at", "resolved_at",
        "resolved_by", "resolution",
    )  # fmt: skip
    readonly_fields = ("task", "project")

    @staticmethod
    def labeler_of(flag):
        return flag.assignment.labeler

    def has_steer_permission(self, request):
        return request.user.has_perm("work.change_task")

    def has_resolve_permission(self, request):
        return request.user.has_perm("work.change_sheetflag")

    @admin.display(description=gettext_lazy("labeler"))
    def labeler_pseudonym(self, flag):
        return _("an applicant") if is_of_an_applicant(flag.assignment) else super().labeler_pseudonym(flag)

    @admin.display(description=gettext_lazy("task"))
    def task(self, flag):
        task = flag.assignment.task
        return format_html('<a href="{}">{}</a>', reverse("admin:work_task_change", args=[task.pk]), task.title)

    @admin.display(description=gettext_lazy("project"), ordering="assignment__project__name")
    def project(self, flag):
        return flag.assignment.project

    @admin.action(description=gettext_lazy("Set the task aside"), permissions=["steer"])
    def set_aside(self, request, flags):
        button = _("Set the task aside")
        return ask(self, request, flags, action="set_aside", form_class=SetAsideForm, button=button, answer=_put_aside)

    @admin.action(description=gettext_lazy("Resolve"), permissions=["resolve"])
    def resolve(self, request, flags):
        return ask(
            self, request, flags, action="resolve", form_class=ResolveForm, button=_("Resolve"), answer=_resolved
        )


def _put_aside(flags, answers, by):
    out = flagging.set_tasks_aside(flags=flags, reason=answers["reason"], by=by)
    return ngettext("%(n)d task is set aside.", "%(n)d tasks are set aside.", out) % {"n": out}


def _resolved(flags, answers, by):
    done = flagging.resolve(flags=flags, by=by, resolution=answers["resolution"])
    return ngettext("%(n)d flag is resolved.", "%(n)d flags are resolved.", done) % {"n": done}
