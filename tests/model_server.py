"""A model's server of this test's own, on a free port of this machine: the fixture `model_server`, or `running()`.

    def test_…(model_server):
        model_server.behaviour.fail = 0.5       # may change at any time
        …  model_server.url, model_server.host  # http://127.0.0.1:…/v1, and the same as MODEL_HOSTS wants it
        assert model_server.seen.statuses == {200: 7, 500: 3}

A room that uses the fixture imports it in its conftest.py.
"""

import contextlib
import socket
import threading

import pytest

from models_api.replay import Written
from models_api.server import App, Behaviour, serving

__all__ = ["Behaviour", "Server", "model_server", "running"]


class Server:
    """uvicorn in a thread. `answers` are rows of the import's format, or the path of a file of them."""

    def __init__(self, behaviour=None, answers=None, port=0):
        written = (
            Written.read(answers) if isinstance(answers, str) or hasattr(answers, "open") else Written(answers or ())
        )
        self.app = App(written, behaviour)
        # It listens before the thread runs: whoever connects early waits in the queue.
        self._socket = socket.create_server(("127.0.0.1", port), backlog=2048)
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.root = f"http://{self.host}"
        self.url = f"{self.root}/v1"
        self._server = serving(self.app)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    @property
    def behaviour(self):
        return self.app.behaviour

    @behaviour.setter
    def behaviour(self, behaviour):
        self.app.behaviour = behaviour

    @property
    def seen(self):
        return self.app.seen

    def start(self):
        self._thread.start()

    def stop(self):
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()


@contextlib.contextmanager
def running(behaviour=None, answers=None, port=0):
    """Run a server for the length of a block."""
    server = Server(behaviour, answers, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def model_server():
    with running() as server:
        yield server
