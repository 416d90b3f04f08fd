"""What does ./run demo do? Servers, tables, demo data, then the Procfile, until somebody says stop."""

# ruff: noqa: T201, S603 - a command speaks by printing, and runs the Procfile

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from labeling import embedded
from labeling.demo.crew import Crew, Failed, log, named
from labeling.embedded.leash import Leash, last_words
from labeling.embedded.programs import CHECKOUT

HERE = CHECKOUT / ".data" / "demo"
FILES = HERE / "files"

# Ctrl-C, a supervisor, and a terminal that closes (unless nohup said otherwise).
SIGNALS = [signal.SIGINT, signal.SIGTERM]
if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
    SIGNALS.append(signal.SIGHUP)

ACCOUNTS = """\
Sign in as   admin@attune.example   who sets everything up
             ann@attune.example     a labeler, as is bob@attune.example
             hal@attune.example     a labeler of the held-out cohort
             rita@attune.example    a researcher, as is rolf@attune.example
Password     attune-demo            for all of them"""


class Stopped(Exception):
    """Somebody asked the demo to stop."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./run demo", description="The whole platform with demo data, on this machine."
    )
    parser.add_argument("--port", type=int, help="listen on this port (default: 8000, or the next free one)")
    parser.add_argument("--reset", action="store_true", help="delete the demo's data first, and start anew")
    asked = parser.parse_args()
    for one in SIGNALS:
        signal.signal(one, _stop)
    try:
        run(asked)
    except Stopped:
        print("Stopped; the data is kept for the next ./run demo.")
        return 0
    except (Failed, embedded.CannotServe) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(asked: argparse.Namespace) -> None:
    if asked.reset:
        forget_everything()
    try:
        with embedded.seat("demo"), listening(asked.port) as door, listening(None, 8100) as model_door:
            port, model_port = door.getsockname()[1], model_door.getsockname()[1]
            environ = environment(embedded.start("demo"), port, model_port)
            prepare(environ)
            serve(door, model_door, environ)
    finally:
        embedded.stop("demo", spare_users=True)


def _stop(_number: int, _frame: object) -> None:
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise Stopped


def forget_everything() -> None:
    if "DATABASE_URL" in os.environ:
        raise Failed("--reset deletes only a database of this checkout; DATABASE_URL names another, so empty that one.")
    if not embedded.is_vacant("demo"):
        raise Failed("Another ./run demo of this checkout is running; stop it before --reset.")
    embedded.destroy("demo")
    shutil.rmtree(FILES, ignore_errors=True)


@contextlib.contextmanager
def listening(port: int | None, first: int = 8000) -> Iterator[socket.socket]:
    """The first free port's socket, held from now on: two demos starting together never choose the same."""
    for candidate in [port] if port is not None else range(first, first + 100):
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind(("127.0.0.1", candidate))
                door.listen(64)
            except OSError:
                continue
            yield door
            return
    taken = f"Port {port} is taken" if port else f"Ports {first} to {first + 99} are all taken"
    raise Failed(f"{taken}; choose another with --port.")


def environment(services: embedded.Services, port: int, model_port: int) -> dict[str, str]:
    """What the processes see: ours where the demo depends on it, else what the environment says."""
    model = f"127.0.0.1:{model_port}"
    FILES.mkdir(parents=True, exist_ok=True)
    site = f"http://127.0.0.1:{port}"
    defaults = {"ATTUNE_DATA_DIR": str(FILES), "WEB_CONCURRENCY": "2", "SITE_URL": site, **embedded.secrets("demo")}
    return (
        defaults
        | {name: value for name, value in os.environ.items() if value}
        | {
            "ATTUNE_ENV": "demo",
            "DJANGO_SETTINGS_MODULE": "labeling.settings",
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "MODEL_HOSTS": ",".join(filter(None, [os.environ.get("MODEL_HOSTS"), model])),
            "DEMO_MODEL_URL": f"http://{model}/v1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
        }
    )


def prepare(environ: dict[str, str]) -> None:
    told = log("prepare")
    print(f"Preparing the database and the demo data ({named(told)}) …", flush=True)
    argv = [sys.executable, "-m", "labeling.demo.prepare"]
    with told.open("w") as out:
        if subprocess.call(argv, cwd=CHECKOUT, env=environ, stdout=out, stderr=out, stdin=subprocess.DEVNULL):
            raise Failed(f"The demo could not be prepared. {last_words(told, 15)}")


def serve(door: socket.socket, model_door: socket.socket, environ: dict[str, str]) -> None:
    """Keep the Procfile and the stand-in for models running until we are stopped or that fails; then none is left."""
    with Leash() as leash:
        crew = Crew(leash, environ, {"web": door, "stand-in": model_door})
        print("Starting", crew, "…", flush=True)
        announce(door.getsockname()[1], crew)
        while True:
            for sentence in crew.replace_the_fallen():
                print(sentence, flush=True)
            time.sleep(0.3)


def announce(port: int, crew: Crew) -> None:
    deadline = time.monotonic() + 120
    while not _answers(port):
        crew.muster()
        if time.monotonic() > deadline:
            raise Failed(f"The sign-in page does not answer after two minutes. {last_words(log('web'), 15)}")
        time.sleep(0.1)
    print(f"\nhttp://127.0.0.1:{port}/\n\n{ACCOUNTS}\n\nCtrl-C stops it.", flush=True)


def _answers(port: int) -> bool:
    wire = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        wire.request("GET", "/accounts/login/")
        return wire.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        wire.close()


if __name__ == "__main__":
    sys.exit(main())
