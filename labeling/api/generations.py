"""How are models asked for answers over REST, and how far are they?"""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labeling.api.examples import GENERATION_QUEUED, GENERATION_UNDER_WAY
from labeling.api.idempotency import once
from labeling.api.permissions import Engineers
from labeling.api.problems import Problem
from labeling.api.shapes import Named, Strict
from labeling.candidates import generating
from labeling.candidates.estimating import estimate
from labeling.candidates.models import GenerationJob, JobEndpoint, ModelEndpoint
from labeling.candidates.progress import progress, spent
from labeling.candidates.recipes import SAMPLED
from labeling.prompts.models import Source, Split, UseCase

BIGGEST = 2**63 - 1
NEW = OpenApiExample(
    "Two answers of each",
    {
        "models": [3, "sft-1.3b"],
        "prompts": {"source": "support-2026", "split": "train", "limit": 500},
        "n": 2,
        "k": 4,
        "sampling": {"temperature": 1.0, "max_tokens": 256, "stop": ["\nUser:"], "seed": 7},
    },
    request_only=True,
)
FORESEEN = OpenApiExample(
    "Only an estimate", {"models": [3], "prompts": {"project": 7}, "n": 4, "estimate": True}, request_only=True
)


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class ModelNamed(serializers.Field):
    """A model, by its id or its name."""

    default_error_messages = {"unknown": gettext_lazy("There is no model “{said}”.")}

    def to_internal_value(self, said):
        is_id = isinstance(said, int) and not isinstance(said, bool)
        known = (is_id and 0 < said <= BIGGEST) or (isinstance(said, str) and "\0" not in said)
        found = ModelEndpoint.objects.filter(**{"pk" if is_id else "name": said}).first() if known else None
        if found is None:
            self.fail("unknown", said=str(said)[:100])
        return found


class Selection(Strict):
    """Which prompts: every key narrows them down; none means all of them."""

    source = Named(
        "name",
        queryset=Source.objects.all(),
        required=False,
        error_messages={"does_not_exist": gettext_lazy("There is no source named “{value}”.")},
    )
    split = serializers.ChoiceField(Split.choices, required=False)
    project = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGGEST, help_text="Prompts that are tasks of this project."
    )
    use_case = serializers.ChoiceField(UseCase.choices, required=False)
    language = serializers.CharField(required=False, max_length=16)
    tag = serializers.CharField(required=False, max_length=100)
    prompts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST),
        required=False,
        allow_empty=False,
        max_length=100_000,
        help_text="Ids.",
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST, help_text="The oldest so many.")

    def validate_source(self, source):
        return source.name


class SamplingAsked(Strict):
    """What is left out is left to the model's own settings, and then to its server."""

    temperature = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=2)
    top_p = serializers.FloatField(required=False, allow_null=True, max_value=1)
    max_tokens = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)
    stop = serializers.ListField(
        child=serializers.CharField(max_length=100, trim_whitespace=False), required=False, max_length=16
    )
    seed = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The n-th answer of a model is asked for with seed + n.",
    )

    def validate_top_p(self, top_p):
        if top_p is not None and top_p <= 0:
            raise serializers.ValidationError(_("Top-p is more than 0."))
        return top_p


class GenerationAsked(Strict):
    models = serializers.ListField(child=ModelNamed(), allow_empty=False, max_length=100, help_text="Ids or names.")
    prompts = Selection(required=False, default=dict)
    n = serializers.IntegerField(default=1, min_value=1, max_value=64, help_text="Answers of each model.")
    k = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=2,
        max_value=16,
        help_text="Different answers wanted of each prompt, over all models; where they are fewer, more is asked.",
    )
    sampling = SamplingAsked(required=False, default=dict)
    estimate = serializers.BooleanField(
        default=False, help_text="Only say, with 200, what would be asked and what it would cost; store nothing."
    )


class PartEstimated(serializers.Serializer):
    id = serializers.IntegerField(source="endpoint.pk")
    name = serializers.CharField(source="endpoint.name")
    calls = serializers.IntegerField()
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField(help_text="As many as are likely.")
    most_completion_tokens = serializers.IntegerField(allow_null=True)
    cost = serializers.FloatField(allow_null=True, help_text="Dollars, where the model has prices.")
    most_cost = serializers.FloatField(allow_null=True)


class Estimated(serializers.Serializer):
    prompts = serializers.IntegerField()
    calls = serializers.IntegerField(help_text="What is there already is not asked for again.")
    cost = serializers.FloatField(allow_null=True)
    models = PartEstimated(many=True, source="parts")


class PartShown(serializers.ModelSerializer):
    id = serializers.IntegerField(source="endpoint.pk")
    name = serializers.CharField(source="endpoint.name")
    waiting = serializers.SerializerMethodField(help_text="Not answered, not failed.")
    cost = serializers.SerializerMethodField(help_text="Dollars so far, where the model has prices.")
    down_at = serializers.DateTimeField(source="endpoint.down_at", allow_null=True)
    down_until = serializers.DateTimeField(source="endpoint.down_until", allow_null=True)
    down_reason = serializers.CharField(source="endpoint.down_reason")

    class Meta:
        model = JobEndpoint
        fields = [
            "id", "name", "total", "done", "failed", "waiting", "prompt_tokens", "completion_tokens", "cost", "down_at",
            "down_until", "down_reason",
        ]  # fmt: skip

    def get_waiting(self, part) -> int:
        return part.total - part.done - part.failed

    def get_cost(self, part) -> float | None:
        cost = spent(part.endpoint, part.prompt_tokens, part.completion_tokens)
        return None if cost is None else float(cost)


