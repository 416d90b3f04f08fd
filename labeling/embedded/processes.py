"""Is a process alive, and has something come true yet?"""

# ruff: noqa: S603 - the one command is ps

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .place import CannotServe


def command(pid: int) -> str:
    """The command line of a living process; nothing for a dead one or a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, check=False, capture_output=True, text=True).stdout


def wait(condition: Callable[[], Any], seconds: float) -> Any:
    """The condition's first true answer, or its last false one when the time is up."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def end(pid: int, mark: str, *signals: signal.Signals) -> None:
    """Ask the process whose command line bears the mark to end, ever less politely, until it has ended."""
    for one in (*signals, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, one)
        if wait(lambda: mark not in command(pid), 20):
            return
    raise CannotServe(f"Process {pid} does not end.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_environment() -> dict[str, str]:
    """What the servers see of ours: no keys, and no PGPORT or locale that would change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
