"""How does a conversation become what a model reads? Messages for chat models, one text for completion models.

"GPT prompted" of Ouyang et al. (2022) is a completion model whose prompt follows a few examples: that is `few_shot`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from models_api.endpoint import Message

Turns = Literal["plain", "labelled", "chatml", "alpaca"]
TURNS: tuple[Turns, ...] = ("plain", "labelled", "chatml", "alpaca")


@dataclass(frozen=True, slots=True)
class Template:
    """What is put around a prompt, as it is: no blank and no line is added to `few_shot` or `suffix`, or taken away.

    `system` is the first thing that the model is told; where the prompt begins with a system message of its own, that
    follows after a blank line. `few_shot` comes before the first user turn, `suffix` ends the last one. `turns` is
    how a conversation is written down for a completion model; chat models are not concerned.
    """

    system: str = ""
    few_shot: str = ""
    suffix: str = ""
    turns: Turns = "plain"

    def __post_init__(self) -> None:
        if self.turns not in TURNS:
            raise ValueError(f"Turns are written {', '.join(TURNS)}, not “{self.turns}”.")

    def as_chat(self, messages: Sequence[Message]) -> list[Message]:
        """Return the messages for a chat model.

        >>> Template(system="Be kind.", few_shot="Q: 1+1? A: 2\\n").as_chat([{"role": "user", "content": "Q: 2+2?"}])
        [{'role': 'system', 'content': 'Be kind.'}, {'role': 'user', 'content': 'Q: 1+1? A: 2\\nQ: 2+2?'}]
        """
        return self._with_system(_around(messages, self.few_shot, self.suffix))

    def as_text(self, messages: Sequence[Message]) -> str:
        """Return the text for a completion model. One user turn, written plainly, is exactly its words.

        >>> Template().as_text([{"role": "user", "content": "Once upon a time"}])
        'Once upon a time'
        >>> Template(few_shot="Be brief.\\n\\n", turns="labelled").as_text([{"role": "user", "content": "Hi"}])
        'Be brief.\\n\\nUser: Hi\\n\\nAssistant:'
        """
        if self.turns == "chatml":
            return _chatml(self.as_chat(messages))  # its turns are marked off, so the examples belong inside one
        system, rest = _parted(self._with_system(_around(messages, "", self.suffix)))
        written = {"plain": _plain, "labelled": _labelled, "alpaca": _alpaca}[self.turns](rest)
        return (f"{system}\n\n" if system else "") + self.few_shot + written

    def _with_system(self, messages: list[Message]) -> list[Message]:
        own, rest = _parted(messages)
        system = "\n\n".join(text for text in (self.system, own) if text)
        return [Message(role="system", content=system), *rest] if system else rest


def _parted(messages: list[Message]) -> tuple[str, list[Message]]:
    if messages and messages[0]["role"] == "system":
        return messages[0]["content"], messages[1:]
    return "", messages


def _around(messages: Sequence[Message], before: str, after: str) -> list[Message]:
    """Put `before` before the first user turn's words, and `after` after the last one's."""
    turns = [Message(role=message["role"], content=message["content"]) for message in messages]
    asked = [turn for turn in turns if turn["role"] == "user"]
    if asked:
        asked[0]["content"] = before + asked[0]["content"]
        asked[-1]["content"] += after
    return turns


# A conversation that ends with the assistant's own words is left open there, for the model to go on.


def _plain(messages: Sequence[Message]) -> str:
    return "\n\n".join(message["content"] for message in messages)


def _labelled(messages: Sequence[Message]) -> str:
    turns = [f"{message['role'].capitalize()}: {message['content']}" for message in messages]
    return "\n\n".join(turns if _is_open(messages) else [*turns, "Assistant:"])


def _alpaca(messages: Sequence[Message]) -> str:
    names = {"user": "Instruction", "assistant": "Response"}
    turns = [f"### {names.get(m['role'], m['role'].capitalize())}:\n{m['content']}" for m in messages]
    return "\n\n".join(turns if _is_open(messages) else [*turns, "### Response:\n"])


def _chatml(messages: Sequence[Message]) -> str:
    text = "".join(f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)
    return text.removesuffix("<|im_end|>\n") if _is_open(messages) else text + "<|im_start|>assistant\n"


def _is_open(messages: Sequence[Message]) -> bool:
    return bool(messages) and messages[-1]["role"] == "assistant"