class SamplingShown(serializers.ModelSerializer):
    class Meta:
        model = GenerationJob
        fields = [*SAMPLED, "seed"]


@extend_schema_field(Selection)
class SelectionShown(serializers.Field):
    """As it was asked for. A limit has become the last prompt there was, which is not shown."""

    def to_representation(self, selection):
        return {key: value for key, value in selection.items() if key != "up_to"}


class GenerationRow(serializers.ModelSerializer):
    models = PartShown(many=True, source="parts")
    prompts = SelectionShown()
    sampling = SamplingShown(source="*")

    class Meta:
        model = GenerationJob
        fields = [
            "id", "state", "reason", "models", "prompts", "n", "k", "sampling", "requested_at", "started_at",
            "finished_at",
        ]  # fmt: skip


class Failure(serializers.Serializer):
    cause = serializers.CharField()
    count = serializers.IntegerField()
    example = serializers.CharField(help_text="A sentence.")


class Generation(GenerationRow):
    total = serializers.IntegerField(help_text="Calls that are written down; more may come until `is_planned`.")
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    waiting = serializers.IntegerField()
    is_planned = serializers.BooleanField()
    percent = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True, help_text="Answers a second, lately.")
    eta = serializers.IntegerField(allow_null=True, help_text="Seconds until it is over, at this rate.")
    cost = serializers.FloatField(allow_null=True, help_text="Dollars so far, as far as prices are known.")
    failures = Failure(many=True, help_text="By their cause, most first.")

    class Meta(GenerationRow.Meta):
        fields = [
            *GenerationRow.Meta.fields, "total", "done", "failed", "waiting", "is_planned", "percent", "rate", "eta",
            "cost", "failures",
        ]  # fmt: skip

    def to_representation(self, job):
        so_far = progress(job)
        names = ("total", "done", "failed", "waiting", "is_planned", "percent", "rate", "eta", "cost")
        for name in names:
            setattr(job, name, getattr(so_far, name))
        failed = generating.failures(job) if so_far.failed else []
        job.failures = [dict(zip(("cause", "count", "example"), failure, strict=True)) for failure in failed]
        return super().to_representation(job)


@extend_schema_view(
    list=extend_schema(summary="The generation jobs, newest first"),
    create=extend_schema(
        summary="Have models answer prompts, or estimate what that would be",
        request=GenerationAsked,
        responses={200: Estimated, 202: Generation},
        examples=[NEW, FORESEEN, GENERATION_QUEUED],
    ),
    retrieve=extend_schema(
        summary="How far a generation job is", responses=Generation, examples=[GENERATION_UNDER_WAY]
    ),
)
@extend_schema(tags=["generations"])
class Generations(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """A job is answered at once, with 202, and asked in the background: look again until `finished_at` is set."""

    queryset = GenerationJob.objects.prefetch_related("parts__endpoint")
    serializer_class = GenerationRow
    permission_classes = [Engineers]
    filterset_fields = ["state", "endpoints"]

    def get_serializer_class(self):
        return GenerationRow if self.action == "list" else Generation

    @method_decorator(once)
    def create(self, request):
        asked = GenerationAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        endpoints = list({endpoint.pk: endpoint for endpoint in said["models"]}.values())
        generating.check_endpoints(endpoints)
        sampling = {key: value for key, value in said["sampling"].items() if value is not None}
        seed = sampling.pop("seed", None)
        wishes = {
            "endpoints": endpoints,
            "selection": dict(said["prompts"]),
            "n": said["n"],
            "k": None if endpoints[0].is_scorer else said.get("k"),
            "sampling": sampling,
        }
        if said["estimate"]:
            return Response(Estimated(estimate(**wishes)).data)
        job = generating.request_generation(**wishes, seed=seed, requested_by=request.user)
        return Response(Generation(job).data, status=202)


def _steering(summary, verb, refusal):
    """A call that does `verb` to a job and answers with how it stands; 409 with `refusal` where nothing changed."""

    @extend_schema(tags=["generations"], summary=summary, request=None, responses=Generation)
    @api_view(["POST"])
    @permission_classes([Engineers])
    @once
    def steer(request, pk):
        if not verb(job=get_object_or_404(GenerationJob, pk=pk)):
            raise Problem(409, str(refusal))
        return Response(Generation(get_object_or_404(GenerationJob, pk=pk)).data)

    return steer


pause = _steering(
    "Ask nothing more for now", generating.pause, gettext_lazy("The job is not under way, so it cannot be paused.")
)
resume = _steering(
    "Go on with a paused job", generating.resume, gettext_lazy("The job is not paused, so it cannot be resumed.")
)
cancel = _steering(
    "Give up what has not been asked",
    generating.cancel,
    gettext_lazy("The job is over already, so it cannot be cancelled."),
)
retry = _steering(
    "Ask once more for what failed",
    generating.retry_failed,
    gettext_lazy("Nothing of this job has failed that could be asked again."),
)
