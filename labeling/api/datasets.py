"""How do frozen datasets leave over REST?"""

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import api_view, content_negotiation_class, permission_classes
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labeling.api.examples import DATASET_FROZEN, DATASET_NUMBERED
from labeling.api.idempotency import once
from labeling.api.negotiation import Whatever
from labeling.api.permissions import Engineers
from labeling.api.problems import Problem, problem
from labeling.api.schema import refused
from labeling.api.shapes import Strict
from labeling.datasets import cards, differences, freezing, serving
from labeling.datasets.choosing import FILTERS_OF
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetKind, DatasetVersion, File
from labeling.datasets.schemas import schema_of

NEW = OpenApiExample(
    "Rankings of the training cohort",
    {"kind": "comparisons", "format": "grouped", "projects": [7], "filters": {"cohort": "training"}},
    request_only=True,
)


class DatasetAsked(Strict):
    kind = serializers.CharField(help_text=f"One of: {', '.join(DatasetKind.values)}.")
    format = serializers.CharField(
        help_text="Of the kind: " + ", ".join(f"{format} ({kind})" for kind, format in FORMATS) + "."
    )
    projects = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Not needed for prompts of a source."
    )
    filters = serializers.DictField(
        required=False,
        help_text="Those given narrow the choice down: "
        + "; ".join(f"{kind}: {', '.join(names)}" for kind, names in FILTERS_OF.items())
        + ".",
    )
    parquet = serializers.BooleanField(
        required=False, help_text="Tables beside the lines, `train.parquet` and so on; needs the extra `parquet`."
    )


