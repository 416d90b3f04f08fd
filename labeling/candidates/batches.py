"""How does a file become rows, batch by batch, so that a worker may be killed at any moment?

A batch is one transaction: its prompts, answers, refusals, counts, and how far the file is done. What a killed worker
had not committed was never there, and whoever goes on begins behind the last line that was.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from labeling.candidates.storing import store_answers
from labeling.prompts.mapping import owner_keys
from labeling.prompts.models import Import, JobState, RefusedRow
from labeling.prompts.refusals import Refused
from labeling.prompts.rows import Incoming, incoming
from labeling.prompts.storing import store

LEASE = timedelta(seconds=60)
ROWS, BYTES = 2_000, 4 * 2**20
EXCERPT = 500


class LeaseLost(Exception):
    """The import was cancelled, or another worker has taken it."""


@dataclass
class Batch:
    """Some rows of a file that are stored together."""

    rows: list[Incoming] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)  # line, reason, excerpt
    last_line: int = 0
    position: int = 0
    size: int = 0

    @property
    def is_full(self):
        return len(self.rows) + len(self.refused) >= ROWS or self.size >= BYTES


def batches(reader, mapping, *, after=0):
    """Yield the rows behind line `after` in batches, checked as far as that needs no database."""
    batch = Batch()
    for row in reader.rows(after=after):
        _add(batch, row, mapping, reader)
        if batch.is_full:
            yield batch
            batch = Batch()
    if batch.last_line:
        yield batch


def _add(batch, row, mapping, reader):
    try:
        if row.refusal:
            raise Refused(row.refusal)
        batch.rows.append(incoming(row.values, mapping, line=row.line, cells=reader.kind == "csv"))
    except Refused as refusal:
        batch.refused.append((row.line, str(refusal), _excerpt(row, mapping, reader.header)))
    batch.last_line, batch.position = row.last_line, row.position
    batch.size += row.size


def _excerpt(row, mapping, header):
    """The beginning of a refused row, without its owner, whom we keep as a keyed hash or not at all."""
    owners = owner_keys(mapping)
    if row.values is not None:
        return _text({key: value for key, value in row.values.items() if key not in owners})
    text = row.excerpt.decode(errors="replace").replace("\0", "�")
    names_owner = any(key in header or f'"{key}"' in text for key in owners)
    return "" if names_owner else text[:EXCERPT]


def _text(values):
    return orjson.dumps(values).decode()[:EXCERPT]


def ahead(batches):
    """Yield the same, reading each batch while the one before it is being stored."""
    with ThreadPoolExecutor(max_workers=1) as reading:
        coming = reading.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reading.submit(next, batches, None)
            yield batch


@transaction.atomic
def write(batch, job):
    """Store a batch and move the import's counts; raise LeaseLost, storing nothing, if `job` is no longer ours."""
    renew(job)
    stored = store(batch.rows, source=job.source, of_import=job)
    answers = store_answers(stored.created, stored.seen, of_import=job)
    late = [(line, reason, _text(_shown(row))) for line, reason, row in stored.refused]
    refused = batch.refused + late
    RefusedRow.objects.bulk_create(
        RefusedRow(of_import=job, line=line, reason=reason, excerpt=excerpt) for line, reason, excerpt in refused
    )
    mine(job).update(
        lines_done=batch.last_line,
        bytes_read=batch.position,
        created_count=F("created_count") + len(stored.created),
        seen_count=F("seen_count") + len(stored.seen),
        refused_count=F("refused_count") + len(refused),
        response_count=F("response_count") + answers.by_models,
        **{f"{name}_count": F(f"{name}_count") + number for name, number in stored.hygiene(answers.found).items()},
    )


def _shown(row):
    return {"id": row.external_id, "split": row.split, "prompt": row.messages}


def mine(job):
    """The import, if it is still held by the run that `job` stands for: each taking counts one attempt more."""
    return Import.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)


def renew(job):
    """Hold the row until the transaction ends, so that no other run can begin beside this one."""
    if not mine(job).update(lease_until=timezone.now() + LEASE):
        raise LeaseLost
