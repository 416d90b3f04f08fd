"""What has changed from one version to another? Counted line by line, and in what their manifests say."""

import hashlib
from collections import Counter

from zlib_ng import gzip_ng

from labeling.datasets import keeping
from labeling.datasets.models import UNITS
from labeling.datasets.parquet import SUFFIX

# A file is unpacked, and a digest of each line held, while somebody waits for the answer.
MOST_ROWS = 200_000


def between(before, after):
    """Return what has changed from one frozen version to another, as plain values.

    {"before": id, "after": id, "splits": {split: {"kept", "added", "removed"}}, "not_compared": [split, …],
    "facts": {name: [before, after]}}

    A line counts as kept when it is in both, to the byte, and as often as it is. Files of more than MOST_ROWS that are
    not the same are not compared. Facts are those of the manifests, and only those that differ.
    """
    old, new = _by_split(before), _by_split(after)
    counted = {split: _counted(old.get(split), new.get(split)) for split in sorted({*old, *new})}
    return {
        "before": before.pk,
        "after": after.pk,
        "splits": {split: found for split, found in counted.items() if found},
        "not_compared": [split for split, found in counted.items() if not found],
        "facts": {
            name: [before.manifest.get(name), after.manifest.get(name)]
            for name in _facts(before, after)
            if before.manifest.get(name) != after.manifest.get(name)
        },
    }


def earlier_of(version):
    """Return the frozen version of the same choice before this one, or None."""
    earlier = type(version).objects.filter(choice_hash=version.choice_hash, number__lt=version.number, state="frozen")
    return earlier.order_by("-number").first()


def _facts(before, after):
    names = [
        "kind", "format", "projects", "filters", "labelers", UNITS[before.kind], UNITS[after.kind], "rows", "left_out",
        "lengths", "instructions_versions", "form_versions", "schema_version", "code_version",
    ]  # fmt: skip
    return dict.fromkeys(names)


def _by_split(version):
    return {file.split: file for file in version.files.exclude(name__endswith=SUFFIX)}


def _lines(file):
    with keeping.opened(file.path) as packed, gzip_ng.open(packed) as lines:
        return Counter(hashlib.blake2b(line, digest_size=16).digest() for line in lines)


def _counted(old, new):
    if old and new and old.sha256 == new.sha256:
        return {"kept": new.rows, "added": 0, "removed": 0}
    if max(file.rows for file in (old, new) if file) > MOST_ROWS:
        return None
    before, after = (_lines(file) if file else Counter() for file in (old, new))
    return {
        "kept": (before & after).total(),
        "added": (after - before).total(),
        "removed": (before - after).total(),
    }
