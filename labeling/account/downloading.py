"""How does somebody take along what is held on them? As a ZIP of JSON lines, written while it is read."""

import zipfile

import orjson
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from labeling.account import gathering
from labeling.people.pseudonyms import pseudonym

LINES_AT_ONCE = 200


class _Drain:
    """A file for zipfile to write to: whatever has been written is taken away and sent."""

    def __init__(self):
        self.written = []

    def write(self, data):
        self.written.append(bytes(data))
        return len(data)

    def flush(self):
        pass

    close = flush

    def taken(self):
        written, self.written = self.written, []
        return b"".join(written)


def archive(person):
    """Yield the bytes of a ZIP: README.txt, and a file of JSON lines for every table that has rows on `person`."""
    drain = _Drain()
    with zipfile.ZipFile(drain, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("README.txt", _readme(person))
        for name, rows in _files(person):
            yield from _written(zipped, drain, f"{name}.jsonl", rows)
    yield drain.taken()


def _files(person):
    for held in gathering.HELD:
        yield held.name, gathering.lines(held, person)
    yield "what_you_did", gathering.doings(person)


def _written(zipped, drain, name, rows):
    """Write one file line by line, yielding what has been packed so far; no file where there is no row."""
    first = next(rows, None)
    if first is None:
        return
    with zipped.open(name, "w") as file:
        file.write(_line(first))
        for number, row in enumerate(rows, start=2):
            file.write(_line(row))
            if number % LINES_AT_ONCE == 0:
                yield drain.taken()
    yield drain.taken()


def _line(row):
    return orjson.dumps(row, default=force_str, option=orjson.OPT_APPEND_NEWLINE)


def _readme(person):
    return "\n\n".join(
        [
            _("What Attune holds on %(email)s.") % {"email": person.email},
            _(
                "Each file is one table, each line one row of it, as JSON. Rows point at each other by their id. "
                "“what_you_did.jsonl” lists by number what you made or decided in rows that are not about you."
            ),
            _("Datasets know you by the pseudonym %(pseudonym)s.") % {"pseudonym": pseudonym(person.pseudonym_key)},
            _("Other people are left out, and so is which model wrote what you judged."),
            _("Answers to surveys are not here: nothing leads from your account to them."),
        ]
    )
