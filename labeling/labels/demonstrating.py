"""Is what was sent a whole demonstration, and how does it become a label?

A body is {"text", "seconds"}; where the labeler writes the prompt, also "prompt": {"type", "text"} and for a few-shot
one its "examples", each {"query", "response"}; and "tags" where the project asks for them.
"""

import re
from dataclasses import dataclass
from functools import partial

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.labels.bodies import Fault, Faults, Reading, seconds_from_form, seconds_of, whole_number
from labeling.labels.models import Demonstration, Label
from labeling.prompts.hygiene.beside import look_beside
from labeling.prompts.hygiene.deciding import set_aside
from labeling.prompts.models import WRITTEN, Origin, Prompt, PromptTag, SetAside, StandsIn
from labeling.prompts.writing import write_prompt
from labeling.work import drafts

LONGEST_TEXT = 50_000
LONGEST_EXAMPLE = 10_000  # of a query or a response
FEWEST_EXAMPLES, MOST_EXAMPLES = 2, 20
# Nothing to be seen: white space, Hangul's fillers, and characters without a width.
BLANK = re.compile(r"[\s\u115f\u1160\u3164\uffa0\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*")
PAIR = re.compile(r"example-([0-9]{1,3})-(query|response)")
NAMES = {"query": gettext_lazy("Example query %(number)d"), "response": gettext_lazy("Example response %(number)d")}
PARTS = {"text", "seconds", "prompt", "tags"}


@dataclass(frozen=True)
class Asked:
    """What one sheet asks for: the types of prompt to choose from (none: the prompt is given), and whether tags."""

    prompt_types: tuple[str, ...]
    tags: bool


@dataclass
class Written:
    """A body that has been found whole. `prompt` is None where it was given, `tags` None where none were asked for."""

    text: str
    prompt: dict | None
    tags: list[str] | None
    seconds: int


def asked(assignment):
    project = assignment.project
    types = project.prompt_types if assignment.task.prompt_id is None else ()
    return Asked(tuple(one for one in WRITTEN if one in types), project.asks_for_tags)


def clean(body, *, sheet):
    """Return the Written in `body`, or raise Faults. `sheet` says what was asked."""
    if not isinstance(body, dict):
        raise Faults([Fault("", _("A submission is a JSON object."))])
    reading = Reading(body, sheet=sheet)
    for key in body.keys() - PARTS:
        reading.fault(key, _("A demonstration has no part “%(name)s”.") % {"name": key})
    prompt = _prompt(reading)
    is_few_shot = prompt is not None and prompt["type"] == Origin.FEW_SHOT
    name = _("Your demonstration")
    written = Written(
        text=_text(reading, "text", body.get("text"), name=name, longest=LONGEST_TEXT, may_be_blank=is_few_shot),
        prompt=prompt,
        tags=_tags(reading),
        seconds=seconds_of(reading),
    )
    if reading.faults:
        raise Faults(reading.faults)
    return written


def _prompt(reading):
    given = reading.body.get("prompt")
    if not reading.sheet.prompt_types:
        if given:
            reading.fault("prompt", _("The prompt of this sheet is given; it asks for no other."))
        return None
    if given is not None and not isinstance(given, dict):
        reading.fault("prompt", _("The prompt is an object: its type and its text."))
    given = given if isinstance(given, dict) else {}
    prompt_type = _type(reading, given.get("type"))
    text = _text(reading, "prompt-text", given.get("text"), name=_("Prompt"), longest=LONGEST_TEXT)
    return {"type": prompt_type, "text": text, "examples": _examples(reading, given.get("examples"), prompt_type)}


def _type(reading, given):
    types = reading.sheet.prompt_types
    if given in types:
        return given
    if given:
        sentence = _("The prompt type is one of: %(types)s.") % {"types": ", ".join(types)}
    else:
        sentence = _("Choose the prompt type.")
    reading.fault("prompt-type", sentence)
    return ""


def _examples(reading, given, prompt_type):
    """Return the pairs that are filled in. Those of another type of prompt are refused rather than dropped."""
    given = [] if given is None else given
    if not isinstance(given, list) or not all(isinstance(pair, dict) for pair in given):
        reading.fault("prompt", _("Examples are a list of objects, each with a query and a response."))
        return []
    pairs = [(number, pair) for number, pair in enumerate(given, start=1) if not _is_blank_pair(pair)]
    if prompt_type == Origin.FEW_SHOT:
        return _few_shot(reading, pairs)
    if prompt_type and pairs:
        reading.fault("prompt-type", _("Only a few-shot prompt has examples: choose that type, or empty them."))
    return []


def _few_shot(reading, pairs):
    numbers = {"n": FEWEST_EXAMPLES, "most": MOST_EXAMPLES}
    if len(pairs) < FEWEST_EXAMPLES:
        blank = min({*range(1, FEWEST_EXAMPLES + 1)} - {number for number, _pair in pairs})
        reading.fault(f"example-{blank}-query", _("A few-shot prompt has at least %(n)d examples.") % numbers)
    if len(pairs) > MOST_EXAMPLES:
        reading.fault(
            f"example-{MOST_EXAMPLES + 1}-query", _("A few-shot prompt has at most %(most)d examples.") % numbers
        )
    return [{part: _part(reading, number, part, pair.get(part)) for part in NAMES} for number, pair in pairs]


