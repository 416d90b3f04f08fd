"""Where do researchers set projects up, steer their tasks, and see who holds what?"""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.people.asking import ask
from labeling.people.invited import links_to
from labeling.people.naming import UnderPseudonyms
from labeling.people.only_shown import Inside, Never, OnlyShown, OnlyShownRows
from labeling.work import flag_admin as flag_admin  # its table is registered there
from labeling.work import invitee_admin as invitee_admin
from labeling.work import pages, projects, queue, steering
from labeling.work.blinding import Blind
from labeling.work.forms import PriorityForm, ProjectForm, SetAsideForm
from labeling.work.models import Assignment, AssignmentState, Draft, Membership, Project, Slot, Task, TaskCandidate


def _per_project(rows, number):
    """A number of each project's rows, in a subquery of its own: joins of two tables would multiply each other."""
    return Subquery(
        rows.filter(project=OuterRef("pk")).order_by().values("project").annotate(number=number).values("number")
    )


COMPARED = (("k", "min_k"), "baseline", "most_per_model", ("with_references", "only_references"), "leave_out")


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    form = ProjectForm
    list_display = ("name", "state", "kind", "purpose", "cohort", "tasks", "progress")
    list_filter = ("state", "kind", "purpose", "cohort")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", ("kind", "purpose", "cohort"), "state", "created_at", "created_by")}),
        (gettext_lazy("What is asked"), {"fields": ("form", "markdown", "rate_first", "may_arrange", "layout")}),
        (gettext_lazy("What else is asked for a demonstration"), {"fields": ("prompt_types", "asks_for_tags")}),
        (gettext_lazy("What is compared"), {"fields": COMPARED}),
        (gettext_lazy("By how many, for how long"), {"fields": ("overlap", "most_per_labeler", "lease_minutes")}),
        (gettext_lazy("Who, within the cohort"), {"fields": ("by_invitation", "qualifications", "invited")}),
        (gettext_lazy("Calibration and programs"), {"fields": ("calibration_share", "programs")}),
    )
    save_on_top = True

    def get_queryset(self, request):
        submitted = Assignment.objects.filter(
            state=AssignmentState.SUBMITTED, by_program=False, task__is_calibration=False
        )
        in_play = Task.objects.filter(set_aside_at__isnull=True)
        return (
            super()
            .get_queryset(request)
            .annotate(
                task_count=_per_project(Task.objects.all(), Count("pk")),
                seat_count=_per_project(in_play, Sum("seats")),
                submitted_count=_per_project(submitted, Count("pk")),
            )
        )

    def get_urls(self):
        own = [
            ("add-tasks", "add_tasks", pages.add_tasks),
            ("progress", "progress", pages.progress),
            ("clone", "clone", pages.clone),
            *((name, name, pages.move(name)) for name in pages.MOVES),
        ]
        return [
            path(f"<int:pk>/{address}/", self.admin_site.admin_view(view), name=f"work_project_{name}")
            for address, name, view in own
        ] + super().get_urls()

    def get_fieldsets(self, request, obj=None):
        if obj:
            return self.fieldsets
        (title, first), *others = self.fieldsets
        return ((title, {"fields": first["fields"][:2]}), *others)

    def get_readonly_fields(self, request, obj=None):
        fixed = ("state", "created_at", "created_by", "invited") if obj else ("invited",)
        return (*fixed, "kind", "purpose") if obj and obj.task_count else fixed

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        markdown = form.cleaned_data["markdown"]
        if not change:
            projects.found(project=obj, markdown=markdown, by=request.user)
            return
        own = {field.name for field in Project._meta.fields}  # what is many, the form saves afterwards
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name in own}
        projects.change_project(project=obj, by=request.user, markdown=markdown, **changes)

    @admin.display(description=gettext_lazy("invitations that lead here"))
    def invited(self, project):
        return links_to("project", project)

    @admin.display(description=gettext_lazy("tasks"), ordering="task_count")
    def tasks(self, project):
        address = reverse("admin:work_task_changelist")
        return format_html('<a href="{}?project__id__exact={}">{}</a>', address, project.pk, project.task_count or 0)

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, project):
        done, seats = project.submitted_count or 0, project.seat_count
        address = reverse("admin:work_project_progress", args=[project.pk])
        if not seats:
            return format_html('<a href="{}">{}</a>', address, _("%(done)d submitted") % {"done": done})
        said = _("%(done)d of %(seats)d submitted") % {"done": done, "seats": seats}
        bar = '<progress value="{}" max="{}" aria-label="{}"></progress> <a href="{}">{}</a>'
        return format_html(bar, done, seats, said, address, said)


