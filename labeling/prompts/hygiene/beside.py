"""Which texts leave with a prompt although other rooms keep them? Those rooms say how theirs are read and written.

A reference or a demonstration goes into the same files as its prompt does. So what looks personal in one is a finding
of the prompt, holds it back, and is decided with the rest.
"""

from collections.abc import Callable
from typing import NamedTuple

from labeling.prompts.hygiene.parts import names, parts, replaced
from labeling.prompts.hygiene.personal import personal
from labeling.prompts.models import Finding


class Kept(NamedTuple):
    """How a room reads one of its rows, as (what it is, its text), and how it writes another text there."""

    read: Callable[[int], tuple[str, str]]
    write: Callable[[int, str], None]


ROOMS: dict[str, Kept] = {}  # by StandsIn; filled when the rooms are ready
ITS_OWN = ("", 0)


def look_beside(*, prompt, stands_in, row, text):
    """Store what looks personal in a text that goes with `prompt` (its key); return how much it is."""
    found = [
        Finding(prompt_id=prompt, kind=kind, stands_in=stands_in, row=row, part=0, start=start, end=end)
        for kind, start, end in personal(text)
    ]
    return len(Finding.objects.bulk_create(found))


def texts(prompt, findings):
    """Return {(stands_in, row): [(what it is, text), …]} of the prompt itself and of what `findings` are in besides."""
    its_own = zip(names(prompt.messages, prompt.meta), parts(prompt.messages, prompt.meta), strict=True)
    beside = dict.fromkeys((finding.stands_in, finding.row) for finding in findings if finding.stands_in)
    return {ITS_OWN: list(its_own)} | {place: [ROOMS[place[0]].read(place[1])] for place in beside}


def write(prompt, rewritten):
    """Write other texts, {(stands_in, row): [text, …]}, where they stand."""
    for place, said in rewritten.items():
        if place == ITS_OWN:
            prompt.messages, prompt.meta = replaced(prompt.messages, prompt.meta, said)
            prompt.save(update_fields=["messages", "meta"])
        else:
            ROOMS[place[0]].write(place[1], *said)
