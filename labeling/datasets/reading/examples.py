"""What is there to imitate? Demonstrations, references, and responses that people rated highly."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import orjson

from labeling.datasets import choosing
from labeling.datasets.reading import judged
from labeling.datasets.reading.records import BATCH, NOTHING, Record, in_batches, prompts_of
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.few_shot import examples_of
from labeling.prompts.models import Origin, Prompt

BLANK = "demonstrations that are blank"
EMPTY_REFERENCES = "references that are empty"


@dataclass(slots=True)
class Example(Record):
    """One prompt and its completion. `origin` is demonstration, reference (a person's, from before) or response."""

    prompt_id: str
    prompt: list
    completion: str
    origin: str
    model: str | None
    labeler: str | None
    cohort: str | None
    rating: float | None
    owner: str
    meta: orjson.Fragment


def count(choice):
    before = (choosing.references(choice), choosing.few_shot(choice)) if choice.filters.get("references") else ()
    least = choice.filters.get("minimum_rating")
    rated = 0 if least is None else judged.number(choice, ">= %s", least)
    return choosing.demonstrations(choice).count() + sum(written.count() for written in before) + rated


def by_split(choice):
    """Only who reads them knows how many examples a few-shot prompt is."""
    return Counter(example.split for batch in batches(choice, Counter()) for example in batch)


def batches(choice, left_out):
    """Responses by id, then demonstrations by task and labeler, then references by prompt, then
    the pairs that few-shot prompts came with.

    Those with a rating come first, so that whoever guesses types from the beginning of a file sees that it is a number.
    """
    least = choice.filters.get("minimum_rating")
    if least is not None:
        for batch in judged.judged(choice, ">= %s", least, left_out):
            yield [_of_response(response) for response in batch]
    yield from _demonstrations(choice, left_out)
    if choice.filters.get("references"):
        left_out[EMPTY_REFERENCES] += choosing.references(choice, empty=True).count()
        yield from _references(choice)
        yield from _pairs(choice, left_out)


def _demonstrations(choice, left_out):
    heads = (
        choosing.demonstrations(choice)
        .order_by("assignment__task_id", "assignment__labeler__pseudonym_key")
        .values_list(
            "pk",
            "demonstration__text",
            "demonstration__prompt_type",
            "prompt_said",
            "owner_said",
            "split_said",
            "assignment__labeler__pseudonym_key",
            "assignment__cohort",
            "assignment__form_version_id",
            "assignment__instructions_version_id",
            named=True,
        )
    )
    named = cache(pseudonym)
    for batch in in_batches(heads.iterator(chunk_size=BATCH)):
        prompts: dict = prompts_of({head.prompt_said for head in batch})
        made = [list(_of_demonstration(head, named, *prompts[head.prompt_said])) for head in batch]
        left_out[BLANK] += sum(not examples for examples in made)
        yield [example for examples in made for example in examples]


def _of_demonstration(head, named, messages, meta):
    """An instruction with K pairs gives K examples, each with the other K - 1 in context, and one for its answer."""
    said = [(messages, head.demonstration__text)] if head.demonstration__text.strip() else []
    if head.demonstration__prompt_type == Origin.FEW_SHOT:
        said += _expanded(messages, meta)
    labeler = named(head.assignment__labeler__pseudonym_key)
    for prompt, completion in said:
        yield Example(
            split=head.split_said,
            labels=(head.pk,),
            labelers=(labeler,),
            forms=(head.assignment__form_version_id,),
            instructions=(head.assignment__instructions_version_id,),
            prompt_id=str(head.prompt_said),
            prompt=prompt,
            completion=completion,
            origin="demonstration",
            model=None,
            labeler=labeler,
            cohort=head.assignment__cohort or None,
            rating=None,
            owner=head.owner_said,
            meta=meta,
        )


def _references(choice):
    heads = (
        choosing.references(choice)
        .order_by("prompt_id", "sample", "pk")
        .values_list("prompt_id", "text", "prompt__owner__split", "prompt__owner__key_hash", named=True)
    )
    for batch in in_batches(heads.iterator(chunk_size=BATCH)):
        prompts = prompts_of({head.prompt_id for head in batch})
        yield [
            _of_reference(
                head.prompt_id, head.prompt__owner__split, head.prompt__owner__key_hash, prompt, head.text, meta
            )
            for head in batch
            for prompt, meta in [prompts[head.prompt_id]]
        ]


def _pairs(choice, left_out):
    """Of an imported prompt with K pairs they are K examples as well, each with the other K - 1 in context."""
    heads = choosing.few_shot(choice).order_by("pk").values_list("pk", "owner__split", "owner__key_hash")
    for batch in in_batches(heads.iterator(chunk_size=BATCH)):
        prompts = prompts_of({pk for pk, _split, _owner in batch})
        made = [
            _of_reference(pk, split, owner, prompt, response, meta)
            for pk, split, owner in batch
            for messages, meta in [prompts[pk]]
            for prompt, response in _expanded(messages, meta)
        ]
        said = [example for example in made if example.completion.strip()]
        left_out[EMPTY_REFERENCES] += len(made) - len(said)
        yield said


def _expanded(messages, meta):
    return examples_of(Prompt(messages=messages, meta=orjson.loads(orjson.dumps(meta))))


def _of_reference(prompt_id, split, owner, prompt, completion, meta):
    return Example(
        split=split,
        labels=(),
        labelers=(),
        forms=(),
        instructions=(),
        prompt_id=str(prompt_id),
        prompt=prompt,
        completion=completion,
        origin="reference",
        model=None,
        labeler=None,
        cohort=None,
        rating=None,
        owner=owner,
        meta=meta,
    )


def _of_response(response):
    return Example(
        split=response.split,
        labels=response.labels,
        labelers=response.labelers,
        forms=response.forms,
        instructions=response.instructions,
        prompt_id=response.prompt_id,
        prompt=response.prompt,
        completion=response.completion,
        origin="response" if response.model else "reference",
        model=response.model,
        labeler=None,
        cohort=None,
        rating=response.rating,
        owner=response.owner,
        meta=NOTHING,
    )
