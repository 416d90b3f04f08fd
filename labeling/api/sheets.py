"""How does a program, or a person's own client, work through sheets? Blind, like the pages: slots, never candidates."""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from labeling.api.demonstrations import EXAMPLES, PromptGiven, asked_of
from labeling.api.examples import (
    FLAG,
    FLAGGED,
    GIVEN,
    KEPT,
    NONE_LEFT,
    RATED,
    SKIP,
    SKIPPED,
    SUBMITTED,
    WENT_ON,
)
from labeling.api.idempotency import once
from labeling.api.permissions import Workers
from labeling.api.problems import problem
from labeling.api.prompts import Message
from labeling.api.schema import refused
from labeling.api.shapes import Strict, misnamed
from labeling.guidelines.models import Per, Scale
from labeling.labels import recording, reopening
from labeling.labels.asking import asked
from labeling.labels.views import has_yet_to_agree, own_assignment
from labeling.people import consenting
from labeling.prompts.models import WRITTEN_CHOICES, PromptTag
from labeling.work import acknowledging, drafts, flagging, queue
from labeling.work.counting import standing_of
from labeling.work.models import AssignmentState, Concern, Kind, Project, Slot


class SlotShown(serializers.Serializer):
    slot = serializers.CharField(help_text="A letter: what ratings and the ranking call this response.")
    text = serializers.CharField(allow_blank=True)


class ChoiceShown(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()


class QuestionShown(serializers.Serializer):
    key = serializers.CharField()
    wording = serializers.CharField()
    scale = serializers.ChoiceField(Scale.choices)
    per = serializers.ChoiceField(Per.choices)
    required = serializers.BooleanField()
    allows_na = serializers.BooleanField(help_text="May be answered with null, not applicable.")
    min = serializers.IntegerField(allow_null=True)
    max = serializers.IntegerField(allow_null=True)
    min_label = serializers.CharField(allow_blank=True)
    max_label = serializers.CharField(allow_blank=True)
    choices = ChoiceShown(many=True)


class InstructionsShown(serializers.Serializer):
    version = serializers.IntegerField()
    markdown = serializers.CharField()


class DraftShown(serializers.Serializer):
    revision = serializers.IntegerField()
    body = serializers.DictField()


class Sheet(serializers.Serializer):
    assignment = serializers.UUIDField()
    kind = serializers.ChoiceField(Kind.choices)
    lease_ends = serializers.DateTimeField()
    page = serializers.IntegerField(help_text="Which of the labeler's sheets in this project it is, from 1.")
    prompt = Message(many=True, allow_null=True, help_text="Null where the labeler writes it.")
    slots = SlotShown(many=True)
    questions = QuestionShown(many=True)
    instructions = InstructionsShown()
    draft = DraftShown(allow_null=True)
    # Of sheets to write on, only:
    prompt_types = serializers.ListField(
        child=serializers.ChoiceField(WRITTEN_CHOICES),
        required=False,
        help_text="Of the prompt to write; none: it is given.",
    )
    use_case = serializers.CharField(required=False, allow_blank=True, help_text="To write the prompt from.")
    tags = serializers.ListField(
        child=serializers.ChoiceField(PromptTag.choices),
        required=False,
        help_text="To choose from, if it asks for any.",
    )


@extend_schema_field({"type": "array", "items": {"type": "array", "items": {"type": "string"}}})
class TieGroups(serializers.Field):
    pass


class RatingGiven(serializers.Serializer):
    slot = serializers.CharField()
    overall_quality = serializers.IntegerField(required=False)
    answers = serializers.DictField(required=False, help_text="Question key → answer; null is not applicable.")
    notes = serializers.CharField(required=False, allow_blank=True)


class Body(serializers.Serializer):
    """A submission. For the document only: the rules are those of the sheet."""

    text = serializers.CharField(required=False, allow_blank=True, help_text="Of a demonstration.")
    prompt = PromptGiven(required=False, help_text="Where the labeler writes it.")
    tags = serializers.ListField(child=serializers.ChoiceField(PromptTag.choices), required=False)
    ratings = RatingGiven(many=True, required=False)
    ranking = TieGroups(required=False, help_text="Best first, ties together, every slot once.")
    arranged_by_ratings = serializers.BooleanField(
        required=False, help_text="Whether the ranking was laid out by the ratings, and left so or changed."
    )
    prompt_answers = serializers.DictField(required=False)
    seconds = serializers.FloatField(required=False, help_text="Active time.")


class SubmitBody(Body):
    revision = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2_000_000_000,
        help_text="Of the draft that this was made from: if a newer one is there by now, 409, and both are kept.",
    )
    next = serializers.BooleanField(required=False, help_text="Answer with the next sheet, too.")


