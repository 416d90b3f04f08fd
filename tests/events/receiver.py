"""A receiver of webhooks of this test's own, on a free port of this machine: the fixture `receiver`.

def test_…(receiver):
    …  receiver.url                        # http://127.0.0.1:…/hook?of=attune, allowed by WEBHOOK_HOSTS
    receiver.answers = [500, 204]          # in turn; the last one stays
    receiver.meanwhile = work_of_others    # is called before each answer
    receiver.headers = {"Retry-After": 60}  # go with each answer
    assert [message.type for message in receiver.messages] == ["ping"]; receiver.messages[0].is_signed_by(secret)
"""

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Received:
    path: str
    headers: Message
    body: bytes

    @property
    def type(self):
        return self.json["type"]

    @property
    def json(self):
        return json.loads(self.body)

    def is_signed_by(self, secret):
        """As a receiver would check it that has read nothing but the standard."""
        signed = ".".join([self.headers["webhook-id"], self.headers["webhook-timestamp"], self.body.decode()])
        made = hmac.new(base64.b64decode(secret.split("_", 1)[1]), signed.encode(), hashlib.sha256).digest()
        return f"v1,{base64.b64encode(made).decode()}" in self.headers["webhook-signature"].split(" ")


class Receiver(ThreadingHTTPServer):
    def __init__(self):
        self.messages, self.answers, self.lock = [], [204], threading.Lock()
        self.meanwhile, self.headers = lambda: None, {}
        super().__init__(("127.0.0.1", 0), Hook)
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.host}/hook?of=attune"

    def next_answer(self):
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.messages.append(Received(self.path, self.headers, body))
        self.server.meanwhile()
        self.send_response(self.server.next_answer())
        self.send_header("Location", "/elsewhere")
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *said):
        pass


@pytest.fixture
def receiver(settings, monkeypatch):
    server = Receiver()
    settings.WEBHOOK_HOSTS = [server.host]
    monkeypatch.setenv("WEBHOOK_HOSTS", server.host)  # for a worker that is started
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