class Candidates(OnlyShownRows):
    model = TaskCandidate
    fields = ("ordinal", "endpoint", "text")
    readonly_fields = ("endpoint", "text")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("response__endpoint")

    @admin.display(description=gettext_lazy("model"))
    def endpoint(self, candidate):
        return candidate.response.endpoint or _("reference")

    @admin.display(description=gettext_lazy("text"))
    def text(self, candidate):
        return Truncator(candidate.response.text).chars(1_000)


class WantsHands(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [
            ("wanting", _("wants labelers")),
            ("full", _("all seats taken")),
            ("aside", _("set aside")),
        ]

    def queryset(self, request, tasks):
        aside = Q(set_aside_at__isnull=False)
        match self.value():
            case "wanting":
                return tasks.wanting_hands()
            case "full":
                return tasks.filter(~aside, taken__gte=F("seats"))
            case "aside":
                return tasks.filter(aside)
        return tasks


@admin.register(Task)
class TaskAdmin(Never, admin.ModelAdmin):
    """Tasks are drawn, not typed: here they are looked at, set aside, brought back, and put in order."""

    list_display = ("prompt_text", "project", "hands", "priority", "is_calibration", "set_aside_reason")
    list_filter = (WantsHands, "is_calibration", "project")
    list_select_related = ("prompt", "project")
    search_fields = ("prompt__external_id", "project__name")
    ordering = ("-priority", "-position")
    show_full_result_count = False
    actions = ("set_aside", "bring_back", "change_priority", "shuffle", "to_pool", "from_pool")
    inlines = (Candidates,)
    fields = (
        "project", "prompt_text", "use_case_text", "hands", "priority", "is_calibration", "set_aside_at",
        "set_aside_by", "set_aside_reason", "seed", "created_at",
    )  # fmt: skip
    readonly_fields = ("prompt_text", "hands")

    def has_steer_permission(self, request):
        return request.user.has_perm("work.change_task")

    @admin.display(description=gettext_lazy("prompt"))
    def prompt_text(self, task):
        return task.title

    @admin.display(description=gettext_lazy("seats taken"))
    def hands(self, task):
        return f"{task.taken} / {'∞' if task.seats is None else task.seats}"

    @admin.action(description=gettext_lazy("Set aside, with a reason"), permissions=["steer"])
    def set_aside(self, request, tasks):
        return ask(
            self, request, _plain(tasks), action="set_aside", form_class=SetAsideForm, button=_("Set aside"),
            answer=_put_aside,
        )  # fmt: skip

    def response_action(self, request, queryset, *where):
        """What stays as it is says so."""
        try:
            return super().response_action(request, queryset, *where)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(request.get_full_path())

    @admin.action(description=gettext_lazy("Bring back"), permissions=["steer"])
    def bring_back(self, request, tasks):
        changed = steering.bring_back(tasks=_plain(tasks))
        messages.success(request, ngettext("%(n)d task is back.", "%(n)d tasks are back.", changed) % {"n": changed})

    @admin.action(description=gettext_lazy("Change the priority"), permissions=["steer"])
    def change_priority(self, request, tasks):
        return ask(
            self, request, _plain(tasks), action="change_priority", form_class=PriorityForm,
            button=_("Change the priority"), answer=_put_in_order,
        )  # fmt: skip

    @admin.action(description=gettext_lazy("Shuffle among equals"), permissions=["steer"])
    def shuffle(self, request, tasks):
        changed = steering.shuffle(tasks=_plain(tasks))
        messages.success(
            request, ngettext("%(n)d task has a new place.", "%(n)d tasks have a new order.", changed) % {"n": changed}
        )

    @admin.action(description=gettext_lazy("Put into the calibration pool"), permissions=["steer"])
    def to_pool(self, request, tasks):
        changed = steering.put_into_the_pool(tasks=_plain(tasks))
        messages.success(
            request, ngettext("%(n)d task joined the pool.", "%(n)d tasks joined the pool.", changed) % {"n": changed}
        )

    @admin.action(description=gettext_lazy("Take out of the calibration pool"), permissions=["steer"])
    def from_pool(self, request, tasks):
        changed = steering.take_out_of_the_pool(tasks=_plain(tasks))
        messages.success(
            request, ngettext("%(n)d task left the pool.", "%(n)d tasks left the pool.", changed) % {"n": changed}
        )


def _plain(tasks):
    """The same tasks without the list's joins and order, as `UPDATE` wants them."""
    return Task.objects.filter(pk__in=tasks.order_by().values("pk"))


def _put_aside(tasks, answers, by):
    changed = steering.set_aside(tasks=tasks, reason=answers["reason"], by=by)
    return ngettext("%(n)d task is set aside.", "%(n)d tasks are set aside.", changed) % {"n": changed}


def _put_in_order(tasks, answers, by):
    changed = steering.reprioritise(tasks=tasks, priority=answers["priority"])
    return ngettext("%(n)d task has a new priority.", "%(n)d tasks have a new priority.", changed) % {"n": changed}


@admin.register(Assignment)
class AssignmentAdmin(Blind, UnderPseudonyms):
    list_display = (
        "id", "project", "labeler_pseudonym", "by_program", "cohort", "state", "leased_at", "lease_until", "closed_at",
    )  # fmt: skip
    list_filter = ("state", "cohort", "by_program", "project")
    list_select_related = ("project", "labeler")
    search_fields = ("=id", "labeler__email", "labeler__name", "project__name")
    ordering = ("-leased_at",)
    actions = ("give_back",)
    fields = (
        "id", "project", "task", "labeler_pseudonym", "cohort", "purpose", "by_program", "state", "leased_at",
        "lease_until", "closed_at", "skip_reason", "form_version", "instructions_version",
    )  # fmt: skip

    def has_steer_permission(self, request):
        return request.user.has_perm("work.change_task")

    @admin.action(description=gettext_lazy("Give skipped sheets back to their labelers"), permissions=["steer"])
    def give_back(self, request, assignments):
        given = queue.give_back(assignments=assignments)
        if given:
            said = ngettext(
                "%(n)d sheet returns to its labeler when a seat is free.",
                "%(n)d sheets return to their labelers when seats are free.",
                given,
            )
            messages.success(request, said % {"n": given})
        else:
            messages.warning(request, _("None of these sheets was skipped."))


@admin.register(Membership)
class MembershipAdmin(Blind, OnlyShown):
    list_display = ("labeler", "project", "taken", "taken_from_pool", "joined_at", "acknowledged_instructions")
    list_filter = ("project",)
    list_select_related = ("labeler", "project", "acknowledged_instructions__instructions")
    search_fields = ("labeler__email", "labeler__name", "project__name")
    ordering = ("-joined_at",)
    fields = ("labeler", "project", "taken", "taken_from_pool", "joined_at", "acknowledged_instructions")


@admin.register(TaskCandidate)
class TaskCandidateAdmin(Inside):
    list_display = ("task", "ordinal", "response")
    list_select_related = ("task__project", "task__prompt", "response")
    list_filter = ("task__project",)


@admin.register(Slot)
class SlotAdmin(Blind, Inside):
    work = "assignment__"
    list_display = ("assignment", "place", "letter", "candidate")
    list_select_related = ("assignment", "candidate__response")


@admin.register(Draft)
class DraftAdmin(Blind, Inside):
    work = "assignment__"
    list_display = ("assignment", "revision", "saved_at")
    list_select_related = ("assignment",)
    ordering = ("-saved_at",)
