import asyncio
import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models_api.endpoint import Cause, EndpointError, Sampling
from models_api.openai_compatible import OpenAICompatible
from tests.models_api.raw import HI, answer, ask, failing, says, serving


def self_signed(folder, *names, days=1):
    """Write a certificate that nobody vouches for, and return a server's context with it, and its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a model of ours")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=2 + days))
        .add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, str(file)


HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path):
    tls, _ = self_signed(tmp_path, HERE)
    error = failing(answer(says("x")), tls=tls)
    assert (error.cause, error.permanent) == (Cause.UNREACHABLE, True)
    assert str(error).endswith("is not to be trusted: self-signed certificate.")


def test_a_certificate_is_trusted_by_its_file(tmp_path):
    tls, file = self_signed(tmp_path, HERE)
    assert ask(answer(says("Hello.")), tls=tls, ca_file=file)[0].text == "Hello."


def test_a_trusted_certificate_for_another_name_or_of_yesterday_is_not_taken(tmp_path):
    tls, file = self_signed(tmp_path, x509.DNSName("other.example"))
    error = failing(answer(says("x")), tls=tls, ca_file=file)
    assert (error.cause, error.permanent, "IP address mismatch" in str(error)) == (Cause.UNREACHABLE, True, True)
    tls, file = self_signed(tmp_path, HERE, days=-1)
    error = failing(answer(says("x")), tls=tls, ca_file=file)
    assert (error.cause, error.permanent, "expired" in str(error)) == (Cause.UNREACHABLE, True, True)


def test_the_certificate_is_checked_against_the_name_though_the_connection_goes_to_an_address(tmp_path):
    async def road(name):
        tls, file = self_signed(tmp_path, x509.DNSName(name))
        async with serving(answer(says("x")), tls=tls) as raw:
            url = raw.url.replace("127.0.0.1", "localhost")
            allowed = frozenset({url.split("//")[1].split("/")[0]})
            client = OpenAICompatible(url, "m", allowed=allowed, ca_file=file)
            try:
                return (await client.complete(HI, Sampling())).text
            finally:
                await client.aclose()

    assert asyncio.run(road("localhost")) == "x"
    with pytest.raises(EndpointError, match="Hostname mismatch"):
        asyncio.run(road("127.0.0.1.example"))


def test_plain_http_where_https_was_meant_is_an_error_that_may_pass():
    async def say_http(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
        writer.close()

    async def road():
        server = await asyncio.start_server(say_http, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            client = OpenAICompatible(f"https://{host}/v1", "m", allowed=frozenset({host}))
            await client.complete(HI, Sampling())

    with pytest.raises(EndpointError, match="cannot be reached") as caught:
        asyncio.run(road())
    assert (caught.value.cause, caught.value.permanent) == (Cause.UNREACHABLE, False)