def _part(reading, number, part, value):
    name = NAMES[part] % {"number": number}
    return _text(reading, f"example-{number}-{part}", value, name=name, longest=LONGEST_EXAMPLE)


def _is_blank_pair(pair):
    return all(pair.get(part) is None or is_blank(pair[part]) for part in NAMES)


def is_blank(text):
    return isinstance(text, str) and BLANK.fullmatch(text.replace("\0", "")) is not None


def _text(reading, field, value, *, name, longest, may_be_blank=False):
    """Return a text as it was typed, with one kind of line end; what is not one, or too long, is a fault."""
    if value is not None and not isinstance(value, str):
        reading.fault(field, _("%(name)s: write a text.") % {"name": name})
        return ""
    text = _storable(value or "")
    if is_blank(text):
        if not may_be_blank:
            reading.fault(field, _("%(name)s is still empty.") % {"name": name})
        return ""
    if len(text) > longest:
        sentence = _("%(name)s has %(n)s characters; at most %(most)s are possible.")
        reading.fault(field, sentence % {"name": name, "n": f"{len(text):,}", "most": f"{longest:,}"})
    return text


def _storable(text):
    """PostgreSQL's text cannot hold the NUL character, and a browser sends line ends its own way."""
    return text.replace("\0", "").replace("\r\n", "\n")


def _tags(reading):
    given = reading.body.get("tags")
    if not reading.sheet.tags:
        if given:
            reading.fault("tags", _("This sheet asks for no tags."))
        return None
    if given is None:
        return None
    if not isinstance(given, list) or not all(tag in PromptTag.values for tag in given):
        reading.fault("tags", _("Tags are a list; choose among: %(tags)s.") % {"tags": ", ".join(PromptTag.values)})
        return None
    return [tag for tag in PromptTag.values if tag in given]


def from_form(data, *, sheet):
    """Return the body that a posted form (QueryDict) stands for, as far as it has been filled in."""
    body = {"text": _storable(data.get("text", "")), "seconds": seconds_from_form(data)}
    if sheet.prompt_types:
        body["prompt"] = {
            "type": data.get("prompt-type", ""),
            "text": _storable(data.get("prompt-text", "")),
            "examples": _pairs(data),
        }
    if sheet.tags:
        body["tags"] = data.getlist("tags")
    return body


def _pairs(data):
    """The pairs by their numbers, blank ones too: a draft gives them back where they stood."""
    numbers = {int(found[1]) for name in data if (found := PAIR.fullmatch(name))}
    return [{part: _storable(data.get(f"example-{number}-{part}", "")) for part in NAMES} for number in sorted(numbers)]


def change_examples(body, pressed):
    """Do to a body what a button of the form says: `add` an example, or `remove-3`, the third."""
    examples = body.get("prompt", {}).get("examples")
    if examples is None:
        return
    if pressed == "add" and len(examples) < MOST_EXAMPLES:
        examples.append(dict.fromkeys(NAMES, ""))
    number = whole_number(pressed.removeprefix("remove-"))
    if number and number <= len(examples):
        del examples[number - 1]


def read(assignment, body):
    """Return what stores a body that is whole, or raise Faults."""
    return partial(_store, assignment, body, clean(body, sheet=asked(assignment)))


def _store(assignment, body, written, draft_revision):
    """Make `written` the standing label of `assignment`, and what the labeler wrote of a prompt a prompt of its own.

    To be called in the transaction that closes the sheet. Raises drafts.Outrun.
    """
    drafts.take_in(assignment=assignment, body=body, revision=draft_revision)
    now = timezone.now()
    revision = assignment.labels.count() + 1
    assignment.labels.standing().update(superseded_at=now)
    earlier = Prompt.objects.filter(demonstrations__label__assignment=assignment)
    set_aside(prompts=earlier, by=None, reason=SetAside.REVISED)
    label = Label.objects.create(assignment=assignment, revision=revision, seconds=written.seconds, submitted_at=now)
    demonstration = Demonstration.objects.create(
        label=label,
        text=written.text,
        prompt=_written_prompt(assignment, revision, written) if written.prompt else None,
        prompt_type=written.prompt["type"] if written.prompt else "",
        tags=written.tags,
    )
    look_beside(
        prompt=demonstration.prompt_id or assignment.task.prompt_id,
        stands_in=StandsIn.DEMONSTRATION,
        row=demonstration.pk,
        text=written.text,
    )
    return label


def _written_prompt(assignment, revision, written):
    is_user_based = written.prompt["type"] == Origin.USER_BASED
    return write_prompt(
        source_name=assignment.project.name,
        sheet=assignment.pk,
        revision=revision,
        origin=written.prompt["type"],
        text=written.prompt["text"],
        examples=written.prompt["examples"],
        use_case_text=assignment.task.use_case_text if is_user_based else "",
        tags=written.tags or (),
    )
