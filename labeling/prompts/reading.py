"""What does a file of prompts hold, row by row? JSONL or CSV in UTF-8, plain or gzipped, in bounded memory.

No row is ever dropped in silence: it comes out with its values, or with the sentence that refuses it.
"""

import gzip
import io
import zlib
from typing import Any, NamedTuple

from labeling.prompts import csv_rows, json_rows
from labeling.prompts.refusals import NotReadable
from labeling.prompts.sniffing import SNIFFED, kind_of

DEFAULT_LIMIT = 10 * 2**20
BREAKS_OFF = "The file breaks off: it is damaged, or not all of it was sent."


class Row(NamedTuple):
    """One row of a file. Either `values` is a dict and `refusal` empty, or the other way round."""

    line: int  # where it begins, from 1
    last_line: int  # where it ends: another one when a CSV cell holds line breaks
    size: int  # its bytes, uncompressed
    position: int  # bytes of the file read so far, compressed ones where it is compressed
    values: dict[str, Any] | None
    refusal: str
    excerpt: bytes  # the beginning of a row that could not be read


class Reader:
    """A file on its way in.

    >>> list(Reader(io.BytesIO(b'{"prompt": "Hi"}'), "a.jsonl"))[0].values
    {'prompt': 'Hi'}
    """

    def __init__(self, file, filename, *, limit=DEFAULT_LIMIT):
        """Sniff the first 64 KiB of `file` (binary, seekable); raise NotReadable if they are not what the name says."""
        self.limit = limit
        self.file = file
        self.is_gzip = filename.lower().endswith(".gz")
        file.seek(0)
        self.stream = _unpacked(file) if self.is_gzip else file
        head = self._head()
        self.kind = kind_of(head, filename)
        self._rewind(bom=head.startswith(b"\xef\xbb\xbf"))
        self.header = csv_rows.header_of(self._text(), self.limit) if self.kind == "csv" else []
        self._rewind(bom=head.startswith(b"\xef\xbb\xbf"))

    def rows(self, *, after=0):
        """Yield the rows that begin after line `after`; raise NotReadable where the file breaks off."""
        try:
            for line, last_line, size, values, refusal, excerpt in self._rows(after):
                self.position += size
                if line > after:
                    yield Row(line, last_line, size, self._place(), values, refusal, excerpt)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise NotReadable(BREAKS_OFF) from error

    __iter__ = rows

    def _rows(self, after):
        if self.kind == "csv":
            return csv_rows.read(self._text(), self.header, self.limit, after)
        return json_rows.read(self.stream, self.limit, after)

    def _text(self):
        return csv_rows.Lines(self.stream, self.limit)

    def _place(self):
        return self.file.tell() if self.is_gzip else self.position

    def _rewind(self, *, bom):
        self.stream.seek(0)
        self.position = len(self.stream.read(3)) if bom else 0

    def _head(self):
        try:
            return self.stream.read(SNIFFED)
        except EOFError as error:
            raise NotReadable(BREAKS_OFF) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise NotReadable("The name ends in .gz, but the file is not gzip.") from error


def _unpacked(file):
    # GzipFile alone reads its lines in Python, several times slower.
    return io.BufferedReader(gzip.GzipFile(fileobj=file, mode="rb"), buffer_size=2**16)


def read(file, filename, *, after=0, limit=DEFAULT_LIMIT):
    """Yield a Row for every row of `file` that begins after line `after`."""
    return Reader(file, filename, limit=limit).rows(after=after)
