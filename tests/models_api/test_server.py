import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys

import orjson
import pytest

from models_api.endpoint import Cause, EndpointError, Sampling
from models_api.openai_compatible import OpenAICompatible
from models_api.rendering import Template
from models_api.scoring import RewardModel
from tests.celery_worker import until
from tests.model_server import Behaviour, model_server, running  # noqa: F401

HI = [{"role": "user", "content": "Hi"}]
ROWS = [{"prompt": "Why is the sky blue?", "responses": {"gpt": "Air.", "sft": "Because of the air."}}]
SKY = [{"role": "user", "content": "Why is the sky blue?"}]


def ask(server, model="gpt", messages=HI, sampling=Sampling(), times=1, **options):  # noqa: B008
    """Ask `times` times at once, and return the completions and errors."""

    async def road():
        client = OpenAICompatible(server.url, model, **({"allowed": frozenset({server.host})} | options))
        try:
            asked = [client.complete(messages, sampling) for _ in range(times)]
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await client.aclose()

    return asyncio.run(road())


def get(server, path, method="GET", body=None):
    connection = http.client.HTTPConnection(server.host)
    try:
        connection.request(method, path, body=body)
        response = connection.getresponse()
        return response.status, orjson.loads(response.read())
    finally:
        connection.close()


def test_written_answers_are_served_to_chats_and_to_dressed_up_completions():
    with running(answers=ROWS) as server:
        assert [one.text for one in ask(server, "sft", SKY)] == ["Because of the air."]
        template = Template(few_shot="Q: What is it?\nA: It.\n\n", turns="labelled", system="Be kind.")
        assert [one.text for one in ask(server, "gpt", SKY, protocol="completions", template=template)] == ["Air."]
        assert [one.text for one in ask(server, "gpt", SKY, template=template)] == ["Air."]
        assert get(server, "/v1/models")[1]["data"] == [
            {"id": "gpt", "object": "model", "owned_by": "attune"},
            {"id": "sft", "object": "model", "owned_by": "attune"},
        ]


def test_to_anything_else_it_says_that_it_is_no_model_in_words_of_its_own(model_server):  # noqa: F811
    said = ask(model_server, "gpt", HI)
    said += ask(model_server, "sft", HI)
    said += ask(model_server, "gpt", SKY)
    said += ask(model_server, "gpt", HI, Sampling(seed=1)) + ask(model_server, "gpt", HI, Sampling(seed=2))
    assert len({one.text for one in said}) == 5
    assert said[3].text.startswith("This is a stand-in and no model. “gpt” was asked, as sample 1: “Hi” (")
    assert (said[0].prompt_tokens, said[0].finish_reason, said[0].served_by) == (1, "stop", "gpt")


def test_it_counts_what_it_was_asked(model_server):  # noqa: F811
    model_server.behaviour.latency = 0.5
    ask(model_server, times=20, sampling=Sampling(seed=3))
    ask(model_server, "sft")
    seen = model_server.seen
    assert seen.asked == {("gpt", "Hi", 3): 20, ("sft", "Hi", None): 1}
    assert (seen.statuses, seen.in_flight, seen.most_in_flight) == ({200: 21}, 0, 20)
    assert get(model_server, "/stats")[1] == {
        "requests": 21,
        "distinct": 2,
        "most_of_one": 20,
        "in_flight": 0,
        "most_in_flight": 20,
        "statuses": {"200": 21},
    }


@pytest.mark.parametrize(
    ("fault", "cause", "permanent"),
    [
        ("fail", Cause.SERVER, False),
        ("throttle", Cause.THROTTLED, False),
        ("truncate", Cause.MALFORMED, False),
        ("mistype", Cause.MALFORMED, False),
        ("flood", Cause.TOO_LARGE, True),
        ("hang_up", Cause.UNREACHABLE, False),
        ("drip", Cause.TIMEOUT, False),
    ],
)
def test_every_way_of_misbehaving_is_told_apart_by_the_client(model_server, fault, cause, permanent):  # noqa: F811
    setattr(model_server.behaviour, fault, 1.0)
    (error,) = ask(model_server, timeout=0.5 if fault == "drip" else 30)
    assert isinstance(error, EndpointError), error
    assert (error.cause, error.permanent) == (cause, permanent)
    setattr(model_server.behaviour, fault, 0.0)
    assert ask(model_server)[0].finish_reason == "stop"


