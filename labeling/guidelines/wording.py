"""What has changed between two texts, in words? For people who read them, not for programs that patch them."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

WORDS = re.compile(r"\w+|\s+|[^\w\s]")
# With a smaller share of words in common, two passages one after the other read better than a change at every word.
ALIKE = 0.4
MOST_COMPARED = 1_000_000  # words before times words after: comparing takes time with their product


@dataclass(frozen=True)
class Piece:
    """Some words that are the "same", "added" or "removed"."""

    kind: str
    text: str


def passages(before, after):
    """Return the changed passages of a text, each a list of Pieces with a line of what stands around it.

    >>> passages("Be fair.", "Be very fair.")
    [[Piece(kind='same', text='Be'), Piece(kind='added', text=' very'), Piece(kind='same', text=' fair.')]]
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(1)
    found = []
    for group in groups:
        pieces = [piece for step in group for piece in _pieces(step[0], old[step[1] : step[2]], new[step[3] : step[4]])]
        found.append(_trimmed(_joined(pieces)))
    return found


def _pieces(step, old, new):
    if step == "replace":
        return changed_words("".join(old), "".join(new))
    kind = {"equal": "same", "delete": "removed", "insert": "added"}[step]
    return [Piece(kind, "".join(old or new))]


def changed_words(before, after):
    """Return the Pieces of one passage, word by word where the two have enough in common."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) * len(new) > MOST_COMPARED:
        return _one_for_the_other(before, after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    in_common = sum(block.size for block in matcher.get_matching_blocks())
    if in_common < ALIKE * min(len(old), len(new)):
        return _one_for_the_other(before, after)
    return _joined(
        [
            piece
            for step, i, j, k, m in matcher.get_opcodes()
            for piece in (
                [Piece("same", "".join(old[i:j]))]
                if step == "equal"
                else _one_for_the_other("".join(old[i:j]), "".join(new[k:m]))
            )
        ]
    )


def _one_for_the_other(before, after):
    return [Piece(kind, text) for kind, text in (("removed", before), ("added", after)) if text]


def _joined(pieces):
    """Let two changes with nothing but a space between them be one, so that they read as phrases."""
    joined: list[Piece] = []
    removed = added = ""
    for place, piece in enumerate(pieces):
        is_gap = piece.kind == "same" and not piece.text.strip(" ") and 0 < place < len(pieces) - 1
        if piece.kind == "same" and not (is_gap and removed + added):
            joined += [*_one_for_the_other(removed, added), piece]
            removed = added = ""
        else:
            removed += piece.text if piece.kind != "added" else ""
            added += piece.text if piece.kind != "removed" else ""
    return joined + _one_for_the_other(removed, added)


def _trimmed(pieces):
    """Without the blank lines at the ends of a passage."""
    first, last = pieces[0], pieces[-1]
    pieces[0] = Piece(first.kind, first.text.lstrip("\n"))
    pieces[-1] = Piece(last.kind, pieces[-1].text.rstrip("\n"))
    return [piece for piece in pieces if piece.text]
