"""What does a list of people say, row by row? CSV with a header, as files or spreadsheets give it, with any of , ; tab.

No row is dropped: it comes out with its cells, or with the sentence that says why it cannot be read.
"""

import csv
import io
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

COLUMNS = ("email", "name", "cohort", "test", "language", "qualifications", "projects")
PROBLEM = "problem"  # what we add to the rows that we give back, so that they may be sent in again as they are
SEPARATORS = ",;\t"
MOST_ROWS = 2_000
BOM = "\ufeff"


class NotARoster(Exception):
    """Why a list as a whole cannot be taken, in a sentence."""


@dataclass
class Row:
    line: int  # where it begins, from 1
    raw: str  # as it stands in the list, with its line breaks
    values: list  # cell by cell; none where it cannot be read
    cells: dict = field(default_factory=dict)  # our columns alone, without the space around them
    problem: str = ""


@dataclass
class Sheet:
    header: str  # its line as it stands
    columns: list
    separator: str
    rows: list

    @property
    def unread(self):
        """The columns that are none of ours."""
        return [name for name in self.columns if name and name not in (*COLUMNS, PROBLEM)]


def decoded(content):
    """Return the text of a file's bytes, with or without a byte order mark. Raises NotARoster."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotARoster(_("The file is not in UTF-8. Save it as “CSV UTF-8”, or paste the rows.")) from None


def read(text):
    """Return the Sheet that `text` is. Raises NotARoster where the header cannot be understood, or there is too much.

    >>> read("E-mail;Name\\r\\nann@attune.example;Ann\\r\\n").rows[0].cells
    {'email': 'ann@attune.example', 'name': 'Ann'}
    """
    lines = io.StringIO(text.removeprefix(BOM), newline="").readlines()
    start = next((number for number, line in enumerate(lines) if line.strip(SEPARATORS + " \r\n")), None)
    if start is None:
        raise NotARoster(_("The list is empty."))
    header = lines[start]
    separator = max(SEPARATORS, key=header.count)
    columns = [_column(name) for name in next(csv.reader([header], delimiter=separator))]
    _check(columns)
    rows = list(_rows(lines, start + 1, columns, separator))
    if len(rows) > MOST_ROWS:
        raise NotARoster(_("A list may have %(n)d rows. Divide this one.") % {"n": MOST_ROWS})
    return Sheet(header, columns, separator, rows)


def _column(name):
    name = name.strip().lower()
    return "email" if name == "e-mail" else name


def _check(columns):
    if "email" not in columns:
        names = ", ".join(COLUMNS)
        raise NotARoster(_("The first row names the columns: %(names)s. “email” has to be there.") % {"names": names})
    twice = [name for name in COLUMNS if columns.count(name) > 1]
    if twice:
        raise NotARoster(_("The column “%(name)s” is there twice.") % {"name": twice[0]})


def _rows(lines, start, columns, separator):
    reader = csv.reader(iter(lines[start:]), delimiter=separator, strict=True)
    while True:
        first = start + reader.line_num
        try:
            values, problem = next(reader), ""
        except StopIteration:
            return
        except csv.Error:
            values, problem = [], _("The row cannot be read: a quotation mark is not closed, or one stands alone.")
        row = Row(first + 1, "".join(lines[first : start + reader.line_num]), values, problem=problem)
        if problem or any(value.strip() for value in values):
            yield _filled(row, columns)


def _filled(row, columns):
    if "\0" in row.raw:
        row.problem = _("The row holds a character that cannot be stored (U+0000).")
    elif any(value.strip() for value in row.values[len(columns) :]):
        names = {"n": len(row.values), "columns": len(columns)}
        row.problem = _("The row has %(n)d cells, but the header names %(columns)d columns.") % names
    elif not row.problem:
        named = zip(columns, row.values, strict=False)
        row.cells = {name: value.strip() for name, value in named if name in COLUMNS}
    return row
