"""How does a choice of labels become files that never change? Asked for, leased, read in one snapshot, sealed."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePath

import orjson
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from labeling.datasets import cards, choosing, keeping, leases, parquet, reading, silent
from labeling.datasets.formats import FORMATS
from labeling.datasets.leases import LeaseLost, Pulse
from labeling.datasets.manifests import described, manifest
from labeling.datasets.models import UNITS, DatasetState, DatasetVersion, File
from labeling.datasets.writing import Files, Tally, seal, write
from labeling.events.announcing import announce
from labeling.events.models import Event
from labeling.labels import reopening
from labeling.labels.models import Lock

# A version whose worker dies this often is at fault itself.
MOST_ATTEMPTS = 5
MANIFEST = "manifest.json"
PROMPTS = "prompts.txt"  # kept beside the files, and not a part of them: the ids of their prompts


class NothingToFreeze(Exception):
    """Nothing fits the choice, or nothing that a trainer could learn from; says so in a sentence."""


def request_dataset(*, kind, format, projects=(), filters=None, parquet=False, requested_by=None):
    """Number a new version of the choice and have a worker freeze it. A bad choice is a ValidationError."""
    choosing.check_packing(with_parquet=parquet)
    with transaction.atomic():
        choice = choosing.choose(kind=kind, format=format, projects=projects, filters=filters)
        version = _numbered(choice, parquet, requested_by)
        _wake_worker(version.pk)
    return version


def freeze_here(*, kind, format, projects=(), filters=None, parquet=False, requested_by=None, on_progress=None):
    """The same in this process: returns the version, frozen or failed. `on_progress(done, total)` counts records."""
    choosing.check_packing(with_parquet=parquet)
    choice = choosing.choose(kind=kind, format=format, projects=projects, filters=filters)
    with transaction.atomic():
        version = _numbered(choice, parquet, requested_by)
        until = leases.take(version.pk)
    _carry_out(version, until, on_progress)
    version.refresh_from_db()
    return version


def freeze(*, version_id):
    """Freeze a version that waits for it: True if this call did. Two calls, or one killed halfway, do no harm."""
    give_up_hopeless()
    until = leases.take(version_id)
    return until is not None and _carry_out(DatasetVersion.objects.get(pk=version_id), until)


def retry(*, version):
    """Send a failed version on its way again; False if it had not failed."""
    with transaction.atomic():
        sent = DatasetVersion.objects.filter(pk=version.pk, state=DatasetState.FAILED).update(
            state=DatasetState.FREEZING, error="", attempts=0, rows_done=0, lease_until=None
        )
        if sent:
            _wake_worker(version.pk)
    return bool(sent)


def cancel(*, version):
    """Give up a version that is being frozen; False if it is not. Its worker notices within a second or so."""
    going = DatasetVersion.objects.filter(pk=version.pk, state=DatasetState.FREEZING)
    return _end_badly(going, version, "Freezing was cancelled.")


def _wake_worker(version_id):
    # The task imports these verbs. A broker that is away costs nothing but time: the sweeper looks again.
    from labeling.datasets import tasks

    transaction.on_commit(lambda: tasks.freeze.delay(version_id), robust=True)


def give_up_hopeless():
    """Fail the versions whose workers keep dying, so that they stop killing others."""
    hopeless = DatasetVersion.objects.waiting().filter(attempts__gte=MOST_ATTEMPTS)
    for version in hopeless:
        sentence = f"Freezing was interrupted {MOST_ATTEMPTS} times; the worker's log says by what."
        _end_badly(hopeless.filter(pk=version.pk), version, sentence)
        _clear(version)


def choice_of(version):
    """What a version was made from."""
    return choosing.Choice(version.kind, version.format, tuple(version.projects.order_by("pk")), version.filters)


def _numbered(choice, with_parquet, requested_by):
    """Requests for the same choice stand in line here, so that two of them never get one number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(choice.hash[:15], 16)])
    earlier = DatasetVersion.objects.filter(choice_hash=choice.hash).order_by("-number")
    version = DatasetVersion.objects.create(
        kind=choice.kind,
        format=choice.format,
        filters=choice.filters,
        with_parquet=with_parquet,
        choice_hash=choice.hash,
        number=(earlier.values_list("number", flat=True).first() or 0) + 1,
        requested_by=requested_by,
    )
    version.projects.set(choice.projects)
    return version


def _carry_out(version, until, on_progress=None):
    """Freeze a leased version, or say on its row why not."""
    pulse = Pulse(version.pk, until)
    try:
        with _workshop(version) as folder, pulse:
            made = _made(version, folder, pulse, on_progress)
            _describe(version, folder, *made)
            path = keeping.bring(folder, path_of(version))
            _publish(version, folder, path, pulse.stop(), *made)
    except LeaseLost:
        return False
    except NothingToFreeze as reason:
        return _fail(version, pulse, str(reason))
    except OSError as error:
        return _fail(version, pulse, f"The files could not be written: {error.strerror or error}.")
    except OperationalError:
        raise  # the database is away: the lease will pass, and the sweeper starts anew
    except Exception as error:
        _fail(version, pulse, f"Freezing stopped at an error that is in the worker's log ({type(error).__name__}).")
        raise
    return True


