"""What does a labeler see who writes? The sheet of a demonstration as plain values."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy

from labeling import markdown
from labeling.labels import demonstrating
from labeling.labels.sheets import Error, Option, turns_of
from labeling.prompts.models import Origin, PromptTag
from labeling.work.counting import standing_of

# As the page says them: that a labeler writes is plain there.
TYPES = {
    Origin.PLAIN: gettext_lazy("Plain"),
    Origin.FEW_SHOT: gettext_lazy("Few-shot"),
    Origin.USER_BASED: gettext_lazy("User-based"),
}


@dataclass
class Pair:
    """One example of a few-shot prompt, by its number from 1."""

    number: int
    query: str = ""
    response: str = ""
    query_wrong: bool = False
    response_wrong: bool = False


@dataclass
class Sheet:
    """Everything the template may use."""

    id: str
    kind: str
    project: str
    page: int
    pages: int | None  # nobody counts so many
    turns: list[dict]
    use_case: dict | None
    types: list[Option]
    prompt_text: str
    pairs: list[Pair]
    text: str
    tags: list[Option]
    instructions: dict
    seconds: int
    revision: int
    lease_ends: object
    preview: str
    errors: list[Error] = field(default_factory=list)
    fewest_pairs: int = demonstrating.FEWEST_EXAMPLES
    most_pairs: int = demonstrating.MOST_EXAMPLES

    @property
    def is_first(self):
        """Is it the labeler's first of its project, whose instructions count as read because they stand beside it?"""
        return self.page == 1

    @property
    def words(self):
        return len(self.text.split())

    @property
    def writes_prompt(self):
        return bool(self.types)

    @property
    def chosen_tags(self):
        return [option for option in self.tags if option.checked]

    @property
    def has_few_shot(self):
        return any(option.value == Origin.FEW_SHOT for option in self.types)

    @property
    def wrong(self):
        """The fields that a fault belongs to."""
        return [error.field_id for error in self.errors]


def sheet_of(assignment, *, body=None, faults=(), preview=False):
    """Return the Sheet of an assignment, filled from `body`, else from its draft. `preview`: show the text as read."""
    draft = getattr(assignment, "draft", None)
    body = body if body is not None else (draft.body if draft else {})
    asks = demonstrating.asked(assignment)
    standing = standing_of(assignment.labeler, assignment.project)
    prompt = body["prompt"] if isinstance(body.get("prompt"), dict) else {}
    text = _text(body.get("text"))
    turns, use_case, instructions = _shown(assignment)
    return Sheet(
        id=str(assignment.pk),
        kind=assignment.project.kind,
        project=assignment.project.name,
        page=standing.page,
        pages=standing.pages,
        turns=turns,
        use_case=use_case,
        types=_types(asks, prompt.get("type"), use_case),
        prompt_text=_text(prompt.get("text")),
        pairs=_pairs(prompt.get("examples"), {fault.field for fault in faults}),
        text=text,
        tags=_tags(asks, body.get("tags")),
        instructions=instructions,
        seconds=_seconds(body.get("seconds")),
        revision=draft.revision if draft else 0,
        lease_ends=assignment.lease_until,
        preview=markdown.render_passing(text) if preview else "",
        errors=[Error(fault.field, fault.sentence) for fault in faults],
    )


def _shown(assignment):
    """Return the prompt's turns, the use case and the instructions, rendered in one go."""
    messages = assignment.task.prompt.messages if assignment.task.prompt_id else []
    instructions, use_case = assignment.instructions_version, assignment.task.use_case_text
    html = markdown.render_many([instructions.markdown, use_case, *(turn["content"] for turn in messages)])
    return (
        turns_of(messages, html[2:]),
        {"html": html[1], "text": markdown.plain(use_case)} if use_case else None,
        {"version": instructions.number, "html": html[0]},
    )


def _types(asks, chosen, use_case):
    """Return the types to choose from. None is chosen beforehand, but the only one, and user-based for a use case."""
    usual = Origin.USER_BASED if use_case else None
    if chosen not in asks.prompt_types:
        chosen = asks.prompt_types[0] if len(asks.prompt_types) == 1 else usual
    return [Option(one, str(TYPES[one]), f"prompt-type-{one}", one == chosen) for one in asks.prompt_types]


def _pairs(given, wrong):
    """Return the examples so far, and at least as many as a few-shot prompt needs."""
    pairs = [pair if isinstance(pair, dict) else {} for pair in given] if isinstance(given, list) else []
    pairs = pairs[: demonstrating.MOST_EXAMPLES + 1]
    pairs += [{}] * (demonstrating.FEWEST_EXAMPLES - len(pairs))
    return [
        Pair(
            number,
            _text(pair.get("query")),
            _text(pair.get("response")),
            query_wrong=f"example-{number}-query" in wrong,
            response_wrong=f"example-{number}-response" in wrong,
        )
        for number, pair in enumerate(pairs, start=1)
    ]


def _tags(asks, chosen):
    chosen = chosen if isinstance(chosen, list) else []
    return [
        Option(value, str(label), f"tag-{value}", value in chosen) for value, label in PromptTag.choices if asks.tags
    ]


def _text(value):
    """A draft over REST may hold anything where a text belongs."""
    return value if isinstance(value, str) else ""


def _seconds(value):
    return int(value) if type(value) in (int, float) and value >= 0 else 0
