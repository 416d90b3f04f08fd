"""How are labeling jobs set up and watched over REST?"""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labeling.api.examples import PAUSE, PROGRESS, PROJECT, TASKS
from labeling.api.idempotency import once
from labeling.api.permissions import Engineers
from labeling.api.problems import Problem
from labeling.api.shapes import Named, Strict
from labeling.candidates.models import Flag
from labeling.guidelines.models import Form, InstructionsVersion
from labeling.people.models import Qualification
from labeling.prompts.models import WRITTEN_CHOICES, Origin, Prompt, Source, Split, UseCase
from labeling.work import drawing
from labeling.work import projects as verbs
from labeling.work.models import Project, ProjectState

NEW = OpenApiExample(
    "Rate, then rank four",
    {
        "name": "Rank answers",
        "kind": "ranking",
        "purpose": "training",
        "instructions": "Read all responses before you judge the first.",
        "form": "instructgpt",
        "k": 4,
        "rate_first": True,
        "layout": "cards",
        "overlap": 2,
        "cohort": "training",
        "lease_minutes": 60,
        "baseline": None,
        "most_per_model": 2,
        "with_references": False,
        "leave_out": ["leak", "refusal"],
        "state": "open",
    },
    request_only=True,
)
BY_FILTER = OpenApiExample("By a filter", {"source": "support-2026", "split": "train", "limit": 100}, request_only=True)
BY_IDS = OpenApiExample("By ids", {"prompts": [17, 18, 21]}, request_only=True)

UNWRITTEN = OpenApiExample(
    "Without prompts: labelers write them",
    {"unwritten": 20, "use_cases": ["A small shop wants to answer its customers' e-mails faster."]},
    request_only=True,
)


class ProjectRow(Strict, serializers.ModelSerializer):
    form = Named(
        "key",
        queryset=Form.objects.all(),
        required=False,
        help_text="The form's key.",
        error_messages={"does_not_exist": gettext_lazy("There is no form with the key “{value}”.")},
    )
    instructions = serializers.CharField(
        source="markdown", trim_whitespace=False, help_text="In Markdown; a change makes a new version."
    )
    instructions_version = serializers.IntegerField(read_only=True)
    leave_out = serializers.ListField(
        child=serializers.ChoiceField(Flag.choices),
        required=False,
        help_text="Responses with one of these flags are drawn into no task.",
    )

    prompt_types = serializers.ListField(
        child=serializers.ChoiceField(WRITTEN_CHOICES),
        required=False,
        help_text="Of the prompts that labelers write along with demonstrations; none: the prompts are given.",
    )

    qualifications = serializers.ListField(
        child=serializers.SlugField(),
        required=False,
        source="qualification_keys",
        help_text="Keys of what a labeler must have to be given sheets; none: no more than the cohort is asked for.",
    )

    class Meta:
        model = Project
        fields = [
            "id", "name", "kind", "purpose", "state", "instructions", "instructions_version", "form", "k", "min_k",
            "rate_first", "layout", "may_arrange", "overlap", "cohort", "lease_minutes", "baseline",
            "most_per_labeler", "calibration_share", "programs", "most_per_model", "with_references",
            "only_references", "leave_out", "prompt_types", "asks_for_tags", "by_invitation", "qualifications",
            "created_at",
        ]  # fmt: skip
        read_only_fields = ["created_at"]
        extra_kwargs = {
            "most_per_labeler": {"help_text": "Tasks that one person may do; null for as many as there are."},
            "calibration_share": {
                "help_text": "Share of each labeler's work that comes from the calibration pool, 0 to 0.5.",
                "coerce_to_string": False,
            },
            "programs": {"help_text": "Programs label beside people, without taking seats, or not at all."},
            "by_invitation": {"help_text": "Only for those of the cohort who have been invited."},
            "most_per_model": {"help_text": "Responses of one model in one task; null for as many as chance has it."},
            "with_references": {"help_text": "Whether what a person wrote can be drawn, too: at most once in a task."},
            "only_references": {"help_text": "Whether what people wrote is rated alone, one answer a task."},
        }

    def validate_leave_out(self, flags):
        return list(dict.fromkeys(flags))

    def validate_qualifications(self, keys):
        known = {one.key: one for one in Qualification.objects.filter(key__in=keys)}
        for key in keys:
            if key not in known:
                sentence = _("There is no qualification with the key “%(key)s”.")
                raise serializers.ValidationError(sentence % {"key": key})
        return list(known.values())


