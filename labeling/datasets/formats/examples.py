"""In which shapes do prompts with one good answer leave, to be imitated?"""

from labeling.datasets.reading.records import as_text

SMALLEST_OPENAI_FILE = 10  # lines, says its documentation


def trl(examples, left_out):
    """One example a line, as TRL's SFT trainer reads it: the loss is on the completion alone."""
    for example in examples:
        yield {
            "prompt": example.prompt,
            "completion": _said(example),
            "from": example.origin,
            "model": example.model or "",
            "prompt_id": example.prompt_id,
            "labeler": example.labeler or "",
            "cohort": example.cohort or "",
            "rating": example.rating,
            "split": example.split,
            "owner": example.owner,
            "meta": as_text(example.meta),
        }


def openai(examples, left_out):
    """One conversation a line, as OpenAI's chat fine-tuning reads it, which refuses any further key."""
    for example in examples:
        yield {"messages": [*example.prompt, *_said(example)]}


def _said(example):
    return [{"role": "assistant", "content": example.completion}]
