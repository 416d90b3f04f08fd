"""Which prompts are there, and how do new ones come in without a file?"""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from collections import defaultdict

import django_filters
from django.db import transaction
from django.db.models import Prefetch
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers
from rest_framework.exceptions import ParseError
from rest_framework.response import Response as Answer
from rest_framework.viewsets import GenericViewSet

from labeling.api.idempotency import once
from labeling.api.permissions import Engineers
from labeling.api.problems import Problem
from labeling.candidates import importing
from labeling.candidates.models import Response
from labeling.prompts.hygiene.sorting_out import take_turns
from labeling.prompts.models import Finding, Origin, Prompt, SetAside, Split, StandsIn, UseCase
from labeling.prompts.models import Outcome as Decided

MOST = 1_000


class Message(serializers.Serializer):
    role = serializers.ChoiceField(["system", "user", "assistant"])
    content = serializers.CharField()


class ResponseRow(serializers.ModelSerializer):
    model = serializers.SlugRelatedField("name", source="endpoint", read_only=True, allow_null=True)
    role = serializers.CharField(source="endpoint.role", default="human", read_only=True)
    is_reference = serializers.BooleanField(read_only=True, help_text="A person wrote it.")

    class Meta:
        model = Response
        fields = ["id", "model", "role", "sample", "text", "sampling", "meta", "is_reference", "created_at"]
        read_only_fields = fields


class PromptRow(serializers.ModelSerializer):
    source = serializers.SlugRelatedField("name", read_only=True)
    prompt = Message(source="messages", many=True, read_only=True)
    split = serializers.ChoiceField(Split.choices, source="owner.split", read_only=True)
    owner = serializers.CharField(
        source="owner.key_hash", read_only=True, help_text="The author or the organization, as a keyed hash."
    )
    use_case = serializers.ChoiceField(UseCase.choices, allow_blank=True, read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)
    set_aside = serializers.ChoiceField(
        SetAside.choices, source="set_aside_as", allow_blank=True, read_only=True, help_text="Why it is not used."
    )
    duplicate_of = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="The prompt that came first."
    )

    class Meta:
        model = Prompt
        fields = [
            "id", "source", "external_id", "prompt", "origin", "use_case", "tags", "split", "language",
            "language_is_guessed", "owner", "set_aside", "duplicate_of", "from_import", "meta", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class FindingRow(serializers.ModelSerializer):
    stands_in = serializers.ChoiceField(
        StandsIn.choices,
        allow_blank=True,
        read_only=True,
        help_text="Nothing: in the prompt itself. Else in a response or a demonstration that goes with it.",
    )
    row = serializers.IntegerField(read_only=True, help_text="The id of that response or demonstration, or 0.")
    part = serializers.IntegerField(
        read_only=True,
        help_text="Which message of the prompt it is in, from 0; then the queries and responses of few-shot examples, "
        "and the rest of meta in the order of its keys.",
    )

    outcome = serializers.ChoiceField(
        Decided.choices, allow_blank=True, read_only=True, help_text="Nothing while it is undecided."
    )

    class Meta:
        model = Finding
        fields = ["kind", "stands_in", "row", "part", "start", "end", "outcome"]
        read_only_fields = fields


class PromptWithResponses(PromptRow):
    findings = FindingRow(many=True, read_only=True, help_text="What looks personal in it.")
    responses = ResponseRow(many=True, read_only=True)

    class Meta(PromptRow.Meta):
        fields = [*PromptRow.Meta.fields, "findings", "responses"]


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]})
class TextOrMessages(serializers.Field):
    pass