class DraftBody(Body):
    revision = serializers.IntegerField(min_value=1, max_value=2_000_000_000)


class Revision(serializers.Serializer):
    revision = serializers.IntegerField(help_text="Yours, or the newer one that yours lost against.")


class Submitted(serializers.Serializer):
    label = serializers.IntegerField()
    next = Sheet(required=False, allow_null=True, help_text="Where it was asked for; null when none is given.")


class SkipBody(Strict):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class FlagBody(Strict):
    kind = serializers.ChoiceField(Concern.choices)
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=flagging.LONGEST_NOTE, default="", trim_whitespace=False
    )


class Flagged(serializers.Serializer):
    flag = serializers.IntegerField()


class Skipped(serializers.Serializer):
    assignment = serializers.UUIDField()
    state = serializers.ChoiceField(AssignmentState.choices)


RATINGS = [
    {"slot": "A", "overall_quality": 6, "answers": {"fails_task": False}, "notes": ""},
    {"slot": "B", "overall_quality": 7, "answers": {"fails_task": False}, "notes": ""},
    {"slot": "C", "overall_quality": 6, "answers": {"fails_task": False}, "notes": ""},
    {"slot": "D", "overall_quality": 2, "answers": {"fails_task": True}, "notes": "Answers another question."},
]
RANKING = [["B"], ["A", "C"], ["D"]]
SUBMISSION = OpenApiExample(
    "B before A and C, which are level, before D",
    {"ratings": RATINGS, "ranking": RANKING, "seconds": 212, "next": True},
    request_only=True,
)
HALF_DONE = OpenApiExample("Half done", {"revision": 7, "ratings": RATINGS[:2], "seconds": 95}, request_only=True)


@extend_schema(
    tags=["sheets"],
    summary="Take the next sheet",
    description="The sheet you hold already, or the next that wants your hands; 204 when nothing is left. "
    "A program may hold several, and is given another one each time.",
    request=None,
    responses={200: Sheet, 204: None},
    examples=[GIVEN],
)
@api_view(["POST"])
@permission_classes([Workers])
@once
def take_next(request, pk):
    asked_for = Project.objects.annotate(misses_consent=consenting.is_missing(request.user))
    project = get_object_or_404(asked_for, pk=pk)
    if project.misses_consent and consenting.asks(request.user):  # type: ignore[attr-defined]
        return _asked_to_agree(request)
    assignment = queue.next_assignment(labeler=request.user, project=project)
    return Response(sheet_of(request.user, assignment.pk)) if assignment else Response(status=204)


@extend_schema(
    tags=["sheets"],
    summary="A sheet of your own, once more",
    responses={200: Sheet, **refused(409, "It is not in your hands any more.")},
    examples=[GIVEN],
)
@api_view(["GET", "HEAD"])
@permission_classes([Workers])
def show(request, pk):
    assignment = own_assignment(request.user, pk)
    if has_yet_to_agree(assignment):
        return _asked_to_agree(request)
    return _closed(assignment) or Response(sheet_of(request.user, pk))


def _asked_to_agree(request):
    address = request.build_absolute_uri(reverse("people:consent"))
    return problem(
        403, _("You are given no sheets before you agree to the text as it stands: %(address)s") % {"address": address}
    )