def test_shares_of_faults_fall_on_a_share_of_requests(model_server):  # noqa: F811
    model_server.behaviour.fail, model_server.behaviour.throttle = 0.3, 0.3
    said = ask(model_server, times=300)
    statuses = model_server.seen.statuses
    assert statuses.total() == 300
    assert all(40 < statuses[status] < 160 for status in (200, 429, 500)), statuses
    assert {one.retry_after for one in said if getattr(one, "cause", "") == Cause.THROTTLED} == {1.0}


def test_more_at_a_time_than_it_bears_get_429(model_server):  # noqa: F811
    model_server.behaviour.max_concurrent, model_server.behaviour.latency = 3, 0.5
    said = ask(model_server, times=10)
    assert model_server.seen.statuses == {200: 3, 429: 7}
    assert [one.cause for one in said if isinstance(one, EndpointError)] == [Cause.THROTTLED] * 7


def test_without_the_key_nobody_is_served_and_the_error_does_not_show_the_wrong_one(model_server):  # noqa: F811
    model_server.behaviour.key = "right"
    (error,) = ask(model_server, key="wrong-one")
    assert (error.cause, error.permanent, "wrong-one" in str(error)) == (Cause.REFUSED, True, False)
    assert ask(model_server, key="right")[0].finish_reason == "stop"
    assert ask(model_server, key="right", key_header="api-key")[0].finish_reason == "stop"


def test_it_scores_by_length_and_nothing_else(model_server):  # noqa: F811
    async def road():
        scorer = RewardModel(model_server.root, "rm", allowed=frozenset({model_server.host}))
        try:
            return [await scorer.score(HI, "word " * length) for length in (0, 1, 100)]
        finally:
            await scorer.aclose()

    assert asyncio.run(road()) == [0.0, 0.01, 0.761594]


def test_it_streams_when_asked_to(model_server):  # noqa: F811
    whole = ask(model_server)[0].text
    for path, question in (("chat/completions", {"messages": HI}), ("completions", {"prompt": "Hi"})):
        connection = http.client.HTTPConnection(model_server.host)
        connection.request("POST", f"/v1/{path}", body=orjson.dumps({"model": "gpt", "stream": True} | question))
        response = connection.getresponse()
        events = [line[6:] for line in response.read().split(b"\n\n") if line]
        connection.close()
        assert (response.headers["content-type"], events[-1]) == ("text/event-stream", b"[DONE]")
        choices = [choice for event in events[:-1] for choice in orjson.loads(event)["choices"]]
        assert "".join(one.get("text") or one.get("delta", {}).get("content", "") for one in choices) == whole


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/health", None, 200),
        ("GET", "/", None, 404),
        ("GET", "/v1/chat/completions", None, 404),
        ("POST", "/v1/chat/completions", b"{", 400),
        ("POST", "/v1/chat/completions", b"[]", 400),
        ("POST", "/v1/chat/completions", b'{"model": "gpt"}', 400),
        ("POST", "/v1/chat/completions", b'{"model": "gpt", "messages": [1]}', 400),
        ("POST", "/v1/completions", b'{"prompt": "Hi"}', 400),
        ("POST", "/score", b'{"model": "rm", "messages": []}', 400),
    ],
)
def test_a_question_that_is_none_gets_a_status_and_a_sentence(model_server, method, path, body, status):  # noqa: F811
    assert get(model_server, path, method, body)[0] == status


def test_the_command_serves_a_file_on_an_inherited_socket(tmp_path):
    answers = tmp_path / "answers.jsonl"
    answers.write_bytes(b"\n".join(orjson.dumps(row) for row in ROWS))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        argv = ["--answers", str(answers), "--fd", str(listening.fileno()), "--latency", "0.01", "--hang-up", "0"]
        program = subprocess.Popen(
            [sys.executable, "-m", "models_api.server", *argv],
            pass_fds=[listening.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        host = f"127.0.0.1:{listening.getsockname()[1]}"
    try:
        url = f"http://{host}/v1"
        assert ask(type("Server", (), {"url": url, "host": host}), "gpt", SKY)[0].text == "Air."
    finally:
        os.kill(program.pid, signal.SIGTERM)
        until(lambda: program.poll() is not None)
    assert program.stdout.read() == b""


def test_a_behaviour_given_at_the_start_counts_from_the_first_request():
    with running(Behaviour(fail=1.0)) as server:
        assert ask(server)[0].cause == Cause.SERVER
