"""Which models are there? Reading, registering and trying them over REST; a new checkpoint is a new model."""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from django.core.exceptions import ValidationError as Invalid
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labeling.api.examples import OTHER_SERVER
from labeling.api.idempotency import once
from labeling.api.permissions import Engineers
from labeling.api.shapes import Strict
from labeling.candidates import registering, trying
from labeling.candidates.models import ModelEndpoint
from labeling.sealing import seal

NEW = OpenApiExample(
    "A new checkpoint",
    {
        "name": "ppo-1.3b-step-400",
        "role": "ppo",
        "size": "1.3B",
        "base_url": "https://models.example/v1",
        "model_id": "org/ppo-1.3b-step-400",
        "key": "sk-…",
        "max_tokens": 512,
        "concurrency": 64,
    },
    request_only=True,
)
NAMED = OpenApiExample("One that a file will name", {"name": "gpt-175b", "role": "gpt"}, request_only=True)
ANSWERED = OpenApiExample(
    "It answers",
    {
        "ok": True, "error": "", "question": "Name three rivers, one a line.", "sample": "The Rhine\nThe Han\nThe Nile",
        "score": None, "seconds": 0.41, "served_by": "org/ppo-1.3b-step-400", "finish_reason": "stop",
        "prompt_tokens": 12, "completion_tokens": 9,
    },
    response_only=True,
)  # fmt: skip


@extend_schema_field({"type": "object", "additionalProperties": {}})
class JSONObject(serializers.JSONField):
    """Anything, as long as it is an object."""


class Model(Strict, serializers.ModelSerializer):
    # Names of one word are allowed, as containers have them, which a URLField refuses.
    base_url = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="OpenAI-compatible, ending in /v1."
    )
    key = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=4_000,
        help_text="Stored encrypted, and never given back; empty: the stored one is removed.",
    )
    has_key = serializers.BooleanField(read_only=True)
    stop = serializers.ListField(
        child=serializers.CharField(max_length=100, trim_whitespace=False),
        required=False,
        max_length=16,
        help_text="An answer ends before any of these.",
    )
    extra = JSONObject(required=False, help_text="Goes into every request as it is.")

    class Meta:
        model = ModelEndpoint
        fields = [
            "id", "name", "role", "size", "base_url", "protocol", "model_id", "key", "has_key", "key_header",
            "system_text", "few_shot_prefix", "suffix", "turns", "temperature", "top_p", "max_tokens", "stop", "extra",
            "concurrency", "calls_per_minute", "timeout_seconds", "price_in", "price_out", "down_at", "down_until",
            "down_reason", "created_at",
        ]  # fmt: skip
        read_only_fields = ["created_at", "down_at", "down_until", "down_reason"]
        # A blank or a line's end may belong to what a model is told.
        extra_kwargs = {name: {"trim_whitespace": False} for name in ("system_text", "few_shot_prefix", "suffix")}

    def validate_base_url(self, url):
        if url:
            _in_rest(registering.check_base_url, url)
        return url

    def validate_key(self, key):
        _in_rest(registering.check_key, key)
        return key

    def validate_extra(self, extra):
        _in_rest(registering.check_extra, extra)
        return extra

    def validate_top_p(self, top_p):
        if top_p is not None and top_p <= 0:
            raise serializers.ValidationError(_("Top-p is more than 0."))
        return top_p

    def validate(self, said):
        if self.instance and "base_url" in said and "key" not in said:
            _in_rest(registering.check_key_stays, endpoint=self.instance, base_url=said["base_url"])
        if "key" in said:
            said["sealed_key"] = seal(said.pop("key"))
        return said


def _in_rest(check, *args, **kwargs):
    """Do a check of the room, and refuse as REST does."""
    try:
        check(*args, **kwargs)
    except Invalid as refusal:
        raise serializers.ValidationError(refusal.messages) from None


class TrialShown(serializers.Serializer):
    """One call, which is not stored: an answer or a score with its latency in seconds, or why there is none."""

    ok = serializers.BooleanField()
    error = serializers.CharField(help_text="A sentence; empty where it answers.")
    question = serializers.CharField()
    sample = serializers.CharField(help_text="What it said, or what it scored.")
    score = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    served_by = serializers.CharField(help_text="What the server calls the model that answered.")
    finish_reason = serializers.CharField()
    prompt_tokens = serializers.IntegerField(allow_null=True)
    completion_tokens = serializers.IntegerField(allow_null=True)


@extend_schema_view(
    list=extend_schema(summary="The models, newest first"),
    retrieve=extend_schema(summary="One model"),
    create=extend_schema(summary="Register a model", examples=[NEW, NAMED]),
    partial_update=extend_schema(summary="Change a model's fields", examples=[OTHER_SERVER]),
)
@extend_schema(tags=["models"])
class Endpoints(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    GenericViewSet,
):
    """Models whose responses labelers compare. One that only an imported file named has no URL yet.

    A model's key is only ever written; `has_key` says whether there is one. When `base_url` moves to another host, the
    key has to be said again, so that nobody can have it sent to a host of their own.
    """

    queryset = ModelEndpoint.objects.all()
    serializer_class = Model
    permission_classes = [Engineers]
    filterset_fields = ["name", "role", "protocol"]

    # A key may be in the body: no report of an error shows what was sent.
    @method_decorator(once)
    @sensitive_variables()
    def create(self, request):
        return super().create(request)

    @sensitive_variables()
    def partial_update(self, request, pk):
        return super().partial_update(request, pk=pk)


@extend_schema(
    tags=["models"],
    summary="Ask a model once, for at most 20 seconds",
    request=None,
    responses=TrialShown,
    examples=[ANSWERED],
)
@api_view(["POST"])
@permission_classes([Engineers])
@once
def try_out(request, pk):
    trial = trying.try_out(endpoint=get_object_or_404(ModelEndpoint, pk=pk))
    return Response(TrialShown({"ok": not trial.error, **vars(trial)}).data)
