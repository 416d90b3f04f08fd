"""What must stand before the demo's processes start? Tables, static files and demo data, in one process."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.management import call_command

CHECKOUT = Path(__file__).resolve().parents[2]
STAMP = CHECKOUT / "staticfiles" / ".collected"


def prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")
    django.setup()
    call_command("migrate", interactive=False)
    collect_static()
    call_command("load_demo")


def collect_static() -> None:
    """Collect, hash and compress the static files if any has changed: nothing else here takes seconds."""
    now = hashlib.sha256("\n".join(static_files()).encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == now:
        return
    call_command("collectstatic", interactive=False)
    STAMP.write_text(now)


def static_files() -> Iterator[str]:
    """Our own files, and the lock file for those of the packages."""
    sources = [CHECKOUT / "uv.lock", *CHECKOUT.glob("static/**/*"), *CHECKOUT.glob("labeling/*/static/**/*")]
    for path in sorted(sources):
        status = path.stat()
        yield f"{path} {status.st_size} {status.st_mtime_ns}"


if __name__ == "__main__":
    prepare()