class FileRow(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()

    class Meta:
        model = File
        fields = ["name", "split", "rows", "bytes", "sha256", "url"]

    def get_url(self, file) -> str:
        return self.context["request"].build_absolute_uri(
            reverse("api:dataset-file", args=[file.version_id, file.name])
        )


class DatasetRow(serializers.ModelSerializer):
    projects = serializers.SerializerMethodField()
    filters = serializers.DictField(read_only=True)
    percent = serializers.IntegerField(read_only=True)
    files = FileRow(many=True, read_only=True)

    class Meta:
        model = DatasetVersion
        fields = [
            "id", "number", "state", "kind", "format", "projects", "filters", "percent", "rows_total", "rows_done",
            "error", "requested_at", "frozen_at", "files",
        ]  # fmt: skip
        read_only_fields = fields

    def get_projects(self, version) -> list[int]:
        return sorted(project.pk for project in version.projects.all())


@extend_schema_view(
    list=extend_schema(summary="The dataset versions, newest first"),
    retrieve=extend_schema(summary="One dataset version with its files", examples=[DATASET_FROZEN]),
    create=extend_schema(
        summary="Freeze a dataset version",
        request=DatasetAsked,
        responses={202: DatasetRow},
        examples=[NEW, DATASET_NUMBERED],
    ),
)
@extend_schema(tags=["datasets"])
class Datasets(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """A version is numbered at once, with 202, and frozen in the background: look again until `state` is frozen."""

    queryset = DatasetVersion.objects.prefetch_related("projects", "files")
    serializer_class = DatasetRow
    permission_classes = [Engineers]
    filterset_fields = ["kind", "state", "projects"]

    @method_decorator(once)
    def create(self, request):
        asked = DatasetAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        version = freezing.request_dataset(requested_by=request.user, **asked.validated_data)
        return Response(self.get_serializer(version).data, status=202)


NOT_FROZEN = refused(409, "This version is not frozen.")


@extend_schema(
    tags=["datasets"],
    summary="What a dataset version says of itself",
    responses={200: OpenApiTypes.OBJECT, **NOT_FROZEN},
)
@api_view(["GET", "HEAD"])
@permission_classes([Engineers])
def show_manifest(request, pk):
    version = get_object_or_404(DatasetVersion, pk=pk)
    if not version.is_frozen:
        raise Problem(409, _("This version is not frozen, so it has no manifest."))
    return Response(version.manifest)


@extend_schema(
    tags=["datasets"],
    summary="Give up a version that is being frozen",
    description="Its state becomes failed, and `error` says that it was cancelled.",
    request=None,
    responses={200: DatasetRow, **refused(409, "It is not being frozen.")},
)
@api_view(["POST"])
@permission_classes([Engineers])
def cancel(request, pk):
    version = get_object_or_404(DatasetVersion, pk=pk)
    if not freezing.cancel(version=version):
        raise Problem(409, _("This version is not being frozen, so it cannot be cancelled."))
    version.refresh_from_db()
    return Response(DatasetRow(version, context={"request": request}).data)


class FormatRow(serializers.Serializer):
    kind = serializers.ChoiceField(DatasetKind.choices)
    format = serializers.CharField()
    description = serializers.CharField()
    filters = serializers.ListField(child=serializers.CharField(), help_text="Those that narrow this kind down.")
    schema = serializers.DictField(help_text="JSON Schema of one line.")


class Formats(serializers.Serializer):
    formats = FormatRow(many=True)


@extend_schema(tags=["datasets"], summary="Every format, with the JSON Schema of a line", responses=Formats)
@api_view(["GET"])
@permission_classes([Engineers])
def list_formats(request):
    formats = [
        {
            "kind": kind,
            "format": format,
            "description": str(one.description),
            "filters": FILTERS_OF[DatasetKind(kind)],
            "schema": schema_of(kind, format),
        }
        for (kind, format), one in FORMATS.items()
    ]
    return Response({"formats": formats})


@extend_schema(
    tags=["datasets"],
    summary="The dataset card, for people",
    description="README.md in the form that Hugging Face's hub reads.",
    responses={(200, "text/markdown"): OpenApiTypes.STR, **NOT_FROZEN},
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(Whatever)
@permission_classes([Engineers])
def show_card(request, pk):
    version = _frozen(pk)
    return FileResponse(freezing.opened(version, cards.NAME), content_type="text/markdown")


class SplitChange(serializers.Serializer):
    kept = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()


class Changes(serializers.Serializer):
    before = serializers.IntegerField(help_text="The id of the earlier version.")
    after = serializers.IntegerField()
    splits = serializers.DictField(child=SplitChange(), help_text="By split: lines in both, new ones, lost ones.")
    not_compared = serializers.ListField(
        child=serializers.CharField(), help_text="Splits that differ, and whose files are too long to be compared."
    )
    facts = serializers.DictField(help_text="What the manifests say differently: [before, after] by name.")


@extend_schema(
    tags=["datasets"],
    summary="What has changed since another version",
    parameters=[
        OpenApiParameter(
            "since", int, description="The id of the other version; the one before of the same choice, unless said."
        )
    ],
    responses={200: Changes, **refused(409, "It is not frozen, or the first of its choice.")},
)
@api_view(["GET"])
@permission_classes([Engineers])
def show_changes(request, pk):
    version = _frozen(pk)
    since = request.query_params.get("since")
    if since is None:
        other = differences.earlier_of(version)
    elif since.isdecimal():
        other = _frozen(int(since))
    else:
        raise Problem(400, _("“since” is the id of a dataset version, a whole number."))
    if other is None:
        raise Problem(409, _("This is the first version of its choice: name another one with “since”."))
    return Response(differences.between(other, version))


def _frozen(pk):
    version = get_object_or_404(DatasetVersion, pk=pk)
    if not version.is_frozen:
        raise Problem(409, _("This version is not frozen, so it has no files."))
    return version


@extend_schema(
    tags=["datasets"],
    summary="Download a file",
    description="Streamed, with ranges. The ETag is the SHA-256 of the bytes; there is no Content-Encoding.",
    parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=0-999")],
    responses={
        (status, kind): OpenApiTypes.BINARY
        for status in (200, 206)
        for kind in ("application/gzip", "application/vnd.apache.parquet")
    }
    | refused(412, "The file has another ETag than the one that is named.")
    | refused(416, "The file does not reach so far."),
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(Whatever)
@permission_classes([Engineers])
def download(request, pk, name):
    answer = serving.file_response(request, get_object_or_404(File, version=pk, name=name))
    return answer if answer.status_code < 400 else _as_problem(answer)


def _as_problem(answer):
    """The answer to a condition or a range that the file does not meet, with a sentence for a body."""
    sentence = {
        412: _("The file has another ETag than the one you name."),
        416: _("The file does not reach so far: Content-Range says how many bytes it has."),
    }[answer.status_code]
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    return problem(answer.status_code, sentence, headers=headers)