@extend_schema(
    tags=["sheets"],
    summary="Keep a draft",
    description="The body of a submission as far as it goes, and a revision that grows. An older revision never "
    "overwrites a newer one; 409 when another draft has the same revision.",
    request=DraftBody,
    responses=Revision,
    examples=[HALF_DONE, KEPT],
)
@api_view(["PUT"])
@permission_classes([Workers])
@once
def save_draft(request, pk):
    assignment = own_assignment(request.user, pk)
    body = _object(request)
    revision = body.pop("revision", None)
    if type(revision) is not int or not 1 <= revision <= 2_000_000_000:
        raise ParseError(_("A draft needs a revision, a number from 1."))
    newest, is_kept = drafts.save_draft(assignment=assignment, revision=revision, body=body)
    if newest is None:
        assignment.refresh_from_db(fields=["state"])
        return _closed(assignment)
    if newest == revision and not is_kept:
        return problem(409, _("This collides with what is there already, or was made at the same moment."))
    return Response({"revision": newest})


@extend_schema(
    tags=["sheets"],
    summary="Submit a sheet",
    description="Sent twice, it makes one label, and the same answer. 409 when the lease is gone and others have "
    "completed the task, when the labeler has withdrawn their consent, or when the sheet was submitted with other "
    "words; what was sent is then kept as the draft.",
    request=SubmitBody,
    responses={201: Submitted},
    examples=[SUBMISSION, RATED, *EXAMPLES, SUBMITTED, WENT_ON, NONE_LEFT],
)
@api_view(["POST"])
@permission_classes([Workers])
@once
def submit(request, pk):
    assignment = own_assignment(request.user, pk)
    body = _object(request)
    _check_names(body)
    goes_on, revision = body.pop("next", False) is True, body.pop("revision", None)
    if revision is not None and (type(revision) is not int or not 0 <= revision <= 2_000_000_000):
        raise ParseError(_("The revision of a draft is a whole number."))
    try:
        label = recording.record(assignment=assignment, body=body, revision=revision)
    except (drafts.Outrun, recording.SaidOtherwise) as refusal:
        return problem(409, str(refusal))
    except (queue.SheetGone, reopening.Locked) as gone:
        drafts.keep_for_the_record(assignment=assignment, body=body)
        queue.put_back(assignment=assignment)
        return problem(409, str(gone))
    if acknowledging.is_unread(assignment):
        acknowledging.acknowledge(assignment=assignment)  # they came with the sheet
    may_go_on = goes_on and not has_yet_to_agree(assignment)
    following = {"next": _following(request.user, assignment.project) if may_go_on else None} if goes_on else {}
    return Response({"label": label.pk, **following}, status=201)


@extend_schema(
    tags=["sheets"],
    summary="Skip a sheet; you will not see it again",
    request=SkipBody,
    responses={200: Skipped},
    examples=[SKIP, SKIPPED],
)
@api_view(["POST"])
@permission_classes([Workers])
@once
def skip(request, pk):
    assignment = own_assignment(request.user, pk)
    asked_for = SkipBody(data=_object(request))
    asked_for.is_valid(raise_exception=True)
    try:
        queue.skip(assignment=assignment, reason=asked_for.validated_data["reason"])
    except queue.SheetGone as refusal:
        return problem(409, str(refusal))
    assignment.refresh_from_db(fields=["state"])
    if assignment.state == AssignmentState.SUBMITTED:
        return _closed(assignment)
    return Response({"assignment": assignment.pk, "state": assignment.state})


@extend_schema(
    tags=["sheets"],
    summary="Say what is wrong with a sheet itself; it stays as it is",
    description="The same kind twice, before anybody has looked at it, is one flag with both notes.",
    request=FlagBody,
    responses={201: Flagged},
    examples=[FLAG, FLAGGED],
)
@api_view(["POST"])
@permission_classes([Workers])
@once
def flag(request, pk):
    assignment = own_assignment(request.user, pk)
    asked_for = FlagBody(data=_object(request))
    asked_for.is_valid(raise_exception=True)
    return Response({"flag": flagging.flag(assignment=assignment, **asked_for.validated_data).pk}, status=201)


