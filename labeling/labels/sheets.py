"""What does a labeler see? The sheet as plain values: texts and letters, never a model, an endpoint or a person."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from string import ascii_lowercase

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from labeling import markdown
from labeling.guidelines.models import Good, Scale
from labeling.labels import bodies
from labeling.labels.asking import asked
from labeling.labels.leaves import leaf_count, leaf_of, leaf_shown
from labeling.prepared import prepared
from labeling.work.counting import standing_of
from labeling.work.models import Slot

ROLES = {
    "system": gettext_lazy("System"),
    "user": gettext_lazy("User"),
    "assistant": gettext_lazy("Assistant"),
}


@dataclass
class Option:
    value: str
    label: str
    id: str
    checked: bool


@dataclass
class QuestionView:
    """One question as the page draws it; `id` and `name` are the form field's.

    Of a flag, Yes is what has to be said, so that "No to the rest" may answer it. A question whose good answer is Yes,
    or that may not apply, is none: somebody has to look.
    """

    name: str
    wording: str
    legend: str
    scale: str
    required: bool
    is_overall: bool
    is_flag: bool
    min_label: str
    max_label: str
    letter: str
    options: list[Option]
    value: str
    is_wrong: bool = False

    @property
    def id(self):
        return self.name


@dataclass
class SlotView:
    """One response as the page draws it: a letter and a text."""

    letter: str
    text: str
    html: str
    is_empty: bool
    questions: list[QuestionView]
    rank: int | None
    notes: str
    error: str = ""

    @property
    def rank_name(self):
        return f"{self.letter}-rank"

    @property
    def notes_name(self):
        return f"{self.letter}-notes"


@dataclass
class Error:
    """One thing wrong; `leaf` is the page of the sheet that it stands on, None where there is but one."""

    field_id: str
    sentence: str
    leaf: int | None = None


@dataclass
class Sheet:
    """Everything the sheet's template may use."""

    id: str
    kind: str
    project: str
    layout: str
    rate_first: bool
    ranked: bool
    may_arrange: bool
    page: int
    pages: int
    turns: list[dict]
    slots: list[SlotView]
    prompt_questions: list[QuestionView]
    instructions: dict
    seconds: int
    arranged: bool
    revision: int
    lease_ends: object
    leaf: int = 1
    leaves: int = 1
    errors: list[Error] = field(default_factory=list)

    @property
    def k(self):
        return len(self.slots)

    @property
    def is_first(self):
        """Is it the labeler's first of its project, whose instructions count as read because they stand beside it?"""
        return self.page == 1

    @property
    def has_other_scales(self):
        """Is there a question that a yes or a no does not answer, besides the overall quality?"""
        asked = [*(self.slots[0].questions if self.slots else ()), *self.prompt_questions]
        return any(one.scale != Scale.BINARY and not one.is_overall for one in asked)

    @property
    def is_paged(self):
        """Is each response on a page of its own?"""
        return self.leaves > 1

    @property
    def is_at_board(self):
        """Is the page shown the one on which all responses are ranked?"""
        return self.is_paged and self.leaf > self.k

    @property
    def ranks(self):
        return range(1, self.k + 1)


def sheet_of(assignment, *, body=None, faults=(), leaf=None):
    """Return the Sheet of an assignment, filled from `body`, else from its draft, with `faults` beside their fields.

    `leaf` is the page of the sheet that was asked for, where its layout has several.
    """
    slots = _slots_with_texts(assignment=assignment.pk)
    draft = getattr(assignment, "draft", None)
    body = body if body is not None else (draft.body if draft else {})
    texts = [slot.candidate.response.text for slot in slots]
    messages = assignment.task.prompt.messages
    instructions = assignment.instructions_version
    html = markdown.render_many([*texts, *(turn["content"] for turn in messages), instructions.markdown])
    asks = asked(assignment, letters=[slot.letter for slot in slots])
    leaves = leaf_count(asks, assignment.project.layout)
    standing = standing_of(assignment.labeler, assignment.project)
    wrong = {fault.field for fault in faults}
    return Sheet(
        id=str(assignment.pk),
        kind=assignment.project.kind,
        project=assignment.project.name,
        layout=assignment.project.layout,
        rate_first=asks.rates,
        ranked=asks.ranks,
        may_arrange=asks.ranks and asks.has_overall and assignment.project.may_arrange,
        page=standing.page,
        pages=standing.pages,
        turns=turns_of(messages, html[len(texts) : -1]),
        slots=_slots(slots, html, asks, body, faults),
        prompt_questions=_marked(_prompt_questions(asks, body), wrong),
        instructions={"version": instructions.number, "html": html[-1]},
        seconds=_number(body.get("seconds")) or 0,
        arranged=body.get("arranged_by_ratings") is True,
        revision=draft.revision if draft else 0,
        lease_ends=assignment.lease_until,
        leaf=leaf_shown(body, asks=asks, leaves=leaves, wanted=leaf, faults=faults),
        leaves=leaves,
        errors=[Error(fault.field, fault.sentence, _leaf_of(fault, asks, leaves)) for fault in faults],
    )


