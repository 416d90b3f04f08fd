"""How is a sheet drawn fast? What its form decides is drawn once, and what the sheet itself says is filled in.

A sheet of four responses and twelve questions holds some two thousand small values, for which the template language
takes longer than everything else between Submit and the next sheet. All of them but the texts and the answers are the
same for every sheet of a form, so a template is rendered with blanks, kept, and filled in by one pass over the text.
"""

import re
from copy import copy
from types import SimpleNamespace
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

# PostgreSQL keeps no NUL in a text, so no wording can look like a blank.
BLANK = re.compile("\0(.*?)\0")
# Stands in addresses, which take no blanks, for the number of a sheet.
NO_SHEET = SimpleNamespace(id=str(UUID(int=0)))
NUMBER = template.Variable("sheet.id")
KEPT_AT_MOST = 200
_kept: dict[tuple, str] = {}


@register.simple_tag
def cards(sheet):
    """Return the cards with their questions; a card's text, answers, rank, notes and error are filled in."""
    skeleton = _skeleton("labels/_cards.html", _shape(sheet), lambda: {"slots": _blank_slots(sheet), "sheet": sheet})
    said = {key: value for slot in sheet.slots for key, value in _said_of(slot).items()}
    if sheet.is_paged:
        said[f"{sheet.slots[0 if sheet.is_at_board else sheet.leaf - 1].letter}.active"] = " is-active"
    return _filled(skeleton, said)


@register.simple_tag
def board(sheet):
    """Return the strip of ranks, every letter in the group where it stands."""
    groups = dict.fromkeys(("", *sheet.ranks), "")
    for slot in sheet.slots:
        # A draft over REST may hold anything where a rank belongs.
        stands = isinstance(slot.rank, int) and slot.rank in groups
        groups[slot.rank if stands else ""] += _chip(slot.letter)
    skeleton = _skeleton("labels/_board.html", _shape(sheet), lambda: _blank_board(sheet))
    return _filled(skeleton, {f"rank={rank}": chips for rank, chips in groups.items()})


@register.simple_tag
def questions(asked):
    """Return the questions about the prompt, with their answers."""
    skeleton = _skeleton("labels/_questions.html", _shape_of(asked), lambda: {"questions": _blank_questions(asked)})
    return _filled(skeleton, _answers(asked))


@register.simple_tag
def words():
    """Return what the scripts say, as attributes of the sheet."""
    return mark_safe(_skeleton("labels/_words.html", (), dict))  # noqa: S308


@register.simple_tag
def shortcuts(sheet):
    """Return the list of keys."""
    return mark_safe(_skeleton("labels/_shortcuts.html", _shape(sheet), lambda: {"sheet": sheet}))  # noqa: S308


@register.tag
def alike(parser, token):
    """Draw what stands inside once for all sheets that are alike in the values named: {% alike reopened %}.

    Of the sheet itself it may use the number (`sheet.id`) alone, which is filled in, as the token of forms is.
    """
    _name, *values = token.split_contents()
    nodes = parser.parse(["endalike"])
    parser.delete_first_token()
    return Alike(nodes, [parser.compile_filter(value) for value in values])


class Alike(template.Node):
    def __init__(self, nodelist, values):
        self.nodelist, self.values = nodelist, values
        self.drawn: dict[tuple, str] = {}

    def render(self, context):
        key = (get_language(), *(value.resolve(context) for value in self.values))
        drawn = self.drawn.get(key)
        if drawn is None:
            if len(self.drawn) >= KEPT_AT_MOST:
                self.drawn.clear()
            with context.push(sheet=NO_SHEET, csrf_token=_blank("token")):
                drawn = self.drawn[key] = self.nodelist.render(context)
        number, token = escape(NUMBER.resolve(context)), escape(context.get("csrf_token", ""))
        return drawn.replace(NO_SHEET.id, number).replace(_blank("token"), token)


def _skeleton(name, shape, context):
    key = (name, get_language(), shape)
    drawn = _kept.get(key)
    if drawn is None:
        # Another thread may empty it at any moment.
        if len(_kept) >= KEPT_AT_MOST:
            _kept.clear()
        drawn = _kept[key] = render_to_string(name, context())
    return drawn


def _filled(skeleton, said):
    return mark_safe(BLANK.sub(lambda blank: said.get(blank[1], ""), skeleton))  # noqa: S308 - all of it is escaped


def _shape(sheet):
    """Return what two sheets must share to look the same but for what they say."""
    letters = tuple(slot.letter for slot in sheet.slots)
    parts = sheet.ranked, sheet.rate_first, sheet.may_arrange, sheet.has_other_scales
    return letters, parts, _shape_of(sheet.slots[0].questions if sheet.slots else ())


def _shape_of(asked):
    return tuple(
        (
            *(one.name, one.wording, one.legend, one.scale, one.required, one.is_overall, one.is_flag, one.letter),
            *(one.min_label, one.max_label),
            *((option.value, option.label) for option in one.options),
        )
        for one in asked
    )


def _blank(name):
    return mark_safe(f"\0{name}\0")  # noqa: S308


def _blank_slots(sheet):
    return [
        SimpleNamespace(
            letter=slot.letter,
            others=[other.letter for other in sheet.slots if other is not slot],
            rank_name=slot.rank_name,
            notes_name=slot.notes_name,
            questions=_blank_questions(slot.questions),
            ranks=[SimpleNamespace(number=rank, mark=_blank(f"{slot.letter}.rank={rank}")) for rank in sheet.ranks],
            **{name: _blank(f"{slot.letter}.{name}") for name in ("body", "error", "wrong", "notes", "active")},
        )
        for slot in sheet.slots
    ]


def _blank_board(sheet):
    return {
        "ranks": [SimpleNamespace(number=rank, chips=_blank(f"rank={rank}")) for rank in sheet.ranks],
        "waiting": _blank("rank="),
        "may_arrange": sheet.may_arrange,
    }


def _blank_questions(asked):
    blanks = []
    for question in asked:
        blank = copy(question)
        blank.given = _blank(question.name)
        blank.wrong = _blank(f"{question.name}.wrong")
        blank.options = [
            SimpleNamespace(value=one.value, label=one.label, mark=_blank(f"{question.name}={one.value}"))
            for one in question.options
        ]
        blanks.append(blank)
    return blanks


def _said_of(slot):
    letter = slot.letter
    return {
        f"{letter}.body": _body(slot),
        f"{letter}.notes": escape(slot.notes),
        f"{letter}.rank={slot.rank}": " selected",
        f"{letter}.wrong": f' aria-invalid="true" aria-describedby="error-{letter}"' if slot.error else "",
        f"{letter}.error": _error(slot) if slot.error else "",
        **_answers(slot.questions),
    }


def _error(slot):
    return format_html('<p class="card-error" id="error-{}">{}</p>', slot.letter, slot.error)


def _body(slot):
    if slot.is_empty:
        return format_html('<p class="empty">{}</p>', _("(empty response)"))
    shown = '<div class="prose" dir="auto">{}</div><div class="plain" dir="auto">{}</div>'
    return format_html(shown, slot.html, slot.text)


def _answers(asked):
    marks = {f"{one.name}={option.value}": " checked" for one in asked for option in one.options if option.checked}
    wrong = {f"{one.name}.wrong": " is-missing" for one in asked if one.is_wrong}
    return marks | wrong | {one.name: conditional_escape(one.value) for one in asked if one.scale == "text"}


def _chip(letter):
    chip = '<li><button type="button" class="chip badge" data-chip="{0}" aria-label="{1}">{0}</button></li>'
    return format_html(chip, letter, _("Response %(letter)s") % {"letter": letter})
