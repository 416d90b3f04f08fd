"""Does the client get on with a server that nobody here wrote? `transformers serve`, with a tiny model of the moment.

It needs an environment of its own with the dependency group `serve`, and is not a part of normal runs:

    UV_PROJECT_ENVIRONMENT=.serve uv sync --only-group serve
    SERVE_PYTHON=.serve/bin/python .venv/bin/python -m pytest tests/models_api/test_transformers_serve.py -m serve -rs
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from labeling.embedded.processes import free_port
from models_api.endpoint import Cause, EndpointError, Sampling
from models_api.openai_compatible import OpenAICompatible
from tests.celery_worker import until

PYTHON = os.environ.get("SERVE_PYTHON", "")
MAKE_MODEL = """
import sys
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

letters = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
bytewise = Tokenizer(models.BPE(vocab=letters | {"<s>": 256, "</s>": 257}, merges=[]))
bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
bytewise.decoder = decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=bytewise, bos_token="<s>", eos_token="</s>")
tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\\n{% endfor %}assistant: "
tokenizer.save_pretrained(sys.argv[1])
torch.manual_seed(0)
size = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4)
config = LlamaConfig(vocab_size=258, max_position_embeddings=512, bos_token_id=256, eos_token_id=257, **size)
LlamaForCausalLM(config).save_pretrained(sys.argv[1])
"""
HI = [{"role": "user", "content": "Hi"}]

pytestmark = [
    pytest.mark.serve,
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYTHON, reason="NOT RUN: SERVE_PYTHON names no Python with transformers[serving] and torch; see this file."
    ),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A model of 20,000 random weights and a server of it: base URL, model id."""
    folder = tmp_path_factory.mktemp("model")
    environ = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "cache")}
    subprocess.run([PYTHON, "-c", MAKE_MODEL, str(folder)], check=True, env=environ, capture_output=True)
    port = free_port()
    argv = [str(Path(PYTHON).with_name("transformers")), "serve", str(folder), "--port", str(port), "--device", "cpu"]
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(argv, env=environ, stdout=log, stderr=log, start_new_session=True)
    try:
        until(lambda: program.poll() is not None or answers(port), seconds=120)
        assert program.poll() is None, (folder / "log").read_text()
        yield f"http://localhost:{port}/v1", str(folder)
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def answers(port):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(f"http://localhost:{port}/health").status == 200


def ask(served, sampling, model=None, protocol="chat", times=1):
    async def road():
        url, name = served
        allowed = frozenset({url.removeprefix("http://").removesuffix("/v1")})
        client = OpenAICompatible(url, model or name, protocol=protocol, allowed=allowed)
        try:
            return await asyncio.gather(*(client.complete(HI, sampling) for _ in range(times)))
        finally:
            await client.aclose()

    return asyncio.run(road())


@pytest.mark.parametrize("protocol", ["chat", "completions"])
def test_it_answers_in_both_protocols_and_counts_its_tokens(served, protocol):
    sampling = Sampling(temperature=0.7, top_p=0.9, max_tokens=8, seed=1)
    said = ask(served, sampling, protocol=protocol, times=4)
    assert [one.completion_tokens for one in said] == [8] * 4
    assert all(one.text and one.prompt_tokens and one.finish_reason == "length" for one in said)


def test_the_text_ends_before_a_stop_word(served):
    (whole,) = ask(served, Sampling(temperature=0.0, max_tokens=8))
    (cut,) = ask(served, Sampling(temperature=0.0, max_tokens=8, stop=(whole.text[-1],)))
    assert (cut.text, cut.finish_reason) == (whole.text[: whole.text.index(whole.text[-1])], "stop")


def test_a_model_that_it_does_not_serve_and_a_field_that_it_does_not_know_are_rejected_for_good(served):
    for question in ({"sampling": Sampling(), "model": "somebody/else"}, {"sampling": Sampling(extra={"nonsense": 1})}):
        with pytest.raises(EndpointError) as caught:
            ask(served, **question)
        assert (caught.value.cause, caught.value.permanent) == (Cause.REJECTED, True)
