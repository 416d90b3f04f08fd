"""What is asked of labelers? Forms of one's own, over REST, in versions that never change."""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from django.db import transaction
from django.db.models import F, Max, Prefetch
from django.utils.decorators import method_decorator
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labeling.api.idempotency import once
from labeling.api.permissions import Engineers
from labeling.api.shapes import Strict
from labeling.guidelines import versions
from labeling.guidelines.models import Choice, Form, FormVersion, Question

NEW = OpenApiExample(
    "How useful is a teacher's feedback?",
    {
        "key": "feedback",
        "title": "Feedback",
        "questions": [
            {
                "key": "useful",
                "wording": "How useful is this feedback to the pupil?",
                "scale": "likert",
                "minimum": 1,
                "maximum": 7,
                "low_anchor": "not at all",
                "high_anchor": "very",
            },
            {"key": "kind", "wording": "Is it kind?", "scale": "binary", "is_required": False},
        ],
    },
    request_only=True,
)
OTHER_TITLE = OpenApiExample("Another title", {"title": "Feedback of teachers"}, request_only=True)


class ChoiceRow(Strict, serializers.ModelSerializer):
    class Meta:
        model = Choice
        fields = ["key", "label"]


class QuestionRow(Strict, serializers.ModelSerializer):
    choices = ChoiceRow(many=True, required=False)
    applies_to_tags = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        help_text="Asked only of prompts with one of these; none: of every prompt.",
    )

    class Meta:
        model = Question
        fields = [
            "key", "wording", "scale", "per", "is_required", "allows_na", "minimum", "maximum", "low_anchor",
            "high_anchor", "good_answer", "applies_to_tags", "choices",
        ]  # fmt: skip


class FormRow(Strict, serializers.ModelSerializer):
    version = serializers.IntegerField(read_only=True, allow_null=True, help_text="The newest, which has these.")
    questions = QuestionRow(many=True)

    class Meta:
        model = Form
        fields = ["key", "title", "version", "questions"]

    def to_representation(self, form):
        newest = form.newest_ones[0] if form.newest_ones else None
        questions = newest.questions.all() if newest else []
        return {
            "key": form.key,
            "title": form.title,
            "version": newest and newest.number,
            "questions": QuestionRow(questions, many=True).data,
        }


class FormChanged(Strict):
    title = serializers.CharField(max_length=100, required=False)
    questions = QuestionRow(many=True, required=False, help_text="All of them: they make a new version.")


def _with_questions():
    newest = FormVersion.objects.annotate(last=Max("form__versions__number")).filter(number=F("last"))
    return Form.objects.prefetch_related(
        Prefetch("versions", newest.prefetch_related("questions__choices"), to_attr="newest_ones")
    )


@extend_schema_view(
    list=extend_schema(summary="The forms, newest first"),
    retrieve=extend_schema(summary="One form with its questions"),
    create=extend_schema(summary="Make a form", examples=[NEW]),
    partial_update=extend_schema(
        summary="Rename a form, or ask other questions",
        request=FormChanged,
        responses=FormRow,
        examples=[OTHER_TITLE],
    ),
)
@extend_schema(tags=["projects"])
class Forms(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Known by their keys, as projects name them. Sheets that are open keep the version that they show."""

    queryset = Form.objects.all()
    serializer_class = FormRow
    permission_classes = [Engineers]
    lookup_field = "key"

    def get_queryset(self):
        return _with_questions()

    @method_decorator(once)
    def create(self, request):
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        form = versions.new_form(**asked.validated_data, by=request.user)
        return Response(self._row(form), status=201)

    @transaction.atomic
    def partial_update(self, request, key):
        form = self.get_object()
        asked = FormChanged(data=request.data)
        asked.is_valid(raise_exception=True)
        if "title" in asked.validated_data:
            Form.objects.filter(pk=form.pk).update(title=asked.validated_data["title"])
        if "questions" in asked.validated_data:
            versions.new_form_version(form=form, questions=asked.validated_data["questions"], by=request.user)
        return Response(self._row(form))

    def _row(self, form):
        return self.get_serializer(self.get_queryset().get(pk=form.pk)).data