class TasksAsked(Strict):
    """Prompts by their ids, or by a filter. All splits are taken unless one is named."""

    prompts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        allow_empty=False,
        max_length=100_000,
    )
    source = Named(
        "name",
        queryset=Source.objects.all(),
        required=False,
        error_messages={"does_not_exist": gettext_lazy("There is no source named “{value}”.")},
    )
    split = serializers.ChoiceField(Split.choices, required=False, source="owner__split")
    origin = serializers.ChoiceField(Origin.choices, required=False)
    use_case = serializers.ChoiceField(UseCase.choices, required=False)
    language = serializers.CharField(required=False)
    tag = serializers.CharField(required=False, max_length=60)
    unwritten = serializers.IntegerField(
        min_value=1,
        max_value=100_000,
        required=False,
        help_text="So many tasks without a prompt, where the project asks labelers for it.",
    )
    use_cases = serializers.ListField(
        child=serializers.CharField(max_length=10_000),
        required=False,
        allow_empty=False,
        max_length=100_000,
        help_text="Anonymised: each becomes a task, for a user-based prompt that the labeler writes from it.",
    )
    limit = serializers.IntegerField(min_value=1, required=False, help_text="At most so many tasks.")
    priority = serializers.IntegerField(
        min_value=-(2**15), max_value=2**15 - 1, default=0, help_text="Higher comes first."
    )
    calibration = serializers.BooleanField(
        default=False, help_text="Put them into the calibration pool, which everybody gets."
    )

    def validate(self, asked):
        chosen = asked.keys() - {"limit", "priority", "calibration", "unwritten", "use_cases"}
        if _is_unwritten(asked):
            if chosen or "limit" in asked:
                raise serializers.ValidationError(_("Tasks without a prompt are added without naming prompts."))
            return asked
        if not chosen:
            raise serializers.ValidationError(
                _("Name the prompts: by “prompts”, their ids, or by “source” or a filter.")
            )
        if "prompts" in chosen and len(chosen) > 1:
            raise serializers.ValidationError(_("Name the prompts by their ids or by a filter, not by both."))
        return asked


def _is_unwritten(asked):
    """Are tasks asked for whose prompt labelers write?"""
    return bool(asked.keys() & {"unwritten", "use_cases"})


class RefusedPrompt(serializers.Serializer):
    prompt = serializers.IntegerField()
    reason = serializers.CharField()


class TasksAdded(serializers.Serializer):
    created = serializers.IntegerField()
    refused = RefusedPrompt(many=True)


class LabelerProgress(serializers.Serializer):
    labeler = serializers.CharField(help_text="A pseudonym.")
    open = serializers.IntegerField()
    submitted = serializers.IntegerField()
    skipped = serializers.IntegerField()
    expired = serializers.IntegerField()
    last_at = serializers.DateTimeField(allow_null=True)


class Progress(serializers.Serializer):
    project = serializers.IntegerField()
    state = serializers.ChoiceField(ProjectState.choices)
    tasks = serializers.IntegerField()
    set_aside = serializers.IntegerField()
    in_pool = serializers.IntegerField(help_text="Tasks of the calibration pool.")
    seats = serializers.IntegerField(allow_null=True, help_text="Labels wanted; null where tasks are for everybody.")
    taken = serializers.IntegerField(help_text="Of the seats: submitted, or being worked on.")
    open = serializers.IntegerField()
    submitted = serializers.IntegerField(help_text="By people, as all of these counts are.")
    submitted_from_pool = serializers.IntegerField(help_text="Of these, of tasks of the calibration pool.")
    skipped = serializers.IntegerField()
    expired = serializers.IntegerField()
    submitted_last_hour = serializers.IntegerField()
    labelers = LabelerProgress(
        many=True, help_text="Applicants are listed only for whoever may see accounts, who are admins."
    )
    programs = LabelerProgress(many=True, help_text="They label beside people and take no seats.")


