"""How does a file of prompts and responses arrive over REST, and what came of its rows?"""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labeling.api.idempotency import once
from labeling.api.pagination import Oldest
from labeling.api.permissions import Engineers
from labeling.api.shapes import Strict
from labeling.candidates import importing
from labeling.prompts.models import Import, RefusedRow


class Upload(Strict):
    file = serializers.FileField(help_text="JSONL or CSV in UTF-8, or a .gz of either.")
    source = serializers.CharField(
        max_length=100, help_text="Where the prompts come from; made if it is new. An id is unique within it."
    )
    mapping = serializers.JSONField(
        required=False,
        default=dict,
        help_text='A JSON object, the file\'s key → our key: {"app": "author"}. Several keys may be mapped to the '
        "prompt, which is then all of their texts, each behind the name of its key.",
    )


class ImportRow(serializers.ModelSerializer):
    source = serializers.SlugRelatedField("name", read_only=True)
    created = serializers.IntegerField(source="created_count", help_text="New prompts.")
    seen = serializers.IntegerField(source="seen_count", help_text="Rows whose prompt was there already.")
    refused = serializers.IntegerField(source="refused_count", help_text="Rows refused; each is listed with a reason.")
    responses = serializers.IntegerField(source="response_count", help_text="New responses.")
    same_text = serializers.IntegerField(
        source="same_text_count", help_text="New, and set aside: the same text as another."
    )
    same_beginning = serializers.IntegerField(
        source="same_beginning_count", help_text="New, and set aside: begins like another."
    )
    over_cap = serializers.IntegerField(source="over_cap_count", help_text="New, and set aside: the owner has enough.")
    with_findings = serializers.IntegerField(
        source="held_back_count", help_text="New, and in a training split not used before somebody has decided."
    )
    findings = serializers.IntegerField(source="finding_count", help_text="What looks personal in these.")
    percent = serializers.IntegerField(help_text="How much of the file has been read.")

    class Meta:
        model = Import
        fields = [
            "id", "source", "filename", "mapping", "state", "error", "percent", "bytes_total", "bytes_read",
            "created", "seen", "refused", "responses", "same_text", "same_beginning", "over_cap", "with_findings",
            "findings", "requested_at", "started_at", "finished_at",
        ]  # fmt: skip


class Refusal(serializers.ModelSerializer):
    class Meta:
        model = RefusedRow
        fields = ["line", "reason", "excerpt"]


@extend_schema_view(
    list=extend_schema(summary="The imports, newest first"),
    retrieve=extend_schema(summary="How far an import is, and what came of its rows"),
    create=extend_schema(summary="Import a file", request={"multipart/form-data": Upload}, responses={202: ImportRow}),
)
@extend_schema(tags=["imports"])
class Imports(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """A file is answered at once, with 202, and read in the background: look again until `state` is done."""

    queryset = Import.objects.select_related("source")
    serializer_class = ImportRow
    permission_classes = [Engineers]
    parser_classes = [MultiPartParser]
    filterset_fields = {"state": ["exact"], "source__name": ["exact"]}

    @method_decorator(once)
    def create(self, request):
        asked = Upload(data=request.data)
        asked.is_valid(raise_exception=True)
        file = asked.validated_data["file"]
        job = importing.request_import(
            file=file,
            filename=file.name,
            source_name=asked.validated_data["source"],
            mapping=asked.validated_data["mapping"],
            requested_by=request.user,
        )
        return Response(ImportRow(job).data, status=202)


@extend_schema(tags=["imports"], summary="The rows that were refused, each with its line and a sentence")
class RefusedRows(ListAPIView):
    serializer_class = Refusal
    permission_classes = [Engineers]
    pagination_class = Oldest
    queryset = RefusedRow.objects.none()

    def get_queryset(self):
        return RefusedRow.objects.filter(of_import=get_object_or_404(Import, pk=self.kwargs["pk"]))
