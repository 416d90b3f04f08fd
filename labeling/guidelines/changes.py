"""What has changed from one version of a form to another? In sentences, with the words that differ."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.guidelines.models import Question
from labeling.guidelines.wording import Piece, changed_words

COMPARED = (
    "wording", "scale", "per", "is_required", "allows_na", "minimum", "maximum", "low_anchor", "high_anchor",
    "good_answer", "applies_to_tags",
)  # fmt: skip
NOTHING = gettext_lazy("nothing")


@dataclass
class Change:
    """One difference; `pieces` are the words before and after where there are any."""

    sentence: str
    pieces: list[Piece] = field(default_factory=list)


def between(before, after):
    """Return the Changes from the questions `before` to those `after` (lists of Question, in order)."""
    old, new = {one.key: one for one in before}, {one.key: one for one in after}
    gone = [Change(_("“%(key)s” is no longer asked.") % {"key": key}) for key in old if key not in new]
    come = [Change(_("“%(key)s” is asked anew.") % {"key": key}) for key in new if key not in old]
    both = [change for key in new if key in old for change in _of_question(old[key], new[key])]
    return [*gone, *come, *both, *_of_order([key for key in old if key in new], [key for key in new if key in old])]


def _of_order(before, after):
    if before == after:
        return []
    return [Change(_("The questions stand in another order: %(keys)s.") % {"keys": ", ".join(after)})]


def _of_question(old, new):
    for name in COMPARED:
        before, after = _said(old, name), _said(new, name)
        if before != after:
            title = Question._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            yield Change(_("“%(key)s”, %(what)s:") % {"key": new.key, "what": title}, changed_words(before, after))
    before, after = choices_text(old), choices_text(new)
    if before != after:
        yield Change(_("“%(key)s”, %(what)s:") % {"key": new.key, "what": _("choices")}, changed_words(before, after))


def _said(question, name):
    """Return the field's value as a person would say it."""
    value = getattr(question, name)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(value) or str(NOTHING)
    if name in {"scale", "per", "good_answer"}:
        value = getattr(question, f"get_{name}_display")()
    return str(NOTHING) if value in (None, "") else str(value)


def choices_text(question):
    """Return the choices as they are typed: one a line, key and label."""
    return "\n".join(f"{choice.key}: {choice.label}" for choice in question.choices.all())
