"""In which shapes do labels leave? One generator per format, from what was read to lines, in one dict.

A generator gets records of its kind (`labeling.datasets.reading`) and a Counter for what it leaves out, by reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from labeling.datasets.formats import comparisons, examples, prompts, ratings, raw, unpaired


@dataclass(frozen=True)
class Format:
    """`lines` makes them; `texts` returns (the prompt's texts, the completions' texts) of one, for their lengths."""

    lines: Callable[..., Any]
    texts: Callable[[Any], tuple[list[str], list[str]]]
    description: Any


def _contents(messages):
    return [turn["content"] for turn in messages]


def _of_grouped(line):
    return _contents(line["prompt"]), [text for said in line["completions"] for text in _contents(said)]


def _of_pair(line):
    return _contents(line["prompt"]), _contents([*line["chosen"], *line["rejected"]])


def _of_preference(line):
    return _contents(line["input"]["messages"]), _contents([*line["preferred_output"], *line["non_preferred_output"]])


def _of_transcripts(line):
    """The prompt is what both begin with; it is measured with each side, as a trainer reads it."""
    return [], [line["chosen"], line["rejected"]]


def _of_two_answers(line):
    return [line[0]["question"]["full_text"]], [answer["answer"] for answer in line]


def _of_completion(line):
    return _contents(line["prompt"]), _contents(line["completion"])


def _of_conversation(line):
    return _contents(line["messages"][:-1]), _contents(line["messages"][-1:])


def _of_prompt(line):
    return _contents(line["prompt"]), []


def _of_rating(line):
    return _contents(line["prompt"]), [line["response"]["text"]]


def _of_helpsteer(line):
    return [line["prompt"]], [line["response"]]


def _of_raw(line):
    written = [line["demonstration"]["text"]] if line["demonstration"] else []
    return _contents(line["prompt_messages"]), [slot["text"] for slot in line["slots"]] + written


FORMATS = {
    ("sft", "trl"): Format(
        examples.trl, _of_completion, _("trl: one prompt with its completion a line, for TRL's SFT trainer")
    ),
    ("sft", "openai"): Format(
        examples.openai, _of_conversation, _("openai: one conversation a line, for chat fine-tuning")
    ),
    ("comparisons", "grouped"): Format(
        comparisons.grouped, _of_grouped, _("grouped: one ranking a line, with all its responses and pairs")
    ),
    ("comparisons", "trl"): Format(
        comparisons.trl, _of_pair, _("trl: one pair a line, for TRL's reward and DPO trainers")
    ),
    ("comparisons", "openai"): Format(
        comparisons.openai, _of_preference, _("openai: one pair a line, for preference fine-tuning")
    ),
    ("comparisons", "hh"): Format(
        comparisons.hh, _of_transcripts, _("hh: one pair of transcripts a line, like Anthropic's HH")
    ),
    ("comparisons", "webgpt"): Format(
        comparisons.webgpt, _of_two_answers, _("webgpt: two answers with scores a line, ties too")
    ),
    ("unpaired", "trl"): Format(
        unpaired.trl, _of_completion, _("trl: one response, good or bad, a line, for TRL's KTO trainer")
    ),
    ("prompts", "trl"): Format(prompts.trl, _of_prompt, _("trl: one prompt a line, for reinforcement learning")),
    ("ratings", "native"): Format(
        ratings.native, _of_rating, _("native: one response as one labeler judged it a line, with every answer")
    ),
    ("ratings", "helpsteer"): Format(
        ratings.helpsteer, _of_helpsteer, _("helpsteer: the same with HelpSteer2's attributes from 0 to 4")
    ),
    ("raw", "native"): Format(raw.native, _of_raw, _("native: every revision of every label, exactly as given")),
}
