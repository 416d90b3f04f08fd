"""Where do one instance's data, state and locks lie, and whose are they?"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any


class CannotServe(Exception):
    """Why the servers cannot be had, in a whole sentence."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account that root lends to the servers: PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @property
    def as_child(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Place:
    """The directories of one instance in one checkout."""

    instance: str
    here: Path  # state, secrets, logs and locks, beside the code
    home: Path  # the servers' own data
    account: Account | None  # whom the servers run as; None is ourselves

    @classmethod
    def of(cls, instance: str, root: Path) -> "Place":
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", instance):
            raise CannotServe(f"An instance is named in small letters, digits and hyphens, unlike {instance!r}.")
        root = Path(root).resolve()
        here = root / ".data" / instance
        if os.geteuid() != 0:
            return cls(instance, here, here / "servers", None)
        # The lent account may be unable to enter the checkout. /var/tmp it can, and that survives a reboot;
        # what others could plant there, `check_home` refuses.
        home = Path("/var/tmp") / f"attune-{path_hash(root)}-{instance}"  # noqa: S108
        return cls(instance, here, home, _lent_account())

    @property
    def state(self) -> Path:
        return self.here / "services.json"

    @property
    def secrets(self) -> Path:
        return self.here / "secrets.json"

    @property
    def logs(self) -> Path:
        return self.here / "logs"

    def clusters(self) -> list[Path]:
        """One directory per major version of PostgreSQL: none can read another's."""
        return sorted(path for path in self.home.glob("pg*") if path.name[2:].isdigit())

    def log(self, name: str) -> Path:
        """Where a server's own words go; yesterday's make room when they grow long."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > 5_000_000:
            path.replace(path.with_suffix(".log.old"))
        return path

    def prepare(self) -> None:
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except PermissionError as error:
            raise CannotServe(f"{self.here} cannot be written by this user ({error.strerror}).") from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[IO[str]]:
        """One at a time. The lock ends when its last holder closes it, Leash's guards included."""
        self.prepare()
        with (self.here / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock

    def make_home(self) -> None:
        with contextlib.suppress(FileExistsError):
            self.home.mkdir(mode=0o700)
        if self.account and self.home.lstat().st_uid == 0 and not self.home.is_symlink():
            os.chown(self.home, self.account.uid, self.account.gid, follow_symlinks=False)
        self.check_home()

    def check_home(self) -> None:
        """Anybody may write to /var/tmp, so a directory of the right name may be somebody else's."""
        found = self.home.lstat()
        owner = self.account.uid if self.account else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise CannotServe(f"{self.home} belongs to somebody else; remove it, or name a server in DATABASE_URL.")
        if stat.S_IMODE(found.st_mode) != 0o700:
            raise CannotServe(f"{self.home} is open to others; close it (chmod 700) if you trust what is in it.")

    @contextlib.contextmanager
    def as_servers(self) -> Iterator[None]:
        """Write as the servers' account, so that nothing planted in its directory leads root astray."""
        if self.account is None:
            yield
            return
        os.setegid(self.account.gid)
        os.seteuid(self.account.uid)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)


def path_hash(root: Path) -> str:
    return hashlib.sha256(str(root).encode()).hexdigest()[:12]


def _lent_account() -> Account:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise CannotServe("PostgreSQL refuses to run as root, and this machine has neither a postgres nor a nobody user.")


def write_private(path: Path, text: str) -> None:
    """Write whole or not at all, for the owner's eyes only."""
    fresh = path.with_name(path.name + ".fresh")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
