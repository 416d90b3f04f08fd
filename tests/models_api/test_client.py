import asyncio
import time
from email.utils import formatdate

import orjson
import pytest

from models_api.endpoint import Cause, EndpointError, Sampling
from models_api.openai_compatible import OpenAICompatible
from models_api.rendering import Template
from tests.models_api.raw import answer, ask, end_of_patience, failing, says, serving

KEY = "sk-abcdefghijklmnop"


def kind(error):
    return error.cause, error.permanent


def test_a_chat_is_asked_with_all_that_was_sampled_and_one_answer_comes_back():
    whole = says("Hello.", finish_reason="stop") | {
        "model": "m-1",
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
    sampling = Sampling(temperature=0.7, top_p=0.9, max_tokens=16, stop=("\n",), seed=1, extra={"top_k": 5, "n": 8})
    said, raw = ask(answer(whole), sampling=sampling, template=Template(system="Be kind."))
    assert raw.bodies == [
        {
            "model": "m",
            "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
            "stream": False,
            "temperature": 0.7,
            "top_p": 0.9,
            "max_tokens": 16,
            "stop": ["\n"],
            "seed": 1,
            "top_k": 5,
        }
    ]
    assert (said.text, said.finish_reason, said.prompt_tokens, said.completion_tokens) == ("Hello.", "stop", 3, 2)
    assert (said.served_by, said.reasoning, said.seconds > 0) == ("m-1", "", True)


def test_a_completion_model_reads_one_text():
    said, raw = ask(
        answer({"choices": [{"text": " there", "finish_reason": "length"}]}),
        protocol="completions",
        template=Template(few_shot="Q: 1+1?\nA: 2\n\n", turns="labelled"),
    )
    assert raw.bodies == [
        {"model": "m", "prompt": "Q: 1+1?\nA: 2\n\nUser: Hi\n\nAssistant:", "stream": False},
    ]
    assert (said.text, said.finish_reason, said.prompt_tokens) == (" there", "length", None)


def test_what_was_not_sampled_is_left_to_the_server():
    assert ask(answer(says("x")))[1].bodies[0].keys() == {"model", "messages", "stream"}


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": None}, "", ""),
        ({"content": "4", "reasoning_content": "2+2"}, "4", "2+2"),
        ({"content": "4", "reasoning": "2+2"}, "4", "2+2"),
        ({"content": "<think>\n2+2\n</think>\n\n4"}, "4", "2+2"),
        ({"content": "2+2\n</think>\n4"}, "4", "2+2"),
        ({"content": "<think>2+2, that is"}, "", "2+2, that is"),
        ({"content": [{"type": "text", "text": "4"}, {"type": "image_url"}, {"type": "text", "text": "!"}]}, "4!", ""),
        ({"content": None, "refusal": "I cannot."}, "I cannot.", ""),
    ],
)
def test_only_the_answer_is_the_text(message, text, reasoning):
    said, _ = ask(answer({"choices": [{"message": message, "finish_reason": None}]}))
    assert (said.text, said.reasoning, said.finish_reason) == (text, reasoning, "")


def test_the_text_ends_before_the_first_stop_whatever_the_server_did():
    said, raw = ask(
        answer(says("One, two. Three", finish_reason="length")), sampling=Sampling(stop=(".", ",", "a", "b", "c"))
    )
    assert (said.text, said.finish_reason, raw.bodies[0]["stop"]) == ("One", "stop", [".", ",", "a", "b"])


def test_a_server_that_rejects_stop_is_asked_again_without_and_the_text_is_cut_here():
    no = answer({"error": {"message": "Unsupported parameter: 'stop' is not supported with this model."}}, 400)
    said, raw = ask(no, answer(says("One. Two")), sampling=Sampling(stop=(".",)), times=2)
    assert (said.text, ["stop" in body for body in raw.bodies]) == ("One", [True, False, False])


