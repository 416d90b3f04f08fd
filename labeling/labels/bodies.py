"""Is what was sent a whole answer to what was asked? The one shape of a submission, and every rule about it.

A body is the JSON of a submission: `ratings` (slot, overall_quality, answers, notes), `ranking` (groups of letters,
best first), `prompt_answers`, `seconds`. The browser's form is turned into the same body first.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

LONGEST_TEXT = 20_000
MOST_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Fault:
    """One thing wrong: the form field it belongs to, and a whole sentence."""

    field: str
    sentence: str


class Faults(Exception):
    """A body that cannot be accepted. `faults` lists every reason."""

    def __init__(self, faults):
        super().__init__("; ".join(fault.sentence for fault in faults))
        self.faults = faults


@dataclass
class Said:
    """What was said of one response: overall quality (or None), answers by question key, notes."""

    overall_quality: int | None = None
    answers: dict = field(default_factory=dict)
    notes: str = ""


@dataclass
class Submission:
    """A body that has been found whole. `ranks` maps every letter to its dense rank, 1 best; None if not asked."""

    ratings: dict[str, Said]
    ranks: dict[str, int] | None
    prompt_answers: dict
    seconds: int
    was_arranged: bool


class Reading:
    """One pass over a body, collecting what is wrong with it."""

    def __init__(self, body, *, sheet):
        self.body = body
        self.sheet = sheet
        self.faults: list[Fault] = []

    def fault(self, field, sentence):
        self.faults.append(Fault(field, sentence))


def clean(body, *, sheet):
    """Return the Submission in `body`, or raise Faults. `sheet` says what was asked (labels.asking.Asked)."""
    if not isinstance(body, dict):
        raise Faults([Fault("", _("A submission is a JSON object."))])
    reading = Reading(body, sheet=sheet)
    submission = Submission(
        ratings=_ratings(reading) if sheet.rates else _not_asked(reading, "ratings", {}),
        ranks=_ranks(reading) if sheet.ranks else _not_asked(reading, "ranking", None),
        prompt_answers=_answers(reading, body.get("prompt_answers"), sheet.prompt_questions, letter=""),
        seconds=seconds_of(reading),
        was_arranged=body.get("arranged_by_ratings") is True,
    )
    if reading.faults:
        raise Faults(reading.faults)
    return submission


def _not_asked(reading, part, nothing):
    """What a sheet does not ask for is refused rather than dropped in silence."""
    if reading.body.get(part):
        sentences = {"ratings": _("This sheet asks for no ratings."), "ranking": _("This sheet asks for no ranking.")}
        reading.fault(part, sentences[part])
    return nothing


def _ratings(reading):
    given = {}
    ratings = reading.body.get("ratings", [])
    if not isinstance(ratings, list):
        reading.fault("ratings", _("Ratings are a list with one entry for each response."))
        ratings = []
    for rating in ratings:
        letter = rating.get("slot") if isinstance(rating, dict) else None
        if letter not in reading.sheet.letters:
            reading.fault("ratings", _("There is no response %(letter)s on this sheet.") % {"letter": letter})
        elif letter in given:
            reading.fault(f"{letter}-overall_quality", _("Response %(letter)s is rated twice.") % {"letter": letter})
        else:
            given[letter] = rating
    return {letter: _said(reading, letter, given.get(letter, {})) for letter in reading.sheet.letters}


def _said(reading, letter, rating):
    answers = rating.get("answers") or {}
    if not isinstance(answers, dict):
        reading.fault(f"{letter}-answers", _("Answers are an object: question key to answer."))
        answers = {}
    if rating.get("overall_quality") is not None:
        answers = {**answers, "overall_quality": rating["overall_quality"]}
    answers = _answers(reading, answers, reading.sheet.response_questions, letter=letter)
    notes = rating.get("notes") or ""
    if not isinstance(notes, str) or len(notes) > LONGEST_TEXT:
        reading.fault(f"{letter}-notes", _("Notes are a text of at most 20,000 characters."))
        notes = ""
    return Said(answers.pop("overall_quality", None), answers, _storable(notes))


def _answers(reading, given, questions, *, letter):
    """Return the valid ones among `given` answers by key; what is missing, unknown or wrong becomes a fault."""
    given = given or {}
    known = {question.key: question for question in questions}
    if not isinstance(given, dict):
        reading.fault(f"{letter}-answers", _("Answers are an object: question key to answer."))
        return {}
    for key in given.keys() - known.keys():
        reading.fault(_field(letter, key), _("This form has no question “%(key)s”.") % {"key": key})
    answers = {}
    for key, question in known.items():
        if key not in given or _is_left_blank(question, given[key]):
            if question.is_required:
                reading.fault(_field(letter, key), _missing(question, letter))
        elif (wrong := _what_is_wrong(question, given[key])) is not None:
            reading.fault(_field(letter, key), f"{legend(question, letter)}: {wrong}")
        else:
            answers[key] = _storable(given[key])
    return answers


def _is_left_blank(question, value):
    """An empty text and an empty list answer nothing."""
    return question.scale in {"text", "choices"} and value in ("", [])


def _what_is_wrong(question, value):
    """Return a sentence about an answer that the question does not take, or None."""
    if value is None:
        return None if question.allows_na else _("“Not applicable” is no answer here.")
    return CHECKS[question.scale](question, value)


def _likert(question, value):
    if type(value) is int and question.minimum <= value <= question.maximum:
        return None
    return _("Give a whole number from %(low)s to %(high)s.") % {"low": question.minimum, "high": question.maximum}


def _binary(question, value):
    return None if isinstance(value, bool) else _("Answer yes or no.")


def _choice(question, value):
    keys = [choice.key for choice in question.choices.all()]
    return None if value in keys else _("Choose one of: %(keys)s.") % {"keys": ", ".join(keys)}


def _choices(question, value):
    keys = [choice.key for choice in question.choices.all()]
    if isinstance(value, list) and all(item in keys for item in value) and len(set(value)) == len(value):
        return None
    return _("Choose among: %(keys)s.") % {"keys": ", ".join(keys)}


def _text(question, value):
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return None
    return _("Write a text of at most 20,000 characters.")


CHECKS = {"likert": _likert, "binary": _binary, "choice": _choice, "choices": _choices, "text": _text}


def _ranks(reading):
    """Return the dense rank of each letter; every response must stand in the ranking exactly once."""
    groups = reading.body.get("ranking", [])
    is_groups = isinstance(groups, list) and all(isinstance(group, list) for group in groups)
    if not is_groups or not all(isinstance(letter, str) for group in groups for letter in group):
        reading.fault("ranking", _("A ranking is a list of groups of letters, best first."))
        return {}
    ranks: dict[str, int] = {}
    for rank, group in enumerate((group for group in groups if group), start=1):
        for letter in group:
            if letter not in reading.sheet.letters:
                sentence = _("There is no response %(letter)s on this sheet.")
                reading.fault("ranking", sentence % {"letter": letter[:20]})
            elif letter in ranks:
                reading.fault(f"{letter}-rank", _("Response %(letter)s is ranked twice.") % {"letter": letter})
            else:
                ranks[letter] = rank
    for letter in reading.sheet.letters:
        if letter not in ranks:
            reading.fault(f"{letter}-rank", _("Response %(letter)s is not ranked yet.") % {"letter": letter})
    return ranks


def seconds_of(reading):
    """Return the active seconds of a body, whole; what are none become a fault."""
    seconds = reading.body.get("seconds", 0)
    if type(seconds) not in (int, float) or not 0 <= seconds <= MOST_SECONDS:
        reading.fault("seconds", _("Seconds are a number from 0 to 86,400."))
        return 0
    return int(seconds)


def legend(question, letter):
    """Return how a question is called on the page: the overall quality carries its response's letter."""
    if question.is_overall:
        return _("Overall quality of response %(letter)s") % {"letter": letter}
    return question.shown_wording


