"""manage.py import_prompts: a file of prompts and answers, in the foreground."""

import argparse
import sys
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from labeling.candidates.importing import cancel_import, request_import, run_import
from labeling.prompts.mapping import OURS, from_options
from labeling.prompts.models import Import, JobState
from labeling.prompts.refusals import Refused

HELP = f"""Import prompts, and the answers that come with them, from a file.

The file is JSONL (one object a line) or CSV with a header, in UTF-8, either of them also as .gz.
Our keys: {", ".join(OURS)}. Only prompt is required. Other keys are kept in meta.

  manage.py import_prompts questions.jsonl --source self-instruct --map author=app

Several keys may make the prompt together, each text behind the name of its key, in the order of the file:

  manage.py import_prompts reports.csv --source reports --map prompt=Topic --map prompt=Report --map reference=Feedback

A prompt that the source already has (by its id, or by its text where it has no id) is counted as seen and
changes nothing, so that the same file may be imported again at any time. A row that cannot be taken is refused
with its line and the reason, and the other rows go on.

Exit status: 0 when every row is stored or seen; 1 when rows were refused, or the file could not be read, or the
import was stopped (Ctrl-C cancels it; what is stored stays)."""
SHOWN = 20


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args, **kwargs):
        return super().create_parser(*args, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--source", required=True, metavar="NAME", help="where the prompts come from")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="OURS=THEIRS",
            help="fill our key from the file's key of another name; may be given several times",
        )

    def handle(self, *, file, source, map, **options):
        try:
            with file.open("rb") as stream:
                job = request_import(
                    file=stream,
                    filename=file.name,
                    source_name=source,
                    mapping=from_options(map),
                    wake_worker=False,
                )
        except (OSError, Refused) as error:
            raise CommandError(str(error)) from error
        try:
            job = _run(job)
        except KeyboardInterrupt:
            cancel_import(import_id=job.pk)
            job.refresh_from_db()
        self._report(job)

    def _report(self, job):
        self.stdout.write(
            f"{job.created_count:,} prompts, {job.responses.references().count():,} references and "
            f"{job.response_count:,} responses created; {job.seen_count:,} prompts already there; "
            f"{job.refused_count:,} rows refused."
        )
        if job.set_aside_count or job.held_back_count:
            self.stdout.write(
                f"Set aside: {job.same_text_count:,} with the same text as another, {job.same_beginning_count:,} that "
                f"begin like another, {job.over_cap_count:,} beyond what one owner may have. "
                f"Waiting for a decision, as something looks personal: {job.held_back_count:,}."
            )
        for row in job.refused.all()[:SHOWN]:
            self.stderr.write(f"line {row.line}: {row.reason}")
        if job.refused_count > SHOWN:
            self.stderr.write(f"… and {job.refused_count - SHOWN:,} more, listed with the import in the admin.")
        if job.state != JobState.DONE:
            raise CommandError(f"The import is {job.state} after line {job.lines_done}. {job.error}".strip())
        if job.refused_count:
            raise CommandError("Not all rows were taken.")


def _run(job):
    """Work, or watch the worker that was quicker to take it, until the import is over."""
    with tqdm(total=job.bytes_total, unit="B", unit_scale=True, disable=not sys.stderr.isatty()) as bar:
        while not job.is_over:
            ours = run_import(import_id=job.pk, progress=lambda batch: bar.update(batch.position - bar.n))
            job = Import.objects.get(pk=job.pk)
            bar.update(job.bytes_read - bar.n)
            if not ours:
                time.sleep(1)
    return job
