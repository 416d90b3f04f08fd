import doctest

import pytest

from models_api import answers, blame, guard, rendering, replay, stand_in
from models_api.rendering import Template

ONE = [{"role": "user", "content": "Hi"}]
TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Why?"},
]
OPEN = [*ONE, {"role": "assistant", "content": "He"}]


@pytest.mark.parametrize("module", [answers, blame, guard, rendering, replay, stand_in])
def test_the_examples_in_the_docstrings_hold(module):
    results = doctest.testmod(module)
    assert (results.failed, results.attempted > 0) == (0, True)


@pytest.mark.parametrize(
    ("turns", "messages", "text"),
    [
        ("plain", ONE, "Hi"),
        ("plain", TALK, "Be kind.\n\nHi\n\nHello.\n\nWhy?"),
        ("plain", OPEN, "Hi\n\nHe"),
        ("labelled", ONE, "User: Hi\n\nAssistant:"),
        ("labelled", TALK, "Be kind.\n\nUser: Hi\n\nAssistant: Hello.\n\nUser: Why?\n\nAssistant:"),
        ("labelled", OPEN, "User: Hi\n\nAssistant: He"),
        ("chatml", ONE, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"),
        (
            "chatml",
            TALK,
            "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello."
            "<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n",
        ),
        ("chatml", OPEN, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHe"),
        ("alpaca", ONE, "### Instruction:\nHi\n\n### Response:\n"),
        (
            "alpaca",
            TALK,
            "Be kind.\n\n### Instruction:\nHi\n\n### Response:\nHello.\n\n### Instruction:\nWhy?\n\n### Response:\n",
        ),
        ("alpaca", OPEN, "### Instruction:\nHi\n\n### Response:\nHe"),
        ("plain", [], ""),
    ],
)
def test_a_conversation_is_written_down_for_a_completion_model(turns, messages, text):
    assert Template(turns=turns).as_text(messages) == text


@pytest.mark.parametrize(
    ("turns", "text"),
    [
        ("plain", "Answer.\n\nQ: 1\nA: 2\n\nHi\nA:"),
        ("labelled", "Answer.\n\nQ: 1\nA: 2\n\nUser: Hi\nA:\n\nAssistant:"),
        ("alpaca", "Answer.\n\nQ: 1\nA: 2\n\n### Instruction:\nHi\nA:\n\n### Response:\n"),
        (
            "chatml",
            "<|im_start|>system\nAnswer.<|im_end|>\n<|im_start|>user\nQ: 1\nA: 2\n\nHi\nA:<|im_end|>\n"
            "<|im_start|>assistant\n",
        ),
    ],
)
def test_what_is_put_around_a_prompt_stands_where_it_belongs(turns, text):
    assert Template(system="Answer.", few_shot="Q: 1\nA: 2\n\n", suffix="\nA:", turns=turns).as_text(ONE) == text


def test_a_chat_begins_with_one_system_message_and_its_examples_precede_the_first_user_turn():
    template = Template(system="Answer.", few_shot="Q: 1\nA: 2\n\n", suffix="\nA:")
    assert template.as_chat(TALK) == [
        {"role": "system", "content": "Answer.\n\nBe kind."},
        {"role": "user", "content": "Q: 1\nA: 2\n\nHi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Why?\nA:"},
    ]
    assert template.as_chat(ONE) == [
        {"role": "system", "content": "Answer."},
        {"role": "user", "content": "Q: 1\nA: 2\n\nHi\nA:"},
    ]


def test_a_prompt_is_left_as_it_was():
    before = [dict(turn) for turn in TALK]
    template = Template(system="S", few_shot="F", suffix="X")
    template.as_chat(TALK)
    template.as_text(TALK)
    assert before == TALK
    assert Template().as_chat(TALK) == TALK


def test_turns_that_nobody_writes_are_refused():
    with pytest.raises(ValueError, match="^Turns are written plain, labelled, chatml, alpaca, not “vicuna”.$"):
        Template(turns="vicuna")
