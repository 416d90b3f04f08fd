"""manage.py generate: models answer prompts, while one watches."""

import argparse
import sys
import threading
from contextlib import contextmanager, nullcontext

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from labeling.candidates import generating, planning
from labeling.candidates.engine import Engine
from labeling.candidates.estimating import estimate
from labeling.candidates.models import GenerationJob, ModelEndpoint
from labeling.candidates.progress import progress
from labeling.prompts.models import JobState, Source, Split, UseCase
from labeling.prompts.refusals import Refused

HELP = """Have models answer prompts, and store their responses.

The job is written down, and workers ask the models; this command shows how far they are until it is over.

  manage.py generate --model sft-1.3b ppo-1.3b --source support-2026 --split train --n 2 --temperature 1
  manage.py generate --model ppo-1.3b --source support-2026 --estimate     what it would ask and cost; asks nothing
  manage.py generate --model ppo-1.3b --prompts 17 18 21 --here            without workers, in this very process
  manage.py generate --model rm-6b --source support-2026                   a reward model scores the responses

Models are called by their names, as the admin lists them. What there is already is not asked for again, so that
the same command may be given at any time: it asks for what is missing. With --k, prompts that have so many
different responses are passed over, and models are asked again where there are fewer.

Ctrl-C stops the watching, not the job (with --here: the asking, which workers then take over).

Exit status: 0 when every call was answered; 1 when calls have failed, when the job was paused or cancelled, when
it was refused, or when the watching was stopped."""
WATCH_SECONDS = 0.5
SHOWN = 10


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args, **kwargs):
        return super().create_parser(*args, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser):
        parser.add_argument("--model", nargs="+", action="extend", required=True, metavar="NAME", help="whom to ask")
        which = parser.add_argument_group("which prompts (all of them unless narrowed down)")
        which.add_argument("--source", metavar="NAME", help="only prompts of this source")
        which.add_argument("--split", choices=Split.values, help="only prompts of this split")
        which.add_argument("--project", type=int, metavar="ID", help="only prompts that are tasks of this project")
        which.add_argument("--use-case", choices=UseCase.values, metavar="CASE", help="only prompts of this use case")
        which.add_argument("--language", metavar="CODE", help="only prompts in this language, such as en")
        which.add_argument("--tag", metavar="TAG", help="only prompts with this tag")
        which.add_argument("--prompts", type=int, nargs="+", metavar="ID", help="only these prompts, by their ids")
        which.add_argument("--limit", type=number(1), metavar="N", help="only the oldest N of them")
        how = parser.add_argument_group("how many answers, and how they are drawn (else as the model is set up)")
        how.add_argument("--n", type=number(1, 64), default=1, metavar="N", help="answers of each model (1)")
        how.add_argument("--k", type=number(2, 16), metavar="K", help="different answers wanted of each prompt")
        how.add_argument("--temperature", type=number(0, 2, of=float), metavar="T", help="0 to 2")
        how.add_argument("--top-p", type=number(0.000001, 1, of=float), metavar="P", help="above 0, up to 1")
        how.add_argument("--max-tokens", type=number(1), metavar="N", help="most tokens of an answer")
        how.add_argument("--stop", nargs="+", default=[], metavar="TEXT", help="an answer ends before any of these")
        how.add_argument("--seed", type=number(0), metavar="SEED", help="the n-th answer is asked for with SEED + n")
        parser.add_argument("--estimate", action="store_true", help="only say what would be asked, and what it costs")
        parser.add_argument("--here", action="store_true", help="ask in this process; no worker is needed")

    def handle(self, *, model, seed, here, **options):
        wishes = _wishes(model, options)
        if options["estimate"]:
            return self._foresee(wishes)
        try:
            job = generating.request_generation(**wishes, seed=seed)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        try:
            self.stdout.write(f"This is generation job {job.pk}.")
            self.stdout.flush()
            with asking(job) if here else nullcontext():
                job = watch(job)
        except KeyboardInterrupt:
            raise CommandError(
                f"\nThe job goes on without you, as soon as a worker takes it. It is watched, paused and cancelled at "
                f"/admin/candidates/generationjob/{job.pk}/change/, or over REST: POST "
                f"/api/v1/generations/{job.pk}/cancel/."
            ) from None
        return self._report(job)

    def _foresee(self, wishes):
        foreseen = estimate(**wishes)
        self.stdout.write(f"{foreseen.prompts:,} prompts, {foreseen.calls:,} calls{_dollars(foreseen.cost)}")
        for part in foreseen.parts:
            self.stdout.write(
                f"  {part.endpoint}: {part.calls:,} calls, about {part.prompt_tokens:,} tokens of prompts and "
                f"{part.completion_tokens:,} of answers{_dollars(part.cost)}"
            )

    def _report(self, job):
        so_far = progress(job)
        for part in so_far.parts:
            self.stdout.write(
                f"{part.endpoint}: {part.done:,} answered, {part.failed:,} failed, {part.prompt_tokens:,} tokens of "
                f"prompts and {part.completion_tokens:,} of answers{_dollars(part.cost)}"
            )
        for cause, count, example in generating.failures(job)[:SHOWN] if so_far.failed else ():
            self.stderr.write(f"{count:,} × {cause}: {example}")
        if job.state != JobState.DONE:
            raise CommandError(f"The job is {job.state}. {job.reason}".strip())
        if so_far.failed:
            raise CommandError("Not every call was answered.")


