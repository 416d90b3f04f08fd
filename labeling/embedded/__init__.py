"""Which PostgreSQL and Valkey serve this machine, when the environment names none?

For each of the two: DATABASE_URL / REDIS_URL → the machine's own programs → the programs inside two wheels.
The servers listen on loopback alone, behind random passwords, and outlive whoever started them, until `stop`.
Standard library only: this runs before anything else does.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from .leash import Leash
from .place import CannotServe, Place, write_private
from .postgres import have_postgres, stop_postgres
from .processes import command
from .programs import CHECKOUT
from .valkey import have_valkey, stop_valkey

__all__ = [
    "CannotServe",
    "Services",
    "destroy",
    "environment",
    "is_vacant",
    "seat",
    "secrets",
    "start",
    "stop",
    "urls",
]

SEATS = 16
KEYS = ("SECRET_KEY", "PSEUDONYM_KEY", "OWNER_KEY", "CREDENTIAL_KEYS")


@dataclass(frozen=True)
class Services:
    """Where the two servers answer."""

    database_url: str
    redis_url: str


def start(instance: str = "demo", root: Path = CHECKOUT, environ: Mapping[str, str] = os.environ) -> Services:
    """Have both servers running, and say where. Those that run already are found again, not doubled."""
    named = _named(environ)
    if all(named.values()):
        return Services(**named)
    place = Place.of(instance, root)
    with place.locked() as lock, Leash(lock.fileno()) as leash:
        ours = {}
        if not named["database_url"]:
            ours["postgres"] = have_postgres(place, leash)
        if not named["redis_url"]:
            ours["valkey"] = have_valkey(place, leash)
        write_private(place.state, json.dumps(ours, indent=1))
        leash.let_go()
    return _merged(ours, environ)


def stop(instance: str = "demo", root: Path = CHECKOUT, *, spare_users: bool = False) -> None:
    """Stop both servers, keeping their data; with `spare_users` only if nobody sits at them."""
    place = Place.of(instance, root)
    if not place.here.exists() and not place.home.exists():
        return
    with place.locked():
        if spare_users and not is_vacant(instance, root):
            return
        stop_valkey(place)
        stop_postgres(place)
        place.state.unlink(missing_ok=True)


def destroy(instance: str = "demo", root: Path = CHECKOUT) -> None:
    """Stop both servers and delete their data and the instance's secrets."""
    stop(instance, root)
    place = Place.of(instance, root)
    if place.home.exists():
        place.check_home()
        shutil.rmtree(place.home)
    place.secrets.unlink(missing_ok=True)


def urls(instance: str = "demo", root: Path = CHECKOUT, environ: Mapping[str, str] = os.environ) -> Services | None:
    """Where the servers answer, or None when one of them is neither named nor running. Changes nothing."""
    try:
        ours = json.loads(Place.of(instance, root).state.read_text())
    except (OSError, ValueError):
        ours = {}
    running = {name: one for name, one in ours.items() if one["mark"] in command(one["pid"])}
    try:
        return _merged(running, environ)
    except KeyError:
        return None


def environment(
    instance: str = "demo", root: Path = CHECKOUT, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Every variable the settings require, while the servers run; else nothing. Changes nothing."""
    place = Place.of(instance, root)
    services = urls(instance, root, environ)
    if services is None or not place.secrets.exists():
        return {}
    return {
        "ATTUNE_ENV": "test" if instance == "test" else "demo",
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "ATTUNE_DATA_DIR": str(place.here / "files"),
        **json.loads(place.secrets.read_text()),
    }


def secrets(instance: str = "demo", root: Path = CHECKOUT) -> dict[str, str]:
    """The keys the settings require, made once for this machine and kept."""
    place = Place.of(instance, root)
    with place.locked():
        kept = json.loads(place.secrets.read_text()) if place.secrets.exists() else {}
        if missing := [name for name in KEYS if name not in kept]:
            kept |= {name: token_hex(32) for name in missing}
            write_private(place.secrets, json.dumps(kept, indent=1))
        return kept


@contextlib.contextmanager
def seat(instance: str = "demo", root: Path = CHECKOUT) -> Iterator[int]:
    """Sit down as one of several users of the same servers: yields a number nobody else holds meanwhile."""
    place = Place.of(instance, root)
    place.prepare()
    for number in range(SEATS):
        with (place.here / f"seat-{number}.lock").open("a") as chair:
            if not _is_taken(chair):
                yield number
                return
    raise CannotServe(f"All {SEATS} seats at the {instance} servers are taken; wait for one of their users to end.")


def is_vacant(instance: str = "demo", root: Path = CHECKOUT) -> bool:
    """Does nobody sit at these servers at the moment?"""
    for path in Place.of(instance, root).here.glob("seat-*.lock"):
        with path.open("a") as chair:
            if _is_taken(chair):
                return False
    return True


def _is_taken(chair: IO[str]) -> bool:
    """Take the chair unless somebody has it; its file, once closed, gives it back."""
    try:
        fcntl.flock(chair, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    return {"database_url": environ.get("DATABASE_URL", ""), "redis_url": environ.get("REDIS_URL", "")}


def _merged(ours: dict[str, Any], environ: Mapping[str, str]) -> Services:
    named = _named(environ)
    return Services(
        database_url=named["database_url"] or ours["postgres"]["url"],
        redis_url=named["redis_url"] or ours["valkey"]["url"],
    )