@extend_schema(
    tags=["sheets"],
    summary="Open a submitted sheet again",
    description="With what was said as its draft; the label stands until the sheet is submitted again, which appends a "
    "revision. 409 once the label is frozen into a dataset, reviewed or a day old (in a test: once it is over), when "
    "another sheet is begun, or when the labeler has withdrawn their consent.",
    request=None,
    responses={200: Sheet},
)
@api_view(["POST"])
@permission_classes([Workers])
@once
def reopen(request, pk):
    assignment = own_assignment(request.user, pk)
    try:
        reopening.reopen(assignment=assignment)
    except (queue.SheetGone, queue.DeskTaken, reopening.Locked) as refusal:
        return problem(409, str(refusal))
    return Response(sheet_of(request.user, pk))


def sheet_of(user, assignment_id):
    """Return what the labeler may know of their sheet, in plain values: letters and texts."""
    assignment = own_assignment(user, assignment_id)
    writes = assignment.project.kind == Kind.DEMONSTRATION
    draft = getattr(assignment, "draft", None)
    instructions = assignment.instructions_version
    return {
        "assignment": str(assignment.pk),
        "kind": assignment.project.kind,
        "lease_ends": assignment.lease_until,
        "page": standing_of(user, assignment.project).page,
        "prompt": _messages(assignment.task.prompt),
        "instructions": {"version": instructions.number, "markdown": instructions.markdown},
        "draft": {"revision": draft.revision, "body": draft.body} if draft else None,
        **({"slots": [], "questions": [], **asked_of(assignment)} if writes else _compared(assignment)),
    }


def _messages(prompt):
    return prompt and [{key: turn[key] for key in ("role", "content")} for turn in prompt.messages]


def _compared(assignment):
    slots = list(Slot.objects.filter(assignment=assignment).order_by("place").select_related("candidate__response"))
    asks = asked(assignment, letters=[slot.letter for slot in slots])
    return {
        "slots": [{"slot": slot.letter, "text": slot.candidate.response.text} for slot in slots],
        "questions": [_question(question) for question in (*asks.response_questions, *asks.prompt_questions)],
    }


def _question(question):
    return {
        "key": question.key,
        "wording": question.shown_wording,
        "scale": question.scale,
        "per": question.per,
        "required": question.is_required,
        "allows_na": question.allows_na,
        "min": question.minimum,
        "max": question.maximum,
        "min_label": question.low_anchor,
        "max_label": question.high_anchor,
        "choices": [{"key": choice.key, "label": choice.label} for choice in question.choices.all()],
    }


def _following(user, project):
    try:
        assignment = queue.next_assignment(labeler=user, project=project)
    except queue.NotOpen:
        return None
    return sheet_of(user, assignment.pk) if assignment else None


def _object(request):
    """The body, a JSON object; a request without one is an empty object."""
    if not isinstance(request.data, dict):
        raise ParseError(_("The body is a JSON object."))
    return dict(request.data)


def _check_names(body):
    """Refuse names that mean nothing in a submission; what stands under the others is for the sheet to judge."""
    said = {name: value for name, value in body.items() if name != "ranks"}  # a half-done board, in a browser's draft
    mistakes: dict = misnamed(said, SubmitBody._declared_fields)
    ratings = body.get("ratings")
    for index, rating in enumerate(ratings if isinstance(ratings, list) else []):
        if isinstance(rating, dict) and (unknown := misnamed(rating, RatingGiven._declared_fields)):
            mistakes.setdefault("ratings", {})[index] = unknown
    if mistakes:
        raise serializers.ValidationError(mistakes)


def _closed(assignment):
    """Return the refusal for a sheet that was submitted or skipped; None for one that can be worked on."""
    if assignment.state == AssignmentState.SUBMITTED:
        return problem(409, _("You have submitted this sheet."))
    if assignment.state == AssignmentState.SKIPPED:
        return problem(409, _("You skipped this sheet."))
    return None
