"""For this room: a model server that the settings allow, and engines that do not wait long for anything."""

import pytest

from labeling.candidates import clerk, engine, lines
from tests.model_server import model_server  # noqa: F401


@pytest.fixture
def quick(monkeypatch):
    """The same pauses, in a twentieth of the time."""
    for module, name in [
        (lines, "FIRST_PAUSE"),
        (lines, "LONGEST_PAUSE"),
        (lines, "DOWN_SECONDS"),
        (clerk, "DOWN_SECONDS"),
        (clerk, "LOOK_SECONDS"),
        (clerk, "ALLOT_SECONDS"),
        (clerk, "DRY_SECONDS"),
        (engine, "IDLE_SECONDS"),
        (engine, "AWAY_SECONDS"),
    ]:
        monkeypatch.setattr(module, name, getattr(module, name) / 20)


@pytest.fixture
def server(model_server, settings, quick):  # noqa: F811
    settings.MODEL_HOSTS = [model_server.host]
    return model_server