def test_max_tokens_becomes_max_completion_tokens_when_the_server_asks_for_it_and_stays():
    no = answer({"error": {"message": "Use 'max_completion_tokens' instead of 'max_tokens'."}}, 400)
    _, raw = ask(no, answer(says("x")), sampling=Sampling(max_tokens=5), times=2)
    assert [sorted(body.keys() & {"max_tokens", "max_completion_tokens"}) for body in raw.bodies] == [
        ["max_tokens"],
        ["max_completion_tokens"],
        ["max_completion_tokens"],
    ]


def test_a_server_that_names_it_again_and_again_is_not_asked_for_ever():
    no = answer({"error": {"message": "max_completion_tokens and stop are not known here."}}, 400)
    error = failing(no, sampling=Sampling(max_tokens=5, stop=(".",)))
    assert kind(error) == (Cause.REJECTED, True)


def test_what_is_streamed_all_the_same_is_put_together():
    deltas = [{"role": "assistant", "content": ""}, {"reasoning_content": "Hm"}, {"content": "Hel"}, {"content": "lo."}]
    events = [{"model": "m-1", "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    events += [{"choices": [{"delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": {"prompt_tokens": 1}}]
    stream = b": hello\r\n\r\n" + b"".join(b"data: " + orjson.dumps(event) + b"\r\n\r\n" for event in events)
    said, _ = ask(answer(stream + b"data: [DONE]\n\n"))
    assert (said.text, said.reasoning, said.finish_reason, said.served_by) == ("Hello.", "Hm", "stop", "m-1")
    assert (said.prompt_tokens, said.completion_tokens) == (1, None)


def test_a_stream_that_breaks_off_is_no_answer_and_one_that_ends_in_an_error_is_that_error():
    begun = b'data: {"choices": [{"delta": {"content": "Hel"}}]}\n\n'
    assert kind(failing(answer(begun))) == (Cause.MALFORMED, False)
    error = failing(answer(begun + b'data: {"error": {"message": "Out of memory", "code": 500}}\n\n'))
    assert (kind(error), "Out of memory" in str(error)) == ((Cause.SERVER, False), True)


@pytest.mark.parametrize(
    ("status", "cause", "permanent"),
    [
        (301, Cause.REFUSED, True),
        (307, Cause.REFUSED, True),
        (400, Cause.REJECTED, True),
        (401, Cause.REFUSED, True),
        (403, Cause.REFUSED, True),
        (404, Cause.REFUSED, True),
        (408, Cause.SERVER, False),
        (409, Cause.SERVER, False),
        (413, Cause.REJECTED, True),
        (422, Cause.REJECTED, True),
        (425, Cause.SERVER, False),
        (429, Cause.THROTTLED, False),
        (500, Cause.SERVER, False),
        (503, Cause.SERVER, False),
        (599, Cause.SERVER, False),
    ],
)
def test_each_status_has_its_cause(status, cause, permanent):
    error = failing(answer({"error": {"message": "So it is."}}, status))
    assert (kind(error), error.retry_after) == ((cause, permanent), None)
    assert str(error).endswith(": So it is.")


def test_a_redirect_says_that_it_is_not_followed():
    error = failing(answer({}, 302, "location: http://169.254.169.254/\r\n"))
    assert str(error).endswith("answered 302, a redirect to http://169.254.169.254/; redirects are not followed.")


def test_both_forms_of_retry_after_become_seconds():
    error = failing(answer({}, 429, "retry-after: 7\r\n"))
    assert (kind(error), error.retry_after) == ((Cause.THROTTLED, False), 7.0)
    error = failing(answer({}, 503, f"retry-after: {formatdate(time.time() + 100, usegmt=True)}\r\n"))
    assert (kind(error), 0 < error.retry_after <= 100) == ((Cause.THROTTLED, False), True)
    assert failing(answer({}, 429, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n")).retry_after == 0.0
    assert failing(answer({}, 429, "retry-after: soon\r\n")).retry_after is None


def test_no_money_left_is_not_a_matter_of_waiting():
    error = failing(answer({"error": {"message": "Quota.", "code": "insufficient_quota"}}, 429))
    assert kind(error) == (Cause.REFUSED, True)


def test_an_error_inside_an_answer_that_says_200_is_an_error():
    assert kind(failing(answer({"error": {"message": "Busy", "code": 429}}))) == (Cause.THROTTLED, False)
    assert kind(failing(answer({"object": "error", "message": "No.", "code": 400}))) == (Cause.REJECTED, True)
    assert kind(failing(answer({"error": "Something"}))) == (Cause.SERVER, False)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"choices": []},
        {"choices": None},
        {"choices": ["x"]},
        {"choices": [{"message": None}]},
        [],
        "text",
        b"<html>Welcome</html>",
        b'{"choices": [{"message": {"content": "Hel',
        b"",
        b"\xff\xfe",
    ],
)
def test_an_answer_that_is_none_is_malformed_and_may_pass(document):
    assert kind(failing(answer(document))) == (Cause.MALFORMED, False)


def test_a_wrong_content_type_does_not_matter_where_the_body_is_right():
    assert ask(answer(orjson.dumps(says("Yes"))))[0].text == "Yes"


async def _hang_up(writer):
    writer.close()


async def _hang_up_in_the_middle(writer):
    writer.write(answer(says("Hello"))[:-5])
    await writer.drain()


async def _talk_nonsense(writer):
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    await writer.drain()


async def _ten_megabytes(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(10 * 16):
        writer.write(b"x" * 2**16)
        await writer.drain()


async def _drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


def test_a_connection_closed_before_the_answer_is_unreachable_and_within_it_malformed():
    assert kind(failing(_hang_up)) == (Cause.UNREACHABLE, False)
    assert kind(failing(_hang_up_in_the_middle)) == (Cause.MALFORMED, False)


def test_a_server_that_speaks_no_http_is_malformed():
    assert kind(failing(_talk_nonsense)) == (Cause.MALFORMED, False)


def test_an_answer_of_ten_megabytes_is_not_taken_whether_announced_or_not():
    assert kind(failing(_ten_megabytes)) == (Cause.TOO_LARGE, True)
    assert kind(failing(answer(b"x" * 10 * 2**20))) == (Cause.TOO_LARGE, True)
    assert kind(failing(answer(says("Hello")), max_bytes=10)) == (Cause.TOO_LARGE, True)


def test_a_slow_drip_and_silence_end_with_the_time_allowed():
    assert kind(failing(_drip, timeout=0.2)) == (Cause.TIMEOUT, False)
    assert kind(failing(end_of_patience, timeout=0.1)) == (Cause.TIMEOUT, False)


def test_a_refused_connection_and_an_unknown_name_are_unreachable():
    async def road(url, allowed):
        client = OpenAICompatible(url, "m", allowed=frozenset({allowed}))
        await client.complete([{"role": "user", "content": "Hi"}], Sampling())

    async def closed():
        async with serving(b"") as raw:
            pass
        await road(raw.url, *raw.allowed)

    with pytest.raises(EndpointError) as caught:
        asyncio.run(closed())
    assert kind(caught.value) == (Cause.UNREACHABLE, False)
    with pytest.raises(EndpointError) as caught:
        asyncio.run(road("http://nowhere.invalid/v1", "nowhere.invalid:80"))
    assert (kind(caught.value), str(caught.value)) == (
        (Cause.UNREACHABLE, False),
        "The name nowhere.invalid is not found.",
    )


def test_the_key_is_sent_as_the_server_wants_it_and_shown_to_nobody():
    _, raw = ask(answer(says("x")), key=KEY)
    assert f"authorization: bearer {KEY}\r\n" in raw.heads[0]
    _, raw = ask(answer(says("x")), key=KEY, key_header="api-key")
    assert f"api-key: {KEY}\r\n" in raw.heads[0]
    client = OpenAICompatible(f"https://models.example/v1?key={KEY}", "m", key=KEY)
    assert repr(client) == "OpenAICompatible(<https://models.example:443/v1>, 'm', protocol='chat')"
    assert str(client) == repr(client)


def test_an_error_that_quotes_the_key_is_quoted_without_it_on_one_line_and_short():
    padding = "x" * 290
    for document in (
        {"error": {"message": f"Incorrect API key: {KEY}\n\nor {KEY}."}},
        {"detail": f"{padding}{KEY}"},
        f"No {KEY}".encode(),
    ):
        error = failing(answer(document, 401), key=KEY)
        assert (KEY[:8] in str(error), "\n" in str(error), len(str(error)) < 360) == (False, False, True)
        assert KEY not in repr(error)
    assert str(failing(answer({"error": {"message": f"Not {KEY}."}}, 401), key=KEY)).endswith("answered 401: Not ….")


def test_the_query_of_the_address_stays_behind_the_path():
    async def road():
        async with serving(answer(says("x"))) as raw:
            client = OpenAICompatible(f"{raw.url}/deployments/a b/?api-version=2024-10-21", "m", allowed=raw.allowed)
            await client.complete([{"role": "user", "content": "Hi"}], Sampling())
            await client.aclose()
            return raw

    head = asyncio.run(road()).heads[0]
    assert head.startswith("post /v1/deployments/a%20b/chat/completions?api-version=2024-10-21 http/1.1\r\n")


@pytest.mark.parametrize(
    "url",
    ["", "models.example", "ftp://models.example", "http://", "http://ann:secret@models.example/v1", "http://a:x/"],
)
def test_an_address_that_cannot_be_one_is_refused_at_once(url):
    with pytest.raises(ValueError) as caught:
        OpenAICompatible(url, "m")
    assert "secret" not in str(caught.value)


def test_a_key_with_a_line_end_is_refused_without_showing_it():
    with pytest.raises(ValueError, match="^The key has a character that no key has") as caught:
        OpenAICompatible("http://models.example", "m", key="secret\r\nX-Other: 1")
    assert "secret" not in str(caught.value)


def test_proxies_in_the_environment_are_ignored(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask(answer(says("Direct")))[0].text == "Direct"


def test_connections_are_kept_and_no_more_are_open_than_allowed():
    ports = set()

    async def road():
        async with serving(answer(says("x"))) as raw:
            client = OpenAICompatible(raw.url, "m", allowed=raw.allowed, connections=3)
            connect = client._wire._guard.connect_tcp

            async def counting(*args, **kwargs):
                stream = await connect(*args, **kwargs)
                ports.add(stream.get_extra_info("client_addr"))
                return stream

            client._wire._guard.connect_tcp = counting
            asked = [client.complete([{"role": "user", "content": "Hi"}], Sampling()) for _ in range(50)]
            said = await asyncio.gather(*asked)
            await client.aclose()
            return said

    assert (len(asyncio.run(road())), len(ports)) == (50, 3)


def test_one_call_given_up_leaves_the_others_their_connections():
    async def road():
        async with serving(end_of_patience, answer(says("x"))) as raw:
            client = OpenAICompatible(raw.url, "m", allowed=raw.allowed, connections=1)
            given_up = asyncio.create_task(client.complete([{"role": "user", "content": "Hi"}], Sampling()))
            while not raw.heads:
                await asyncio.sleep(0)
            given_up.cancel()
            said = await client.complete([{"role": "user", "content": "Hi"}], Sampling())
            await client.aclose()
            return said

    assert asyncio.run(road()).text == "x"


def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used_again():
    async def road():
        closed = asyncio.Event()

        async def answer_and_leave(writer):
            writer.write(answer(says("first")))
            writer.close()
            await writer.wait_closed()
            closed.set()

        async with serving(answer_and_leave, answer(says("second"))) as raw:
            client = OpenAICompatible(raw.url, "m", allowed=raw.allowed)
            said = [(await client.complete([{"role": "user", "content": "Hi"}], Sampling())).text]
            await closed.wait()
            said.append((await client.complete([{"role": "user", "content": "Hi"}], Sampling())).text)
            await client.aclose()
            return said

    assert asyncio.run(road()) == ["first", "second"]
