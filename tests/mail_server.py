"""A mail server of this test's own, on a free port of this machine: the fixture `mail_server`, or `running()`.

    def test_…(mail_server):
        …                                        # what is sent goes over real SMTP
        [letter] = mail_server.to("ann@attune.example")
        assert letter["Subject"] == "…"; body_of(letter); link_in(letter)
        mail_server.refuse = "451 Come back later"   # may change at any time

A room that uses the fixture imports it in its conftest.py.
"""

import contextlib
import email
import re
from email import policy

import pytest
from aiosmtpd.controller import Controller

__all__ = ["Server", "body_of", "link_in", "mail_server", "running"]


class OnAFreePort(Controller):
    """It visits itself once it listens, and only then knows where."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Server:
    """aiosmtpd in a thread. `letters` are those that arrived, oldest first; `refuse` answers every recipient."""

    def __init__(self):
        self.letters = []
        self.refuse = None
        self._controller = OnAFreePort(self, hostname="127.0.0.1", port=0)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address):
        return [letter for letter in self.letters if letter["To"] == address]

    @property
    def port(self):
        return self._controller.port

    def start(self):
        self._controller.start()

    def stop(self):
        self._controller.stop()


def body_of(letter):
    return letter.get_content().replace("\r\n", "\n")


def link_in(letter):
    """Return the path of the one address in a letter that is more than the site's own."""
    [path] = re.findall(r"https?://[^/\s]+(/\S+)", body_of(letter))
    return path


@contextlib.contextmanager
def running():
    """Run a server for the length of a block."""
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def mail_server(settings, monkeypatch):
    """This process sends to it, and so do the processes that it starts from now on."""
    with running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
        monkeypatch.setenv("EMAIL_PORT", str(server.port))
        yield server
