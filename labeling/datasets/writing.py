"""How do lines become files? One gzip per split, hashed and counted as it grows, compressed beside the reading."""

import gc
import hashlib
import os
from array import array
from collections import Counter, defaultdict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import orjson
from zlib_ng.gzip_ng import GzipNGFile

from labeling.datasets.models import File

# Batches that may wait for the compressor: the reading is never further ahead than this.
AHEAD = 4


class Jsonl:
    """One growing `.jsonl.gz`. The same lines make the same bytes: no time and no name in its header.

    zlib-ng packs in half of zlib's time and a little closer, to the same bytes on every processor.
    """

    def __init__(self, path):
        self.path = path
        self.rows = self.bytes = 0
        self.sha256 = hashlib.sha256()
        self.file = path.open("xb")
        self.gzip = GzipNGFile(filename="", mode="wb", compresslevel=6, fileobj=self, mtime=0)

    def append(self, lines):
        self.gzip.write(b"".join(lines))
        self.rows += len(lines)

    def write(self, data):
        """What the compressor calls."""
        self.sha256.update(data)
        self.bytes += len(data)
        return self.file.write(data)

    def flush(self):
        self.file.flush()

    def close(self):
        self.gzip.close()
        seal(self.file)


class Files:
    """The files of one version in the making, by split."""

    def __init__(self, folder):
        self.folder = folder
        self.by_split = {}
        self.waiting: deque[Future[None]] = deque()
        # The reader waits for the database and the compressor needs no interpreter: two threads fill two cores.
        self.compressor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compressor")

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.compressor.shutdown(cancel_futures=bool(failed))
        for file in self.by_split.values():
            file.file.close()

    def append(self, lines):
        """Have (split, encoded line) pairs made and written in their turn; an error of earlier ones surfaces here."""
        self.waiting.append(self.compressor.submit(self._take, lines))
        while len(self.waiting) > AHEAD:
            self.waiting.popleft().result()

    def _take(self, lines):
        blocks = defaultdict(list)
        for split, line in lines:
            blocks[split].append(line)
        for split, block in blocks.items():
            self._of(split).append(block)

    def close(self):
        """Have everything on disk, and return the rows that say so, sorted by name."""
        for one in self.waiting:
            one.result()
        for file in self.by_split.values():
            file.close()
        return sorted((_row(split, file) for split, file in self.by_split.items()), key=lambda row: row.name)

    def _of(self, split):
        if split not in self.by_split:
            self.by_split[split] = Jsonl(self.folder / f"{split}.jsonl.gz")
        return self.by_split[split]


@dataclass
class Tally:
    """What is counted on the way, for the manifest."""

    records: Counter = field(default_factory=Counter)  # by split
    labels: array = field(default_factory=lambda: array("q"))  # their numbers: eight bytes each
    prompts: array = field(default_factory=lambda: array("q"))  # of what was written, again and again
    labelers: set = field(default_factory=set)
    forms: Counter = field(default_factory=Counter)
    instructions: Counter = field(default_factory=Counter)
    left_out: Counter = field(default_factory=Counter)
    sides: Counter = field(default_factory=Counter)  # by split and side
    prompt_lengths: Counter = field(default_factory=Counter)
    completion_lengths: Counter = field(default_factory=Counter)

    def see(self, record):
        self.records[record.split] += 1
        self.labels.extend(record.labels)
        self.labelers.update(record.labelers)
        self.forms.update(record.forms)
        self.instructions.update(record.instructions)
        if record.side is not None:
            self.sides[record.split, record.side] += 1

    def wrote(self, record):
        """One line of it at least. Neighbours are mostly of one prompt."""
        prompt = int(record.prompt_id)
        if not self.prompts or self.prompts[-1] != prompt:
            self.prompts.append(prompt)

    def measure(self, prompt, completions):
        self.prompt_lengths[sum(map(len, prompt))] += 1
        self.completion_lengths.update(map(len, completions))


def write(batches, shape, files, tally):
    """Write every batch of records in a Format; yields how many records are done, after each."""
    done = 0
    with _unsearched():
        for batch in batches:
            files.append(_encoded(batch, shape, tally))
            done += len(batch)
            yield done


@contextmanager
def _unsearched():
    """Inside, what was in memory before is not searched for garbage: batches come and go too fast for that."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def seal(file):
    """Have a written file on disk, read-only from now on."""
    file.flush()
    os.fchmod(file.fileno(), 0o444)
    os.fsync(file.fileno())
    file.close()


def _encoded(batch, shape, tally):
    """Yield (split, encoded line)."""
    for record in batch:
        tally.see(record)
        for line in shape.lines([record], tally.left_out):
            tally.wrote(record)
            tally.measure(*shape.texts(line))
            yield record.split, encoded(line)


def encoded(line):
    """Return the bytes of a line, as it stands in the file."""
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


def _row(split, file):
    return File(name=file.path.name, split=split, rows=file.rows, bytes=file.bytes, sha256=file.sha256.hexdigest())
