"""What does each row of a CSV file say? The first row names the columns; a quoted cell may hold line breaks."""

import csv

from labeling.prompts.json_rows import EXCERPT, lines, too_long
from labeling.prompts.refusals import NotReadable, Refused


class Lines:
    """The physical lines, as text, for csv.reader; a class, since it must go on after it has raised."""

    def __init__(self, stream, limit):
        self.lines = lines(stream, limit)
        self.limit = limit
        self.number = 0
        self.begin_row()

    def begin_row(self):
        self.first, self.size, self.excerpt, self.trouble = self.number + 1, 0, b"", ""

    def __iter__(self):
        return self

    def __next__(self):
        line, size = next(self.lines)
        self.number += 1
        self.size += size
        self.excerpt = self.excerpt or line[:EXCERPT]
        if self.size > self.limit:
            raise Refused(self._endless())
        if b"\0" in line:
            self.trouble = "The text holds the character U+0000, which cannot be stored."
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.trouble = "The row is not in UTF-8."
            return line.decode(errors="replace")

    def _endless(self):
        if self.number == self.first:
            return too_long(self.limit)
        return f"{too_long(self.limit)[:-1]}, up to line {self.number}: a quotation mark may not be closed."


def header_of(text, limit):
    """Return the names of the columns, or raise NotReadable."""
    try:
        names = [name.strip() for name in next(_reader(text, limit), [])]
    except (Refused, csv.Error) as error:
        raise NotReadable(f"The first row of the CSV file cannot be read: {error}") from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise NotReadable(f"Two columns of the CSV file have the same name: {', '.join(twice) or '(none)'}.")
    return names


def read(text, header, limit, after):
    """Yield (line, last line, size, values, refusal, excerpt) for every row below the header."""
    reader = _reader(text, limit)
    next(reader)
    while True:
        text.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except Refused as refusal:
            values, reason = None, str(refusal)
        except csv.Error as error:
            values, reason = None, f"The row is not valid CSV: {error}."
        else:
            if not cells:
                continue
            values, reason = _row(cells, header, text.trouble) if text.first > after else (None, "")
        yield text.first, text.number, text.size, values, reason, b"" if values else text.excerpt


def _reader(text, limit):
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    return csv.reader(text, strict=True)


def _row(cells, header, trouble):
    if trouble:
        return None, trouble
    if len(cells) != len(header):
        return None, f"The row has {len(cells)} cells, but the header names {len(header)} columns."
    return {name: cell for name, cell in zip(header, cells, strict=True) if cell}, ""