@extend_schema_field({"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]})
class ResponsesByModel(serializers.Field):
    pass


class NewPrompt(serializers.Serializer):
    """One row, with the keys of a file's row. For the document only: the rules are those of files."""

    prompt = TextOrMessages(help_text="A text, or chat messages of which the last is the user's.")
    source = serializers.CharField(required=False, help_text="Or ?source= for all of a list.")
    id = serializers.CharField(required=False, help_text="The source's own id.")
    author = serializers.CharField(required=False, help_text="Stored as a keyed hash only.")
    organization = serializers.CharField(
        required=False, help_text="The owner instead of the author, where PROMPT_OWNER says so; a keyed hash as well."
    )
    origin = serializers.ChoiceField(Origin.choices, required=False)
    use_case = serializers.ChoiceField(UseCase.choices, required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    split = serializers.ChoiceField(Split.choices, required=False)
    language = serializers.CharField(required=False)
    reference = serializers.CharField(required=False, help_text="An answer that a person wrote.")
    responses = ResponsesByModel(required=False, help_text="Model → text, or a list of {model, text, sampling, meta}.")
    meta = serializers.DictField(required=False)


class Outcome(serializers.Serializer):
    row = serializers.IntegerField(help_text="Its place in the list that was sent, from 0.")
    outcome = serializers.ChoiceField(["created", "seen", "refused"])
    id = serializers.IntegerField(required=False, help_text="The prompt's id, unless it was refused.")
    reason = serializers.CharField(required=False, help_text="Why it was refused.")


class Outcomes(serializers.Serializer):
    created = serializers.IntegerField()
    seen = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = Outcome(many=True)
    id = serializers.IntegerField(required=False, help_text="The prompt's id, where one object was sent.")


class PromptFilter(django_filters.FilterSet):
    source = django_filters.CharFilter("source__name", help_text="The source's name.")
    split = django_filters.ChoiceFilter(field_name="owner__split", choices=Split.choices)
    tag = django_filters.CharFilter(method="of_tag", help_text="One of its tags.")
    set_aside = django_filters.ChoiceFilter(
        choices=[("no", "no"), ("yes", "yes"), *SetAside.choices],
        method="standing_or_not",
        help_text="Set aside or not, or for which reason.",
    )
    findings = django_filters.ChoiceFilter(
        choices=[("open", "undecided"), ("any", "decided or not")],
        method="found_in",
        help_text="Something looks personal: not decided yet, or in any case.",
    )

    class Meta:
        model = Prompt
        fields = ["source", "split", "origin", "use_case", "language", "from_import"]

    def of_tag(self, prompts, name, tag):
        return prompts.filter(tags__contains=[tag])

    def standing_or_not(self, prompts, name, said):
        if said == "yes":
            return prompts.exclude(set_aside_as="")
        return prompts.filter(set_aside_as="" if said == "no" else said)

    def found_in(self, prompts, name, said):
        return prompts.with_open_findings() if said == "open" else prompts.with_findings()


ONE = OpenApiExample(
    "A prompt with responses made elsewhere",
    {
        "source": "support-2026",
        "id": "4711",
        "author": "customer-17",
        "prompt": "Explain in two sentences why the sky is blue.",
        "responses": {"gpt-3": "Because of the sea.", "ppo-1.3b": "Air scatters short waves more than long ones."},
    },
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(summary="The prompts, newest first"),
    retrieve=extend_schema(summary="One prompt with its responses", responses=PromptWithResponses),
    create=extend_schema(
        summary="Bring in one prompt, or a list of up to 1,000",
        request=PolymorphicProxySerializer(
            "NewPromptOrPrompts", [NewPrompt, NewPrompt(many=True)], resource_type_field_name=None, many=False
        ),
        responses={201: Outcomes},
        parameters=[OpenApiParameter("source", str, description="The source of the rows that name none.")],
        examples=[ONE],
        filters=False,
    ),
)
@extend_schema(tags=["prompts"])
class Prompts(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Rows pass the same checks as a file's. Of a list, the good ones are taken and the bad ones explained."""

    queryset = Prompt.objects.select_related("source", "owner")
    permission_classes = [Engineers]
    filterset_class = PromptFilter

    def get_queryset(self):
        prompts = super().get_queryset()
        found = Prefetch("findings", Finding.objects.order_by("stands_in", "row", "part", "start"))
        return prompts.prefetch_related("responses__endpoint", found) if self.action == "retrieve" else prompts

    def get_serializer_class(self):
        return PromptWithResponses if self.action == "retrieve" else PromptRow

    @method_decorator(once)
    def create(self, request):
        rows = request.data if isinstance(request.data, list) else [request.data]
        if not 1 <= len(rows) <= MOST:
            raise ParseError(_("Send one prompt, or a list of 1 to 1,000."))
        results = _take_in(rows, request)
        if rows is not request.data and results[0]["outcome"] == "refused":
            raise Problem(422, results[0]["reason"])
        counts = {key: sum(one["outcome"] == key for one in results) for key in ("created", "seen", "refused")}
        alone = {} if rows is request.data else {"id": results[0]["id"]}
        return Answer({**alone, **counts, "results": results}, status=201)


@transaction.atomic
def _take_in(rows, request):
    """Store the rows, source by source; return the outcome of each, in their order. Others wait for all of it."""
    take_turns()
    results = []
    for source, places in _by_source(rows, request.query_params.get("source")).items():
        created, seen, refused = importing.add_prompts(
            source_name=source,
            rows=[_without_source(rows[place]) for place in places],
            created_by=request.user,
        )
        results += [{"row": places[index], "outcome": "created", "id": key} for index, key in created]
        results += [{"row": places[index], "outcome": "seen", "id": key} for index, key in seen]
        results += [{"row": places[index], "outcome": "refused", "reason": reason} for index, reason in refused]
    return sorted(results, key=lambda one: one["row"])


def _by_source(rows, default):
    places = defaultdict(list)
    for place, row in enumerate(rows):
        source = row.get("source", default) if isinstance(row, dict) else default
        if not isinstance(source, str):
            raise ParseError(_("Say where prompt %(place)d comes from: its “source”, a text.") % {"place": place})
        places[source].append(place)
    return places


def _without_source(row):
    return {key: value for key, value in row.items() if key != "source"} if isinstance(row, dict) else row