def number(least, most=2**31 - 1, of=int):
    """Return what reads a number of an option, for argparse."""

    def read(words):
        if not least <= (value := of(words)) <= most:  # NaN too is refused
            raise argparse.ArgumentTypeError(f"{words} is not from {least} to {most}")
        return value

    read.__name__ = "number"
    return read


def _wishes(names, options):
    """What `request_generation` and `estimate` take. Raises CommandError for names that nothing has."""
    found = {endpoint.name: endpoint for endpoint in ModelEndpoint.objects.filter(name__in=names)}
    for name in names:
        if name not in found:
            raise CommandError(f"There is no model “{name}”.")
    if options["source"] and not Source.objects.filter(name=options["source"]).exists():
        raise CommandError(f"There is no source named “{options['source']}”.")
    endpoints = list(found.values())
    try:
        generating.check_endpoints(endpoints)
    except Refused as refusal:
        raise CommandError(str(refusal)) from refusal
    keys = ("source", "split", "project", "use_case", "language", "tag", "prompts", "limit")
    drawn = ("temperature", "top_p", "max_tokens", "stop")
    return {
        "endpoints": endpoints,
        "selection": {key: options[key] for key in keys if options[key]},
        "n": options["n"],
        "k": None if endpoints[0].is_scorer else options["k"],
        "sampling": {key: options[key] for key in drawn if options[key] not in (None, [])},
    }


def watch(job):
    """Show how far the job is until it is over, or stands still; return it as it is then."""
    pause = threading.Event()
    with tqdm(unit="call", disable=not sys.stderr.isatty()) as bar:
        while True:
            job = GenerationJob.objects.get(pk=job.pk)
            so_far = progress(job)
            bar.total = so_far.total
            bar.set_postfix(failed=so_far.failed, refresh=False)
            bar.update(so_far.done + so_far.failed - bar.n)
            if job.is_over or job.state == JobState.PAUSED:
                return job
            pause.wait(WATCH_SECONDS)


@contextmanager
def asking(job):
    """Plan the job and ask its models in a thread of this process, until the block is left."""
    stop, wrong = threading.Event(), []

    def work():
        try:
            while not stop.is_set() and GenerationJob.objects.under_way().filter(pk=job.pk).exists():
                planning.plan(job_id=job.pk)
                generating.bring_on()
                Engine(stop=stop).run()
        except Exception as error:
            wrong.append(error)
            generating.pause(job=job, reason=f"The command that asked has failed: {error}")
        finally:
            connection.close()

    thread = threading.Thread(target=work, name="asking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if wrong:
        raise wrong[0]


def _dollars(cost):
    return "" if cost is None else f", {cost:,.2f} dollars"