def _missing(question, letter):
    if question.is_overall:
        return _("Response %(letter)s has no overall quality yet.") % {"letter": letter}
    if letter:
        return _("Response %(letter)s: “%(question)s” is not answered yet.") % {
            "letter": letter,
            "question": question.shown_wording,
        }
    return _("“%(question)s” is not answered yet.") % {"question": question.shown_wording}


def _field(letter, key):
    return f"{letter}-{key}" if letter else f"prompt-{key}"


def _storable(value):
    """PostgreSQL's text cannot hold the NUL character."""
    return value.replace("\0", "") if isinstance(value, str) else value


def from_form(data, *, sheet):
    """Return the body that a posted form (QueryDict) stands for, as far as it has been filled in."""
    body = {
        "ratings": [_rating_from_form(data, letter, sheet) for letter in sheet.letters] if sheet.rates else [],
        "prompt_answers": _answers_from_form(data, "prompt", sheet.prompt_questions),
        "seconds": seconds_from_form(data),
        "arranged_by_ratings": data.get("arranged") == "1",
    }
    if sheet.ranks:
        # As the board stood, gaps and all: a draft gives it back so. The ranking closes the gaps.
        given = {letter: whole_number(data.get(f"{letter}-rank", "")) for letter in sheet.letters}
        ranks = {letter: rank for letter, rank in given.items() if rank is not None}
        body["ranks"] = ranks
        body["ranking"] = [[x for x in ranks if ranks[x] == rank] for rank in sorted(set(ranks.values()))]
    return body


def seconds_from_form(data):
    """Return the active seconds that the page has counted, at most a day: nobody at a page could put more right."""
    return min(whole_number(data.get("seconds", "")) or 0, MOST_SECONDS)


def whole_number(text):
    """Return the number that a field's digits stand for; None for anything else, such as ² or digits without end."""
    return int(text) if re.fullmatch("[0-9]{1,10}", text) else None


def _rating_from_form(data, letter, sheet):
    answers = _answers_from_form(data, letter, sheet.response_questions)
    rating = {"slot": letter, "answers": answers, "notes": data.get(f"{letter}-notes", "")}
    if "overall_quality" in answers:
        rating["overall_quality"] = answers.pop("overall_quality")
    return rating


def _answers_from_form(data, prefix, questions):
    answers: dict[str, Any] = {}
    for question in questions:
        name = f"{prefix}-{question.key}"
        value = data.getlist(name) if question.scale == "choices" else data.get(name, "").strip()
        if value in ("na", ["na"]) and question.allows_na and question.scale != "text":
            answers[question.key] = None
        elif value:
            answers[question.key] = _typed(question, value)
    return answers


def _typed(question, value):
    if question.scale == "likert":
        number = whole_number(value.removeprefix("-"))
        return value if number is None else -number if value.startswith("-") else number
    if question.scale == "binary":
        return {"yes": True, "no": False}.get(value, value)
    return value
