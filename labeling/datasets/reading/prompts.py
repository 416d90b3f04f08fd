"""Which prompts are there by themselves?"""

from dataclasses import dataclass

import orjson

from labeling.datasets import choosing
from labeling.datasets.reading.records import BATCH, Record, in_batches, prompts_of, records_by


@dataclass(slots=True)
class Prompt(Record):
    prompt_id: str
    prompt: list
    source: str
    use_case: str | None
    tags: list
    language: str | None
    owner: str
    meta: orjson.Fragment


def count(choice):
    return choosing.prompts(choice).count()


def by_split(choice):
    return records_by(choosing.prompts(choice), "owner__split")


def batches(choice, left_out):
    """In the order in which they came in."""
    heads = (
        choosing.prompts(choice)
        .order_by("pk")
        .values_list(
            "pk", "source__name", "use_case", "tags", "language", "owner__split", "owner__key_hash", named=True
        )
    )
    for batch in in_batches(heads.iterator(chunk_size=BATCH)):
        texts = prompts_of([head.pk for head in batch])
        yield [_prompt(head, *texts[head.pk]) for head in batch]


def _prompt(head, messages, meta):
    return Prompt(
        split=head.owner__split,
        labels=(),
        labelers=(),
        forms=(),
        instructions=(),
        prompt_id=str(head.pk),
        prompt=messages,
        source=head.source__name,
        use_case=head.use_case or None,
        tags=head.tags,
        language=head.language or None,
        owner=head.owner__key_hash,
        meta=meta,
    )
