import asyncio

import pytest

from models_api.endpoint import Cause, EndpointError, Sampling
from models_api.replay import Replay, Written

TALK = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Why?"},
]
ROWS = [
    {"prompt": "Why is the sky blue?", "responses": {"gpt": "Air.", "sft": "Because of the air."}, "tags": ["x"]},
    {"prompt": "Tell me a joke.", "responses": [{"model": "gpt", "text": "One"}, {"model": "gpt", "text": "Two"}]},
    {"prompt": TALK, "responses": {"gpt": "So."}},
    {"prompt": "Nobody asked"},
]


def said(model, messages, seed=None):
    completion = asyncio.run(Replay(Written(ROWS), model).complete(messages, Sampling(seed=seed)))
    return completion.text, completion.served_by, completion.finish_reason


def test_a_recorded_answer_is_given_again():
    assert said("sft", [{"role": "user", "content": "Why is the sky blue?"}]) == ("Because of the air.", "sft", "stop")
    assert said("gpt", TALK) == ("So.", "gpt", "stop")


def test_several_answers_are_given_in_turn_by_seed():
    joke = [{"role": "user", "content": "Tell me a joke."}]
    assert [said("gpt", joke, seed)[0] for seed in (None, 0, 1, 2, 7)] == ["One", "One", "Two", "One", "Two"]


@pytest.mark.parametrize(("model", "prompt"), [("gpt", "Why?"), ("nobody", "Tell me a joke."), ("gpt", "Nobody asked")])
def test_what_was_never_answered_is_rejected(model, prompt):
    with pytest.raises(EndpointError, match=f"^There is no recorded answer of {model} to this prompt.$") as caught:
        said(model, [{"role": "user", "content": prompt}])
    assert (caught.value.cause, caught.value.permanent) == (Cause.REJECTED, True)


def test_a_prompt_is_known_again_in_other_words_around_it():
    written = Written(ROWS)
    around = "Q: Tell me a joke.\nA: Ha.\n\nUser: Why is the sky blue?\n\nAssistant:"
    assert written.find("gpt", around) is None
    assert written.find_within("gpt", around) == "Air."
    assert written.find_within("gpt", "Why is the sky blue?") == "Air."
    assert written.find_within("gpt", "Why is the sky blue?s") is None


def test_a_file_is_read_line_by_line(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_bytes(
        b'{"prompt": "Hi", "responses": {"b": "1", "a": "2"}}\n\n{"prompt": "Ho", "responses": {"b": "3"}}\n'
    )
    written = Written.read(path)
    assert (written.models, written.find("b", "Ho")) == (["b", "a"], "3")
    path.write_text("no JSON\n")
    with pytest.raises(ValueError):
        Written.read(path)
