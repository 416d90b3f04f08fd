"""How far do the people of a project agree with each other, over REST?"""

from dataclasses import asdict

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response

from labeling.api.examples import AGREEMENT
from labeling.api.permissions import Engineers
from labeling.guidelines.models import Scale
from labeling.quality import agreeing
from labeling.work.models import Kind, Project

WHY = {
    "no_items": "nothing was said twice",
    "one_sided": "nobody said yes",
    "all_ties": "all pairs were tied",
    "all_alike": "everybody said the same",
}


class Asked(serializers.Serializer):
    with_programs = serializers.BooleanField(default=False, help_text="Whether programs' labels count, too.")


class EstimateSaid(serializers.Serializer):
    """A number and its 95 % interval over tasks; null, and why, where it is undefined."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="What it rests on: tasks, or of alpha units.")
    why = serializers.ChoiceField(
        list(WHY), allow_blank=True, help_text="; ".join(f"`{key}`: {sentence}" for key, sentence in WHY.items()) + "."
    )


class RankingsSaid(serializers.Serializer):
    without_ties = EstimateSaid(help_text="Of the pairs that both put in order (Stiennon et al. 2020).")
    tie_half = EstimateSaid(help_text="A tie against an order counts one half (WebGPT).")
    tau_b = EstimateSaid(help_text="Kendall's, of every two people's rankings.")
    pairs = serializers.IntegerField(help_text="How often two people put the same two responses in order.")
    tasks = serializers.IntegerField()


class QuestionSaid(serializers.Serializer):
    key = serializers.CharField()
    scale = serializers.ChoiceField(Scale.choices)
    units = serializers.IntegerField(help_text="Responses, or prompts, of which several said something.")
    agreement = EstimateSaid(help_text="Of pairs of answers, the share that is equal.")
    alpha = EstimateSaid(help_text="Krippendorff's: ordinal on a Likert scale, else nominal. Without an interval.")
    within_1 = EstimateSaid(allow_null=True, help_text="On a Likert scale, the share that differs by at most 1.")
    positive_agreement = EstimateSaid(allow_null=True, help_text="Of yes / no, 2a / (2a + b + c).")


class Agreement(serializers.Serializer):
    project = serializers.IntegerField()
    kind = serializers.ChoiceField(Kind.choices)
    with_programs = serializers.BooleanField()
    most_tasks = serializers.IntegerField(help_text="No more tasks are looked at, the newest that several did.")
    rankings = RankingsSaid(allow_null=True, help_text="Null where no task was ranked twice.")
    questions = QuestionSaid(many=True, help_text="Texts and lists are left out: they do not compare.")


@extend_schema(
    tags=["projects"],
    summary="How far labelers agree with each other",
    parameters=[Asked],
    responses=Agreement,
    examples=[AGREEMENT],
)
@api_view(["GET", "HEAD"])
@permission_classes([Engineers])
def show(request, pk):
    """Of tasks that several did: averaged within a task, then over tasks."""
    project = get_object_or_404(Project, pk=pk)
    asked = Asked(data=request.query_params)
    asked.is_valid(raise_exception=True)
    labels = agreeing.labels_of(project, **asked.validated_data)
    rankings = agreeing.of_rankings(labels, most_tasks=agreeing.MOST_TASKS)
    found = {
        "project": project.pk,
        "kind": project.kind,
        **asked.validated_data,
        "most_tasks": agreeing.MOST_TASKS,
        "rankings": rankings and asdict(rankings),
        "questions": agreeing.of_answers(labels, most_tasks=agreeing.MOST_TASKS),
    }
    return Response(Agreement(found).data)
