"""Which models are there? Reading and registering them over REST; a new checkpoint is a new model."""

from django.utils.decorators import method_decorator
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.viewsets import GenericViewSet

from labeling.api.idempotency import once
from labeling.api.permissions import Engineers
from labeling.api.shapes import Strict
from labeling.candidates.models import ModelEndpoint

NEW = OpenApiExample(
    "A new checkpoint",
    {"name": "ppo-1.3b-step-400", "role": "ppo", "size": "1.3B"},
    request_only=True,
)


class Model(Strict, serializers.ModelSerializer):
    class Meta:
        model = ModelEndpoint
        fields = ["id", "name", "role", "size", "base_url", "model_id", "created_at"]
        read_only_fields = ["created_at"]


@extend_schema_view(
    list=extend_schema(summary="The models, newest first"),
    retrieve=extend_schema(summary="One model"),
    create=extend_schema(summary="Register a model", examples=[NEW]),
    partial_update=extend_schema(summary="Change a model's fields"),
)
@extend_schema(tags=["models"])
class Endpoints(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    GenericViewSet,
):
    """Models whose responses labelers compare. One that only an imported file named has no URL yet."""

    queryset = ModelEndpoint.objects.all()
    serializer_class = Model
    permission_classes = [Engineers]
    filterset_fields = ["name", "role"]

    @method_decorator(once)
    def create(self, request):
        return super().create(request)
