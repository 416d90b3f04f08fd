"""What does every record of a dataset know? Where it stands, and which labels it rests on."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import orjson
from django.db import connection
from django.db.models import Count

# So many records are read at once. Larger batches were no faster.
BATCH = 200

# JSON that came in is given back as PostgreSQL writes it: no number passes through a float on the way.
as_it_is = orjson.Fragment
NOTHING = as_it_is("{}")


def as_text(fragment):
    """Return JSON that came in as a text, for columns that must not change their type from line to line."""
    return orjson.dumps(fragment).decode()


@dataclass(slots=True)
class Record:
    """What the files, the manifest and the locks ask of every record; ids of labels, forms and instructions.

    Every kind has a `prompt_id` besides, as a text.
    """

    split: str
    labels: Iterable[int]
    labelers: Iterable[str]
    forms: Iterable[int]
    instructions: Iterable[int]

    @property
    def side(self):
        """Good (True) or bad (False), where a record is one of the two."""
        return None


# What a label's record is made of, besides what was said.
HEAD = (
    "pk",
    "seconds",
    "assignment_id",
    "assignment__task_id",
    "assignment__task__prompt_id",
    "assignment__prompt_tags",
    "assignment__task__prompt__owner__key_hash",
    "assignment__task__prompt__owner__split",
    "assignment__task__prompt__source__name",
    "assignment__project__kind",
    "assignment__labeler__pseudonym_key",
    "assignment__cohort",
    "assignment__form_version_id",
    "assignment__form_version__number",
    "assignment__instructions_version_id",
    "assignment__instructions_version__number",
)


@dataclass(slots=True)
class OfOneLabel(Record):
    """A record that is one label of a given prompt."""

    id: str
    task: str
    prompt_id: str
    prompt: list
    meta: orjson.Fragment
    source: str
    owner: str
    labeler: str
    cohort: str | None
    form_version: int
    instructions_version: int
    seconds: int

    @classmethod
    def of(cls, head, prompt, named, **said):
        """`head` is a row of HEAD, `prompt` what `prompts_of` says, and `named` what turns keys into pseudonyms."""
        messages, meta = prompt
        labeler = named(head.assignment__labeler__pseudonym_key)
        return cls(
            split=head.assignment__task__prompt__owner__split,
            labels=(head.pk,),
            labelers=(labeler,),
            forms=(head.assignment__form_version_id,),
            instructions=(head.assignment__instructions_version_id,),
            id=str(head.assignment_id),
            task=str(head.assignment__task_id),
            prompt_id=str(head.assignment__task__prompt_id),
            prompt=messages,
            meta=meta,
            source=head.assignment__task__prompt__source__name,
            owner=head.assignment__task__prompt__owner__key_hash,
            labeler=labeler,
            cohort=head.assignment__cohort or None,
            form_version=head.assignment__form_version__number,
            instructions_version=head.assignment__instructions_version__number,
            seconds=head.seconds,
            **said,
        )


def records_by(rows, column):
    """Return {value of the column: how many rows have it} of a queryset."""
    return dict(rows.order_by().values_list(column).annotate(n=Count("pk")))


def in_batches(records):
    """Yield lists of up to BATCH of an iterable."""
    records = iter(records)
    while batch := list(islice(records, BATCH)):
        yield batch


def prompts_of(ids):
    """Return {id: (messages, meta)}"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, messages::text, meta::text FROM prompts_prompt WHERE id = ANY(%s)", [list(ids)])
        return {id: (orjson.loads(messages), as_it_is(meta)) for id, messages, meta in cursor}


def rows_of(sql, params):
    """Yield the rows of a query from a server-side cursor: the millionth costs no more memory than the first."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(BATCH):
            yield from rows