def _made(version, folder, pulse, on_progress):
    """Write the files below `folder`; returns their rows, the manifest, and what was counted on the way."""
    choice, tally = choice_of(version), Tally()
    with _snapshot() as snapshot_at, Files(folder) as files:
        pulse.total = reading.count(choice)
        shape = FORMATS[choice.kind, choice.format]
        for done in write(reading.batches(choice, tally.left_out), shape, files, tally):
            pulse.report(done)
            if on_progress:
                on_progress(done, pulse.total)
        rows = files.close()
        if not rows:
            raise NothingToFreeze(_why_nothing(choice, pulse.total, +tally.left_out))
        if sentence := silent.why_it_teaches_nothing(tally):
            raise NothingToFreeze(sentence)
        said = manifest(version=version, choice=choice, files=rows, tally=tally, snapshot_at=snapshot_at)
    if version.with_parquet:
        tables = parquet.beside(
            rows, kind=choice.kind, format=choice.format, folder=folder, report=lambda: pulse.report(done)
        )
        said |= {"parquet": [described(table) for table in tables]}
        rows = [*rows, *tables]
    return rows, said, tally


def _describe(version, folder, rows, said, tally):
    """Write what stands beside the files."""
    with (folder / MANIFEST).open("xb") as file:
        file.write(orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        seal(file)
    with (folder / PROMPTS).open("x", encoding="ascii") as file:
        file.writelines(f"{prompt}\n" for prompt in sorted(set(tally.prompts)))
        seal(file)
    with (folder / cards.NAME).open("x", encoding="utf-8") as file:
        file.write(cards.card(choice=choice_of(version), manifest=said))
        seal(file)


def _publish(version, folder, path, until, rows, said, tally):
    """Move and enter the files and lock their labels in one step: whoever still holds the lease, only once."""
    with transaction.atomic():
        if leases.held(version.pk, until).select_for_update().first() is None:
            raise LeaseLost
        for row in rows:
            row.version, row.path = version, f"{path}/{row.name}"
        File.objects.bulk_create(rows)
        DatasetVersion.objects.filter(pk=version.pk).update(
            state=DatasetState.FROZEN,
            frozen_at=timezone.now(),
            manifest=said,
            lease_until=None,
            rows_total=tally.records.total(),
            rows_done=tally.records.total(),
        )
        reopening.lock(labels=tally.labels, because=Lock.FROZEN)
        announce(Event.DATASET_FROZEN, **_told(version), rows=said["rows"])
        # Last, and before the commit: a row that says frozen always has its files.
        keeping.keep(folder, path)


def path_of(version):
    """Where the version's files are to be kept: below the data directory just there, in a bucket below it."""
    return f"datasets/{version.pk}"


def opened(version, name):
    """Return one of a frozen version's files, or manifest.json or the card, to be read from its beginning."""
    return keeping.opened(str(PurePath(version.files.first().path).with_name(name)))


def names_in(version):
    """Return the names of all that is kept of a frozen version."""
    return sorted([cards.NAME, MANIFEST, *version.files.values_list("name", flat=True)])


def folder_of(version):
    """Where the version is kept on a disk; it is made beside it."""
    return Path(settings.MEDIA_ROOT) / path_of(version)


@contextmanager
def _workshop(version):
    """A fresh directory beside the final one; what killed runs left is cleared away first."""
    parent = folder_of(version).parent
    parent.mkdir(parents=True, exist_ok=True)
    _clear(version)
    folder = Path(tempfile.mkdtemp(prefix=f".freezing-{version.pk}-", dir=parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear(version):
    for leftover in folder_of(version).parent.glob(f".freezing-{version.pk}-*"):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _snapshot():
    """Everything read inside is as it was at one moment, which is yielded."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT now()")
            (moment,) = cursor.fetchone()
        yield moment


def _why_nothing(choice, records, left_out):
    unit = UNITS[choice.kind]
    if left_out and not records:
        told = ", ".join(f"{n} {reason}" for reason, n in sorted(left_out.items()))
        return f"There is nothing to freeze: all that fits the choice is left out ({told})."
    if records:
        return f"There is nothing to freeze: of the chosen {unit}, this format could use none."
    return f"There is nothing to freeze: no {unit} fit the choice."


def _fail(version, pulse, sentence):
    _end_badly(leases.held(version.pk, pulse.stop()), version, sentence)
    return False


def _end_badly(mine, version, sentence):
    with transaction.atomic():
        ended = mine.update(state=DatasetState.FAILED, error=sentence, lease_until=None)
        if ended:
            announce(Event.DATASET_FAILED, **_told(version), error=sentence)
    return bool(ended)


def _told(version):
    """What a webhook says of a version."""
    return {"dataset": version.pk, "kind": version.kind, "format": version.format, "number": version.number}
