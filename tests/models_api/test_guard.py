import asyncio
import ipaddress

import pytest

from models_api.endpoint import Cause, EndpointError, Sampling
from models_api.guard import Guard, is_public
from models_api.openai_compatible import OpenAICompatible
from tests.models_api.raw import HI, answer, says, serving

NOT_PUBLIC = """
    127.0.0.1 10.1.1.1 172.16.0.1 192.168.1.1 169.254.0.1 100.64.0.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
    0.0.0.0 0.1.2.3 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 168.63.129.16 192.88.99.1 ::1 ::
    ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 fe80::1 fec0::1 fc00::1 ff02::1 ff0e::1 2002:7f00:1:: 2002:a00:1::
    2001:0:7f00:1:: 2001:0:808:808:0:0:f5ff:fffe 64:ff9b::7f00:1 64:ff9b:1::7f00:1 2001:db8::1 3fff::1 5f00::1
    100::1
"""


def refusal(host, port=80, allowed=()):
    url = f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"
    client = OpenAICompatible(url, "m", allowed=frozenset(allowed))
    with pytest.raises(EndpointError) as caught:
        asyncio.run(client.complete(HI, Sampling()))
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "10.0.0.1",
        "192.168.1.1",
        "172.31.0.1",
        "fe80::1",
        "１２７.0.0.1",
        "①②⑦.0.0.1",
    ],
)
def test_the_house_and_its_clouds_metadata_are_not_called_however_they_are_written(host):
    error = refusal(host)
    assert (error.cause, error.permanent) == (Cause.FORBIDDEN, True)


def test_the_refusal_says_what_to_allow_and_how():
    assert str(refusal("127.0.0.1", 8000)) == (
        "127.0.0.1:8000 is not a public address, so it is not called. "
        "If a model of yours is served there, add 127.0.0.1:8000 to the environment variable MODEL_HOSTS."
    )
    assert "add [::1]:8000 to" in str(refusal("::1", 8000))


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_an_address_that_is_not_public_is_known_as_one(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2002:808:808::", "64:ff9b::808:808"]
)
def test_a_public_address_is_known_as_one(address):
    assert is_public(ipaddress.ip_address(address))


def test_what_is_allowed_is_called_by_that_name_and_port_alone():
    async def road(spelled, allowed):
        async with serving(answer(says("x"))) as raw:
            port = raw.url.split(":")[2].split("/")[0]
            client = OpenAICompatible(
                raw.url.replace("127.0.0.1", spelled), "m", allowed=frozenset({allowed.format(port=port)})
            )
            try:
                return (await client.complete(HI, Sampling())).text
            except EndpointError as error:
                return error.cause
            finally:
                await client.aclose()

    assert asyncio.run(road("127.0.0.1", "127.0.0.1:{port}")) == "x"
    assert asyncio.run(road("LocalHost", "localhost:{port}")) == "x"
    assert asyncio.run(road("localhost", "127.0.0.1:{port}")) == Cause.FORBIDDEN
    assert asyncio.run(road("127.0.0.1", "127.0.0.1:1{port}")) == Cause.FORBIDDEN
    assert asyncio.run(road("127.0.0.1", "127.0.0.1")) == Cause.FORBIDDEN


def test_one_private_address_among_public_ones_is_enough_to_refuse_the_name(monkeypatch):
    async def both(loop, *args, **kwargs):
        return [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", both)
    assert refusal("two-faced.example").cause == Cause.FORBIDDEN


def test_the_checked_address_is_the_one_connected_to(monkeypatch):
    asked, told = [], iter(["127.0.0.1", "8.8.8.8"])
    real = asyncio.BaseEventLoop.getaddrinfo

    async def once(loop, host, port, **kwargs):
        asked.append(host)
        return await real(loop, next(told) if host == "rebinding.example" else host, port, **kwargs)

    async def road():
        async with serving(answer(says("x"))) as raw:
            port = int(raw.url.split(":")[2].split("/")[0])
            stream = await Guard(frozenset({f"rebinding.example:{port}"})).connect_tcp("rebinding.example", port)
            connected = stream.get_extra_info("server_addr")
            await stream.aclose()
            return connected[0]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", once)
    assert (asyncio.run(road()), asked.count("rebinding.example")) == ("127.0.0.1", 1)


def test_unix_sockets_are_not_called():
    with pytest.raises(EndpointError, match="^a unix socket is not a public address"):
        asyncio.run(Guard().connect_unix_socket("/run/docker.sock"))
