"""Who watches one child, until it ends, its launcher lets go of it, or its launcher ends?

Standard input is the launcher's pipe: a byte means "let go", its end means that the launcher ended.
Run by path, as `python guard.py ORDER`, so that it costs little: it imports nothing of the house.
"""

# ruff: noqa: S603 - the order comes from our own launcher

import contextlib
import json
import os
import select
import signal
import subprocess
import sys


def watch(order: dict) -> int:
    child = start(**order)
    while child.poll() is None:
        if select.select([0], [], [], 0.02)[0]:
            if os.read(0, 1):
                return 0
            put_down(child)
    # Whatever the child itself started and left behind.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def start(argv: list[str], cwd: str, stdin: str, pass_fds: list[int], account: dict) -> subprocess.Popen:
    with open(stdin) as source:
        return subprocess.Popen(argv, cwd=cwd, stdin=source, pass_fds=pass_fds, start_new_session=True, **account)


def put_down(child: subprocess.Popen) -> None:
    child.terminate()
    try:
        child.wait(timeout=8)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    sys.exit(watch(json.loads(sys.argv[1])))
