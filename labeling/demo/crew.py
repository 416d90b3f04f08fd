"""Who is at work while the demo is up? The Procfile's processes and the stand-in; who falls is replaced."""

import socket
import subprocess
import time
from collections import defaultdict
from pathlib import Path

from honcho.environ import parse_procfile

from labeling.embedded.leash import Leash, last_words
from labeling.embedded.programs import CHECKOUT

LOGS = CHECKOUT / ".data" / "demo" / "logs"
# It answers with what the models that it stands in for have written.
STAND_IN = "python -m models_api.server --latency 0.4 --answers labeling/demo/data/prompts.jsonl"
MOST_FALLS, WITHIN = 3, 60  # in so many seconds; who falls oftener would fall forever


class Failed(Exception):
    """Why the demo cannot go on, in a whole sentence."""


class Crew:
    """One process a name, each with its log. `doors` are the listening sockets that some inherit, by name."""

    def __init__(self, leash: Leash, environ: dict[str, str], doors: dict[str, socket.socket]) -> None:
        self._leash, self._environ, self._doors = leash, environ, doors
        self._commands: dict[str, str] = parse_procfile((CHECKOUT / "Procfile").read_text()).processes
        self._commands["stand-in"] = f"{STAND_IN} --fd {doors['stand-in'].fileno()}"
        self._guards: dict[str, subprocess.Popen[bytes]] = {}
        self._falls: dict[str, list[float]] = defaultdict(list)
        for name in self._commands:
            log(name).unlink(missing_ok=True)
            self._start(name)

    def __str__(self) -> str:
        return ", ".join(f"{name} ({named(log(name))})" for name in self._commands)

    def _start(self, name: str) -> None:
        door = self._doors.get(name)
        own = {"GUNICORN_CMD_ARGS": f"--bind fd://{door.fileno()}"} if door and name == "web" else {}
        self._guards[name] = self._leash.child(
            ["/bin/sh", "-c", f"exec {self._commands[name]}"],
            log=log(name),
            cwd=CHECKOUT,
            env=self._environ | own,
            given=(door.fileno(),) if door else (),
        )

    def muster(self) -> None:
        """Raise Failed if one has fallen: before the demo is up, that is a fault in how it is set up."""
        for name, guard in self._guards.items():
            if guard.poll() is not None:
                raise Failed(f"{_fell(name, guard)} {last_words(log(name), 15)}")

    def replace_the_fallen(self) -> list[str]:
        """Start another for each that has fallen; return a sentence for each. Raises Failed where that is no help."""
        return [self._replace(name, guard) for name, guard in self._guards.items() if guard.poll() is not None]

    def _replace(self, name: str, guard: subprocess.Popen[bytes]) -> str:
        now = time.monotonic()
        recent = [then for then in self._falls[name] if now - then < WITHIN] + [now]
        self._falls[name] = recent
        if len(recent) > MOST_FALLS:
            raise Failed(f"{_fell(name, guard)} It keeps ending. {last_words(log(name), 15)}")
        self._start(name)
        return f"{_fell(name, guard)} Another one runs in its place; why it ended is in {named(log(name))}."


def _fell(name: str, guard: subprocess.Popen[bytes]) -> str:
    return f"The {name} process ended (status {guard.returncode})."


def log(name: str) -> Path:
    return LOGS / f"{name}.log"


def named(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))
