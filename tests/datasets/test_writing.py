"""Are files the same bytes wherever they are written?"""

import gzip
import hashlib
import random

from labeling.datasets.writing import Jsonl

CHANCE = random.Random(7)
WORDS = ["".join(CHANCE.choices("abcdefghijklmnopqrstuvwxyz", k=n % 9 + 2)) for n in range(1000)]
LINES = [f"{n} {' '.join(CHANCE.choices(WORDS, k=200))}\n".encode() for n in range(2000)]


def test_the_same_lines_are_the_same_bytes_on_every_machine(tmp_path):
    """Seen on five generations of x86-64 and on ARM, emulated; another version of zlib-ng may pack otherwise."""
    file = Jsonl(tmp_path / "train.jsonl.gz")
    for start in range(0, len(LINES), 200):
        file.append(LINES[start : start + 200])
    file.close()

    packed = file.path.read_bytes()
    assert gzip.decompress(packed) == b"".join(LINES)
    assert (file.rows, file.bytes, file.sha256.hexdigest()) == (2000, len(packed), hashlib.sha256(packed).hexdigest())
    assert file.sha256.hexdigest() == "b2e09d2884517b63e5088b59d96315785fb217895e06a2b1b58261bc379d8722"
