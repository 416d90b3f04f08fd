"""How does a file of prompts and answers get in? It is looked at, asked for, run, cancelled, resumed."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import PurePath

from django.conf import settings
from django.core.files import File
from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from labeling.candidates.batches import LEASE, LeaseLost, ahead, batches, mine, write
from labeling.candidates.storing import store_answers
from labeling.events.announcing import announce
from labeling.events.models import Event
from labeling.prompts import mapping as mappings
from labeling.prompts.hygiene.sorting_out import take_turns
from labeling.prompts.json_rows import checked
from labeling.prompts.models import Import, JobState, Source
from labeling.prompts.reading import Reader
from labeling.prompts.refusals import NotReadable, Refused
from labeling.prompts.rows import Incoming, incoming
from labeling.prompts.storing import store

LOOKED_AT, LOOKED_AT_BYTES, SHOWN = 100, 4 * 2**20, 5
# So long an import that has failed or was cancelled can be resumed.
KEPT = timedelta(days=7)
MOST_ATTEMPTS = 10
STOPPED = (JobState.CANCELLED, JobState.FAILED)


@dataclass
class Preview:
    """The beginning of a file as it would be stored; nothing is."""

    keys: list[str]  # of the file, in the order in which they appear
    mapping: dict[str, str]
    rows: list[Incoming]
    refusals: list[tuple[int, str]]  # line, reason
    lacks_prompts: bool


def preview(*, file, filename, mapping=None):
    """Read the first hundred rows under `mapping`, or under a suggested one. Raises Refused for the file as a whole."""
    reader = _reader(file, filename)
    rows = list(_beginning(reader))
    keys = list(dict.fromkeys([*reader.header, *(key for row in rows for key in row.values or ())]))
    mapping = mappings.suggested(keys) if mapping is None else mappings.check(mapping)
    shown, refusals = [], []
    for row in rows:
        try:
            if row.refusal:
                raise Refused(row.refusal)
            shown.append(incoming(row.values, mapping, line=row.line, cells=reader.kind == "csv"))
        except Refused as refusal:
            refusals.append((row.line, str(refusal)))
    return Preview(keys, mapping, shown[:SHOWN], refusals, "prompt" not in mappings.mapped(keys, mapping))


def _beginning(reader):
    """A hundred rows, or fewer large ones: a web process holds them, and a small .gz may hold very large ones."""
    size = 0
    for row in islice(reader.rows(), LOOKED_AT):
        yield row
        size += row.size
        if size > LOOKED_AT_BYTES:
            return


def request_import(*, file, filename, source_name, mapping=None, requested_by=None, wake_worker=True):
    """Keep `file` (binary, seekable) and queue its import; raise Refused, storing nothing, if it cannot be taken."""
    mapping = mappings.check(mapping or {})
    source_name = checked_name(source_name)
    reader = _reader(file, filename)
    if reader.kind == "csv" and "prompt" not in mappings.mapped(reader.header, mapping):
        raise NotReadable(f"No column of the file is the prompt. It has: {', '.join(reader.header)}.")
    file.seek(0)
    with transaction.atomic():
        source, _created = Source.objects.get_or_create(name=source_name, defaults={"created_by": requested_by})
        job = Import(source=source, filename=filename[-255:], mapping=mapping, requested_by=requested_by)
        job.file.save(uuid.uuid4().hex + "".join(PurePath(filename).suffixes[-2:])[-20:], File(file), save=False)
        job.bytes_total = job.file.size
        job.save()
        if wake_worker:
            _wake_worker(job.pk)
    return job


def run_import(*, import_id, progress=None):
    """Work on an import until it is over, telling `progress` of each batch; return whether it was ours to work on."""
    job = _take(import_id)
    if job is None:
        return False
    try:
        with job.file.open("rb") as file:
            for batch in ahead(batches(_reader(file, job.filename), job.mapping, after=job.lines_done)):
                write(batch, job)
                if progress:
                    progress(batch)
        _finish(job, JobState.DONE, bytes_read=F("bytes_total"))
        forget_files()
    except LeaseLost:
        pass
    except Refused as refusal:
        _finish(job, JobState.FAILED, error=str(refusal))
    except FileNotFoundError:
        _finish(job, JobState.FAILED, error="The file is no longer there. Import it anew.")
    except (DataError, IntegrityError) as error:
        _finish(job, JobState.FAILED, error=f"The database refused the next rows: {error}")
    return True


def cancel_import(*, import_id):
    """Stop an import at its next batch; what is stored stays. Returns whether there was anything to stop."""
    waiting = Import.objects.filter(pk=import_id, state__in=[JobState.QUEUED, JobState.RUNNING])
    return bool(waiting.update(state=JobState.CANCELLED, finished_at=timezone.now(), lease_until=None))


def resume_import(*, import_id):
    """Go on with an import that was cancelled or failed, behind its last stored line. Returns whether it was one.

    After a week its file is no longer there, and there is nothing to go on with.
    """
    stopped = Import.objects.filter(pk=import_id, state__in=STOPPED).exclude(file="")
    with transaction.atomic():
        resumed = stopped.update(state=JobState.QUEUED, finished_at=None, error="")
        if resumed:
            _wake_worker(import_id)
    return bool(resumed)


def give_up_hopeless():
    """Fail the imports whose workers keep dying, so that they stop killing others; resuming tries once more."""
    silent = Import.objects.waiting().filter(state=JobState.RUNNING, attempts__gte=MOST_ATTEMPTS)
    sentence = f"The import was interrupted {MOST_ATTEMPTS} times or more; the worker's log says by what."
    for job in silent:
        with transaction.atomic():
            over = {"state": JobState.FAILED, "finished_at": timezone.now(), "lease_until": None, "error": sentence}
            if silent.filter(pk=job.pk).update(**over):
                announce(Event.JOB_FAILED, kind="import", job=job.pk, error=sentence)


@transaction.atomic
def add_prompts(*, source_name, rows, mapping=None, created_by=None):
    """Store a list of rows (dicts as in a file) at once, without an Import.

    Returns (created, seen, refused): lists of (index, primary key), the same, and of (index, reason).
    """
    mapping = mappings.check(mapping or {})
    take_turns()  # before the source is there, which others may be waiting to name
    source, _ = Source.objects.get_or_create(name=checked_name(source_name), defaults={"created_by": created_by})
    batch, refused = [], []
    for index, values in enumerate(rows):
        try:
            batch.append(incoming(checked(values), mapping, line=index))
        except Refused as refusal:
            refused.append((index, str(refusal)))
    stored = store(batch, source=source)
    store_answers(stored.created, stored.seen)
    refused += [(index, reason) for index, reason, _row in stored.refused]
    created, seen = ([(row.line, key) for row, key in rows] for rows in (stored.created, stored.seen))
    return created, seen, sorted(refused)


def forget_files():
    """Delete the files of imports that are done, or stopped long ago: they name authors, whom we keep as a hash."""
    is_old = Q(state__in=STOPPED, finished_at__lt=timezone.now() - KEPT)
    over = Import.objects.filter(Q(state=JobState.DONE) | is_old).exclude(file="")
    for import_id in over.values_list("pk", flat=True):
        with transaction.atomic():
            for job in over.filter(pk=import_id).select_for_update():  # none, where it is resumed at this moment
                job.file.delete(save=False)
                Import.objects.filter(pk=import_id).update(file="")


def _reader(file, filename):
    return Reader(file, filename, limit=settings.IMPORT_MAX_LINE_BYTES)


def checked_name(name):
    name = (name or "").strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise Refused("The source needs a name of at most 100 characters.")
    return name


def _wake_worker(import_id):
    # The tasks import these verbs. A broker that is away costs nothing but time: the sweeper looks again.
    from labeling.candidates import tasks

    transaction.on_commit(lambda: tasks.run_import.delay(import_id), robust=True)


@transaction.atomic
def _take(import_id):
    """Lease an import that waits, and return it, or None. The attempt's number is what the lease is known by."""
    now = timezone.now()
    taken = Import.objects.waiting().filter(pk=import_id)
    if not taken.update(
        state=JobState.RUNNING,
        attempts=F("attempts") + 1,
        lease_until=now + LEASE,
        started_at=Coalesce("started_at", now),
    ):
        return None
    return Import.objects.select_related("source").get(pk=import_id)


def _finish(job, state, **facts):
    with transaction.atomic():
        if mine(job).update(state=state, finished_at=timezone.now(), lease_until=None, **facts):
            event = Event.JOB_FINISHED if state == JobState.DONE else Event.JOB_FAILED
            announce(event, kind="import", job=job.pk, error=facts.get("error", ""))