def _as_asked(asked):
    """Under the names that the verbs know."""
    names = {"qualification_keys": "qualifications"}
    return {names.get(name, name): value for name, value in asked.validated_data.items()}


def _with_instructions():
    newest = InstructionsVersion.objects.filter(instructions=OuterRef("instructions")).order_by("-number")
    keys = Qualification.objects.filter(projects=OuterRef("pk")).order_by("key").values("key")
    return Project.objects.select_related("form").annotate(
        qualification_keys=ArraySubquery(keys),
        markdown=Subquery(newest.values("markdown")[:1]),
        instructions_version=Subquery(newest.values("number")[:1]),
    )


@extend_schema_view(
    list=extend_schema(summary="The projects, newest first"),
    retrieve=extend_schema(summary="One project"),
    create=extend_schema(summary="Set a project up", examples=[NEW, PROJECT]),
    partial_update=extend_schema(summary="Change a project, or open, pause or close it", examples=[PAUSE]),
)
@extend_schema(tags=["projects"])
class Projects(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Kind and purpose are fixed once a project has a task; what says which responses are compared holds for tasks
    added from then on. State: draft → open ⇄ paused → closed.
    """

    queryset = Project.objects.all()
    serializer_class = ProjectRow
    permission_classes = [Engineers]
    filterset_fields = ["kind", "purpose", "state"]

    def get_queryset(self):
        return _with_instructions()

    @method_decorator(once)
    def create(self, request):
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        fields = _as_asked(asked)
        project = verbs.create_project(instructions=fields.pop("markdown"), created_by=request.user, **fields)
        return Response(self._row(project), status=201)

    def partial_update(self, request, pk):
        project = self.get_object()
        asked = self.get_serializer(project, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        fields = _as_asked(asked)
        with transaction.atomic():
            state = fields.pop("state", None)
            if fields:
                verbs.change_project(project=project, by=request.user, **fields)
            if state:
                _bring_to(project, state)
        return Response(self._row(project))

    def _row(self, project):
        return self.get_serializer(self.get_queryset().get(pk=project.pk)).data


@extend_schema(
    tags=["projects"],
    summary="Make tasks of prompts and draw their candidates",
    request=TasksAsked,
    responses={201: TasksAdded},
    examples=[BY_FILTER, BY_IDS, UNWRITTEN, TASKS],
)
@api_view(["POST"])
@permission_classes([Engineers])
@once
def add_tasks(request, pk):
    project = get_object_or_404(Project, pk=pk)
    asked = TasksAsked(data=request.data)
    asked.is_valid(raise_exception=True)
    chosen = dict(asked.validated_data)
    limit = chosen.pop("limit", None)
    how = {"priority": chosen.pop("priority"), "to_pool": None if chosen.pop("calibration") else 0}
    if _is_unwritten(chosen):
        number, use_cases = chosen.get("unwritten", 0), chosen.get("use_cases", ())
        made = drawing.add_unwritten_tasks(project=project, number=number, use_cases=use_cases, **how)
        return Response({"created": made, "refused": []}, status=201)
    if tag := chosen.pop("tag", None):
        chosen["tags__contains"] = [tag]
    prompts = chosen.get("prompts") or Prompt.objects.filter(**chosen)
    drawn = drawing.add_tasks(project=project, prompts=prompts, limit=limit, **how)
    return Response({"created": drawn.created, "refused": drawn.refused}, status=201)


@extend_schema(tags=["projects"], summary="How far along a project is", responses=Progress, examples=[PROGRESS])
@api_view(["GET", "HEAD"])
@permission_classes([Engineers])
def show_progress(request, pk):
    project = get_object_or_404(Project, pk=pk)
    return Response(verbs.progress(project, seen_by=request.user))


def _bring_to(project, state):
    """A step that the states do not allow is a conflict with how things stand, not a mistake in the request."""
    try:
        if state == ProjectState.OPEN:
            verbs.open_project(project=project)
        elif state == ProjectState.PAUSED:
            verbs.pause_project(project=project)
        elif state == ProjectState.CLOSED:
            verbs.close_project(project=project)
        elif project.state != state:
            raise ValidationError(_("A project that was opened does not become a draft again."))
    except ValidationError as refusal:
        raise Problem(409, " ".join(refusal.messages)) from refusal
