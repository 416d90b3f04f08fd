"""Which server programs can this machine run: its own, or those inside two wheels?"""

# ruff: noqa: S603 - what is run here is what was found here, and only asked for its version

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .place import CannotServe, Place, path_hash

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Program:
    """A server program, and the first numbers of its version."""

    path: Path
    version: tuple[int, ...]


def programs(
    place: Place, *, names: tuple[str, ...], debian: str, wheel: str, oldest: tuple[int, ...]
) -> Iterator[Program]:
    """Every program that runs here and is new enough, the machine's own first.

    The wheels are only looked into, never imported: run as root, their Python code changes the machine.
    """
    for path in dict.fromkeys(_candidates(names, debian, wheel)):
        program = _examined(place, path) or _examined(place, _within_reach(place, path))
        if program and program.version >= oldest:
            yield program


def none_found(called: str, oldest: tuple[int, ...]) -> CannotServe:
    needed = ".".join(map(str, oldest))
    return CannotServe(f"No {called} {needed} or newer is on this machine, and none came with the Python packages.")


def _candidates(names: tuple[str, ...], debian: str, wheel: str) -> Iterator[Path]:
    """ATTUNE_EMBEDDED=wheels leaves the machine's own programs out."""
    if os.environ.get("ATTUNE_EMBEDDED") != "wheels":
        yield from (Path(found).resolve() for name in names if (found := shutil.which(name)))
        yield from sorted(Path("/usr").glob(debian), key=_major, reverse=True)
    for packages in [*map(Path, sys.path), *CHECKOUT.glob(".venv/lib/python3*/site-packages")]:
        yield from sorted(packages.glob(wheel), key=_major, reverse=True)


def _major(path: Path) -> int:
    return max((int(number) for number in re.findall(r"\d+", path.parent.parent.name)), default=0)


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
    shelf = place.home.with_name(f"attune-programs-{path_hash(package)}-{int(package.stat().st_mtime)}")
    with contextlib.suppress(FileExistsError):
        shelf.mkdir(mode=0o755)
    if shelf.lstat().st_uid != 0 or shelf.is_symlink():
        raise CannotServe(f"{shelf} belongs to somebody else; remove it, or name a server in DATABASE_URL.")
    for folder in (path.parents[1], package.with_name(package.name + ".libs")):
        _copy_whole(folder, shelf / folder.relative_to(package.parent))
    return shelf / path.relative_to(package.parent)


def _copy_whole(source: Path, target: Path) -> None:
    if not source.exists() or target.exists():
        return
    unfinished = target.with_name(target.name + ".partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    for path in [unfinished, *unfinished.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    unfinished.rename(target)
