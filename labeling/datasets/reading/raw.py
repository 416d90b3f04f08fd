"""What was said, to the letter? Every revision of every label."""

from dataclasses import dataclass
from typing import Any

from labeling.datasets import choosing
from labeling.datasets.reading.records import Record, in_batches, prompts_of
from labeling.labels.lines import line, whole
from labeling.work.models import Slot


@dataclass(slots=True)
class Raw(Record):
    line: dict[str, Any]


SLOTS = Slot.objects.select_related("candidate__response__endpoint").defer(
    "candidate__response__sampling", "candidate__response__meta"
)


def count(choice):
    return choosing.labels(choice).count()


def batches(choice):
    """In the order in which they were made."""
    labels = whole(choosing.labels(choice), slots=SLOTS).order_by("pk")
    for batch in in_batches(labels.iterator(chunk_size=200)):
        prompts = prompts_of({label.prompt_said for label in batch})
        yield [_raw(label, prompts) for label in batch]


def _raw(label, prompts):
    assignment = label.assignment
    said = line(label)
    texts = {slot.letter: slot.candidate.response.text for slot in assignment.slots.all()}
    messages, meta = prompts[label.prompt_said]
    said |= {
        "prompt_messages": messages,
        "slots": [slot | {"text": texts[slot["slot"]]} for slot in said["slots"]],
        "is_standing": label.superseded_at is None,
        "superseded_at": label.superseded_at,
        "split": label.split_said,
        "owner": label.owner_said,
        "meta": meta,
    }
    return Raw(
        split=label.split_said,
        labels=(label.pk,),
        labelers=(said["labeler"],),
        forms=(assignment.form_version_id,),
        instructions=(assignment.instructions_version_id,),
        line=said,
    )
