"""Which labels leave now? `manage.py freeze comparisons --project "Rank answers" --format grouped --out DIR`"""

import shutil
import sys
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from labeling.datasets import choosing, freezing
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetKind
from labeling.people.models import Cohort
from labeling.prompts.models import Split
from labeling.work.models import Project


class Command(BaseCommand):
    help = (
        "Freeze a numbered, hashed dataset version from submitted labels, here and now, and copy its files "
        "and manifest to a directory. Exit status 0 means that the version is frozen and everything is copied."
    )

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=DatasetKind.values, help="what the dataset holds")
        parser.add_argument(
            "--project", action="append", default=[], metavar="NAME_OR_ID", help="may be given several times"
        )
        parser.add_argument(
            "--format", required=True, choices=sorted({format for _, format in FORMATS}), help="the shape of a line"
        )
        parser.add_argument("--cohort", choices=Cohort.values, help="only labels of this cohort")
        parser.add_argument("--split", choices=Split.values, help="only prompts of this split")
        parser.add_argument("--since", metavar="DATE", help="only labels submitted at or after this (ISO 8601, UTC)")
        parser.add_argument("--until", metavar="DATE", help="only labels submitted before this (ISO 8601, UTC)")
        parser.add_argument("--programs", action="store_true", help="programs' labels as well as people's")
        parser.add_argument("--source", metavar="NAME", help="only prompts of this source")
        parser.add_argument("--references", action="store_true", help="sft: what people had written before, as well")
        parser.add_argument(
            "--minimum-rating",
            type=float,
            metavar="X",
            help="sft: responses whose median rating is at least X, as well",
        )
        parser.add_argument(
            "--threshold", type=float, metavar="X", help="unpaired: medians above X are good, below it bad (4)"
        )
        parser.add_argument(
            "--question",
            metavar="KEY",
            help="which Likert question of the form X is about; the overall quality, or the only one, unless said",
        )
        parser.add_argument("--parquet", action="store_true", help="tables beside the lines; needs the extra parquet")
        parser.add_argument("--out", type=Path, metavar="DIR", help="where to copy the files and manifest.json")

    def handle(self, *, kind, project, format, out, **options):
        filters = {key: options[key] for key in choosing.FILTERS if options[key] not in (None, False)}
        with Bar() as bar:
            version = self._frozen(
                kind=kind,
                format=format,
                projects=[_project(named) for named in project],
                filters=filters,
                parquet=options["parquet"],
                on_progress=bar.show,
            )
        if not version.is_frozen:
            raise CommandError(version.error)
        self._tell(version)
        if out:
            copy(version, out)
            self.stdout.write(f"Copied to {out}.")

    def _frozen(self, **asked):
        try:
            return freezing.freeze_here(**asked)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _tell(self, version):
        self.stdout.write(f"Frozen: {version.kind}, {version.format}, number {version.number} (id {version.pk}).")
        for file in version.files.all():
            self.stdout.write(f"{file.name}  {file.rows} rows  {file.bytes} bytes  sha256 {file.sha256}")


class Bar:
    """A progress bar on a terminal; nothing elsewhere."""

    def __enter__(self):
        self.bar = tqdm(unit=" records", disable=not sys.stderr.isatty())
        return self

    def __exit__(self, *_):
        self.bar.close()

    def show(self, done, total):
        self.bar.total = total
        self.bar.update(done - self.bar.n)


def _project(named):
    found = Project.objects.filter(name=named).first()
    if found is None and named.isdecimal():
        found = Project.objects.filter(pk=named).first()
    if found is None:
        raise CommandError(f"There is no project called “{named}”.")
    return found


def copy(version, out):
    """Copy the files and the manifest; each appears under its name only when it is whole."""
    out.mkdir(parents=True, exist_ok=True)
    for name in freezing.names_in(version):
        unfinished = out / f".{name}.unfinished"
        with freezing.opened(version, name) as kept, unfinished.open("wb") as file:
            shutil.copyfileobj(kept, file)
        unfinished.replace(out / name)
