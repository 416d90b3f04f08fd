"""Who outside is told of events? Endpoints are registered, tried, changed and removed over REST."""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from django.core.exceptions import ValidationError as Invalid
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics, mixins, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labeling.api.examples import DELIVERY, OTHER_EVENTS, WEBHOOK
from labeling.api.idempotency import once
from labeling.api.permissions import Integrators
from labeling.api.shapes import Strict
from labeling.events import announcing, posting, webhooks
from labeling.events.models import Event, WebhookDelivery, WebhookEndpoint

NEW = OpenApiExample(
    "Hear of datasets",
    {"url": "https://hooks.example/attune", "events": ["dataset.frozen", "dataset.failed"], "description": "Training"},
    request_only=True,
)


class Webhook(Strict, serializers.ModelSerializer):
    # Names of one word are allowed, as containers have them, which a URLField refuses.
    url = serializers.CharField(max_length=500, help_text="https://…; it is sent signed POSTs.")
    events = serializers.ListField(child=serializers.ChoiceField(Event.choices), allow_empty=False)

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id", "url", "description", "events", "is_active", "failing_since", "stopped_because", "rotated_at",
            "created_at",
        ]  # fmt: skip
        read_only_fields = ["failing_since", "stopped_because", "rotated_at", "created_at"]

    def validate_url(self, url):
        try:
            webhooks.check_url(url)
        except Invalid as refusal:
            raise serializers.ValidationError(refusal.messages) from None
        return url

    def update(self, endpoint, said):
        for name, value in said.items():
            setattr(endpoint, name, value)
        webhooks.started_again(endpoint).save()
        return endpoint


class WebhookWithSecret(Webhook):
    secret = serializers.CharField(
        allow_null=True, read_only=True, help_text="whsec_…, shown this once; null where the answer is given again."
    )

    class Meta(Webhook.Meta):
        fields = [*Webhook.Meta.fields, "secret"]


class Delivery(serializers.ModelSerializer):
    webhook_id = serializers.CharField(
        read_only=True, help_text="As the message names itself, however often it is sent."
    )

    class Meta:
        model = WebhookDelivery
        fields = [
            "id", "webhook_id", "event", "payload", "state", "attempts", "next_try_at", "status", "error", "created_at",
            "delivered_at",
        ]  # fmt: skip
        extra_kwargs = {
            "status": {"help_text": "Of the last answer; null where there was none."},
            "error": {"help_text": "A sentence; empty once it is delivered."},
        }


class ShownOnce(Response):
    """Has the secret; what is kept of it for an Idempotency-Key (`data_kept`) has none."""

    def __init__(self, endpoint, secret, status):
        said = Webhook(endpoint).data
        super().__init__({**said, "secret": secret}, status=status)
        self.data_kept = {**said, "secret": None}


@extend_schema_view(
    list=extend_schema(summary="The webhooks, newest first"),
    retrieve=extend_schema(summary="One webhook"),
    create=extend_schema(summary="Register a webhook", responses={201: WebhookWithSecret}, examples=[NEW, WEBHOOK]),
    partial_update=extend_schema(summary="Change, stop or start a webhook", examples=[OTHER_EVENTS]),
    destroy=extend_schema(summary="Remove a webhook with its messages"),
)
@extend_schema(tags=["webhooks"])
class Webhooks(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet,
):
    """Addresses outside that are told of events, by Standard Webhooks. A secret is shown once, when it is made."""

    queryset = WebhookEndpoint.objects.all()
    serializer_class = Webhook
    permission_classes = [Integrators]
    filterset_fields = ["is_active"]

    @method_decorator(once)
    def create(self, request):
        asked = Webhook(data=request.data)
        asked.is_valid(raise_exception=True)
        endpoint, secret = webhooks.register(**asked.validated_data, created_by=request.user)
        return ShownOnce(endpoint, secret, 201)


@extend_schema(
    tags=["webhooks"],
    summary="Give a webhook another secret",
    description="The earlier one signs beside it for a day, so that the receiver can change its own.",
    request=None,
    responses={200: WebhookWithSecret},
)
@api_view(["POST"])
@permission_classes([Integrators])
@once
def rotate(request, pk):
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    return ShownOnce(endpoint, webhooks.rotate(endpoint=endpoint), 200)


@extend_schema(
    tags=["webhooks"],
    summary="Send a webhook a test message, and see what it answers",
    description="It says `ping`, is signed like any other, and is sent once.",
    request=None,
    responses={200: Delivery},
    examples=[DELIVERY],
)
@api_view(["POST"])
@permission_classes([Integrators])
@once
def send_test(request, pk):
    message = announcing.ping(endpoint=get_object_or_404(WebhookEndpoint, pk=pk))
    posting.post(message_id=message.pk)
    message.refresh_from_db()
    return Response(Delivery(message).data)


@extend_schema_view(get=extend_schema(tags=["webhooks"], summary="What was sent to a webhook, newest first"))
class Deliveries(generics.ListAPIView):
    serializer_class = Delivery
    permission_classes = [Integrators]
    queryset = WebhookDelivery.objects.none()
    filterset_fields = ["state", "event"]

    def get_queryset(self):
        endpoint = get_object_or_404(WebhookEndpoint, pk=self.kwargs["pk"])
        return WebhookDelivery.objects.filter(endpoint=endpoint)
