"""How do new processes die with their launcher, until it says that they may outlive it?

Each child has a guard, a tiny process that reads the launcher's pipe. The pipe's end means that the launcher
ended, however it did: the guard takes its child along. Guards share the launcher's lock, so that whoever
comes next waits for them.
"""

# ruff: noqa: S603 - every command is put together by our own code

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from .place import Account

GUARD = Path(__file__).with_name("guard.py")


class Leash:
    """A `with` block at whose end every child is gone, except those that were let go."""

    def __init__(self, *held: int) -> None:
        self.held = held  # file descriptors the guards keep open: the launcher's lock
        self.reader, self.writer = os.pipe()
        self.guards: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.writer)
        os.close(self.reader)
        for guard in self.guards:
            guard.wait()

    def child(
        self,
        argv: list[str],
        *,
        log: Path,
        cwd: Path,
        env: dict[str, str],
        account: Account | None = None,
        stdin: Path | None = None,
        given: tuple[int, ...] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a child and return its guard, which ends when the child does and with its exit status.

        `account` is whom the child runs as, `given` the file descriptors it inherits.
        """
        order = {
            "argv": argv,
            "cwd": str(cwd),
            "stdin": str(stdin or os.devnull),
            "pass_fds": given,
            "account": account.as_child if account else {},
        }
        with log.open("ab") as out:
            guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), json.dumps(order)],
                stdin=self.reader,
                stdout=out,
                stderr=out,
                env=env,
                pass_fds=[*self.held, *given],
                start_new_session=True,
            )
        self.guards.append(guard)
        return guard

    def let_go(self) -> None:
        """Let all living children stay, in one stroke: one byte for each guard, in a single write."""
        standing = [guard for guard in self.guards if guard.poll() is None]
        os.write(self.writer, b"." * len(standing))
        for guard in standing:
            guard.wait()


def last_words(log: Path, lines: int = 4) -> str:
    """The end of a log, for the sentence that says what went wrong."""
    tail = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join([f"The end of {log}:", *tail])
