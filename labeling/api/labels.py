"""What have people said? Standing labels, a page at a time or as one stream, their makers under pseudonyms."""

import django_filters
import orjson
from django.db import transaction
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.renderers import JSONRenderer

from labeling.api.examples import LABEL
from labeling.api.permissions import Engineers
from labeling.labels.lines import line, whole
from labeling.labels.models import Label
from labeling.people.models import Cohort
from labeling.prompts.models import WRITTEN, PromptTag
from labeling.work.blinding import without_applicants
from labeling.work.models import AssignmentState, Kind, Project, Purpose

AT_ONCE = 500


class NDJSON(JSONRenderer):
    """One JSON value a line. The stream writes itself; this renders its refusals."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class SlotSaid(serializers.Serializer):
    slot = serializers.CharField()
    response = serializers.IntegerField()
    model = serializers.CharField(allow_null=True)


class RatingSaid(serializers.Serializer):
    slot = serializers.CharField()
    overall_quality = serializers.IntegerField(allow_null=True)
    answers = serializers.DictField()
    notes = serializers.CharField(allow_blank=True)


@extend_schema_field({"type": ["array", "null"], "items": {"type": "array", "items": {"type": "string"}}})
class Ranked(serializers.Field):
    pass


class DemonstrationSaid(serializers.Serializer):
    text = serializers.CharField(allow_blank=True)
    prompt_type = serializers.ChoiceField(WRITTEN, allow_null=True, help_text="Null where the prompt was given.")
    tags = serializers.ListField(
        child=serializers.ChoiceField(PromptTag.choices), allow_null=True, help_text="Null where none were asked for."
    )


class LabelRow(serializers.Serializer):
    id = serializers.IntegerField()
    assignment = serializers.UUIDField()
    task = serializers.IntegerField()
    prompt = serializers.IntegerField(help_text="The given one, or the one that the labeler wrote.")
    project = serializers.IntegerField()
    kind = serializers.ChoiceField(Kind.choices)
    purpose = serializers.ChoiceField(Purpose.choices)
    labeler = serializers.CharField(help_text="A pseudonym.")
    cohort = serializers.ChoiceField(Cohort.choices, allow_null=True)
    by_program = serializers.BooleanField()
    calibration = serializers.BooleanField(help_text="Of a task of the calibration pool, which everybody gets.")
    form_version = serializers.IntegerField()
    instructions_version = serializers.IntegerField()
    revision = serializers.IntegerField()
    seconds = serializers.IntegerField()
    submitted_at = serializers.DateTimeField()
    slots = SlotSaid(many=True, help_text="The responses in the order shown.")
    ranking = Ranked(help_text="Tie groups, best first.")
    ratings = RatingSaid(many=True)
    prompt_answers = serializers.DictField()
    demonstration = DemonstrationSaid(allow_null=True)

    def to_representation(self, label):
        return line(label)


class LabelFilter(django_filters.FilterSet):
    project = django_filters.ModelChoiceFilter(field_name="assignment__project", queryset=Project.objects.all())
    kind = django_filters.ChoiceFilter(field_name="assignment__project__kind", choices=Kind.choices)
    by_program = django_filters.BooleanFilter(
        field_name="assignment__by_program", help_text="Whether programs' labels alone, or people's alone."
    )
    since = django_filters.IsoDateTimeFilter(
        field_name="submitted_at", lookup_expr="gte", help_text="Submitted at or after this, in ISO 8601."
    )

    class Meta:
        model = Label
        fields = ["project", "kind", "by_program", "since"]


class Labels(ListAPIView):
    """With `Accept: application/x-ndjson`, all of them in one stream, oldest first; else by pages, newest first.

    The labels of applicants, who are chosen blind, are for admins alone.
    """

    queryset = whole(Label.objects.standing().filter(assignment__state=AssignmentState.SUBMITTED))
    serializer_class = LabelRow
    permission_classes = [Engineers]
    renderer_classes = [JSONRenderer, NDJSON]
    filterset_class = LabelFilter

    def get_queryset(self):
        return without_applicants(super().get_queryset(), seen_by=self.request.user, work="assignment__")

    @extend_schema(
        tags=["labels"],
        summary="The labels",
        responses={
            (200, "application/json"): LabelRow(many=True),
            (200, "application/x-ndjson"): OpenApiResponse(LabelRow, description="One label a line."),
        },
        examples=[LABEL],
    )
    def get(self, request):
        if isinstance(request.accepted_renderer, NDJSON):
            lines = stream(self.filter_queryset(self.get_queryset()))
            return StreamingHttpResponse(lines, content_type=NDJSON.media_type)
        return self.list(request)


def stream(labels):
    """Yield a line for each label, from a server-side cursor: the millionth costs no more memory than the first."""
    with transaction.atomic():
        for label in labels.order_by("pk").iterator(chunk_size=AT_ONCE):
            yield orjson.dumps(line(label), option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