def _leaf_of(fault, asks, leaves):
    return leaf_of(fault.field, asks) if leaves > 1 else None


def _prompt_questions(asks, body):
    """Their keys go on where those of the responses end: both are on the page at once."""
    keys = ascii_lowercase[sum(not question.is_overall for question in asks.response_questions) :]
    return _questions(asks.prompt_questions, "prompt", "", _as_dict(body.get("prompt_answers")), keys)


def _marked(questions, wrong):
    return [replace(question, is_wrong=True) if question.name in wrong else question for question in questions]


@prepared
def _slots_with_texts(assignment):
    slots = Slot.objects.filter(assignment=assignment).order_by("place").select_related("candidate__response")
    return slots.only("place", "candidate__response__text", "candidate__response__is_empty")


def turns_of(messages, html):
    """Return the turns of a prompt as the page draws them; `html` is what each became."""
    return [
        {
            "role": turn["role"],
            "label": ROLES.get(turn["role"], turn["role"]),
            "text": markdown.plain(turn["content"]),
            "html": shown,
        }
        for turn, shown in zip(messages, html, strict=True)
    ]


def _slots(slots, html, asks, body, faults):
    ratings = {str(rating.get("slot")): rating for rating in _dicts(body.get("ratings"))}
    ranks = _ranks(body)
    sentences = {fault.field: fault.sentence for fault in faults}
    views = []
    for slot, shown in zip(slots, html, strict=False):
        rating = ratings.get(slot.letter, {})
        answers = _as_dict(rating.get("answers")) | {"overall_quality": rating.get("overall_quality")}
        response = slot.candidate.response
        views.append(
            SlotView(
                letter=slot.letter,
                text=markdown.plain(response.text),
                html=shown,
                is_empty=response.is_empty,
                questions=_marked(
                    _questions(asks.response_questions, slot.letter, slot.letter, answers, ascii_lowercase), sentences
                ),
                rank=ranks.get(slot.letter),
                notes=str(rating.get("notes") or ""),
                error=sentences.get(f"{slot.letter}-rank", ""),
            )
        )
    return views


def _ranks(body):
    """Return the rank of each letter as the board stood; a draft over REST has only the groups."""
    if isinstance(body.get("ranks"), dict):
        return body["ranks"]
    groups = body.get("ranking") if isinstance(body.get("ranking"), list) else []
    return {
        letter: rank
        for rank, group in enumerate(groups, start=1)
        if isinstance(group, list)
        for letter in group
        if isinstance(letter, str)
    }


def as_asked(questions, *, letter=""):
    """Return the questions as a fresh sheet shows them: about the response of that letter, else about the prompt."""
    return _questions(questions, letter or "prompt", letter, {}, ascii_lowercase)


def _questions(questions, prefix, letter, answers, keys):
    keys = iter(keys)
    return [
        _question(question, f"{prefix}-{question.key}", letter, answers, "" if question.is_overall else next(keys, ""))
        for question in questions
    ]


def _question(question, name, letter, answers, shortcut):
    unanswered = _unanswered(question, name, letter, shortcut, get_language())
    given = _form_value(question, answers)
    if not given:
        return unanswered
    options = [replace(option, checked=option.value in given) for option in unanswered.options]
    return replace(unanswered, options=options, value=given[0])


@lru_cache(maxsize=4_096)
def _unanswered(question, name, letter, shortcut, language):
    """Return the question as every fresh sheet of its form shows it, in the language that is active."""
    return QuestionView(
        name=name,
        wording=question.shown_wording,
        legend=bodies.legend(question, letter),
        scale=question.scale,
        required=question.is_required,
        is_overall=question.is_overall,
        is_flag=question.scale == Scale.BINARY and question.good_answer != Good.YES and not question.allows_na,
        min_label=_(question.low_anchor) if question.low_anchor else "",
        max_label=_(question.high_anchor) if question.high_anchor else "",
        letter=shortcut,
        options=[Option(value, label, f"{name}-{value}", False) for value, label in _offered(question)],
        value="",
    )


def _offered(question):
    """Return (value, label) of every answer that can be picked."""
    if question.scale == Scale.LIKERT:
        offered = [(str(n), str(n)) for n in range(question.minimum, question.maximum + 1)]
    elif question.scale == Scale.BINARY:
        offered = [("yes", _("Yes")), ("no", _("No"))]
    else:
        offered = [(choice.key, choice.shown_label) for choice in question.choices.all()]
    if question.allows_na and question.scale != Scale.TEXT:
        offered.append(("na", _("Not applicable")))
    return offered


def _form_value(question, answers):
    """Return the picked values as the form writes them; an answer that is absent is none of them."""
    value = answers.get(question.key)
    if value is None:
        return ["na"] if question.key in answers and question.allows_na else []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _as_dict(value):
    return value if isinstance(value, dict) else {}


def _dicts(value):
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _number(value):
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
