"""What is asked for and given on a sheet to write on? The parts of a sheet and of a body that only it has."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from labeling.labels import demonstrating
from labeling.prompts.models import WRITTEN_CHOICES, PromptTag

WROTE = OpenApiExample(
    "A demonstration", {"text": "The Rhine, the Nile and the Han.", "seconds": 412}, request_only=True
)
WROTE_PROMPT = OpenApiExample(
    "A demonstration with a prompt of one's own",
    {
        "text": "The Rhine, the Nile and the Han.",
        "prompt": {"type": "plain", "text": "Name three rivers."},
        "tags": [],
        "seconds": 412,
    },
    request_only=True,
)
WROTE_FEW_SHOT = OpenApiExample(
    "A few-shot prompt, whose responses are the demonstrations",
    {
        "prompt": {
            "type": "few_shot",
            "text": "Name the mood of the message.",
            "examples": [
                {"query": "I love it", "response": "positive"},
                {"query": "Never again", "response": "negative"},
            ],
        },
        "seconds": 412,
    },
    request_only=True,
)
EXAMPLES = [WROTE, WROTE_PROMPT, WROTE_FEW_SHOT]


class Example(serializers.Serializer):
    query = serializers.CharField()
    response = serializers.CharField()


class PromptGiven(serializers.Serializer):
    type = serializers.ChoiceField(WRITTEN_CHOICES)
    text = serializers.CharField(help_text="Of a few-shot prompt: the instruction.")
    examples = Example(many=True, required=False, help_text="Of a few-shot prompt: at least two.")


def asked_of(assignment):
    """Return what a sheet asks for besides a text, in plain values."""
    asks = demonstrating.asked(assignment)
    return {
        "prompt_types": list(asks.prompt_types),
        "use_case": assignment.task.use_case_text,
        "tags": PromptTag.values if asks.tags else [],
    }
