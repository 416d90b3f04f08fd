"""Where are frozen files kept? Below the data directory, or in a bucket: STORAGES["datasets"] says which.

In a bucket (S3, or what speaks its protocol; the extra `s3`) each file is an object under its path.
"""

import os
import secrets
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages


def bring(folder, path):
    """Upload a finished folder to the bucket, which may take long, and return where it is; a disk keeps it at `path`.

    Every run has a place of its own: one that has lost its lease and does not know yet overwrites nothing.
    Raises OSError.
    """
    if _is_disk():
        return path
    place = f"{path}/{secrets.token_hex(4)}"
    _upload(folder, place)
    return place


def keep(folder, path):
    """Move a finished folder to `path`, replacing what a run left there that died before it could say so.

    What is in the bucket is there already. Raises OSError.
    """
    if _is_disk():
        _move(folder, Path(settings.MEDIA_ROOT) / path)


def opened(path):
    """Return a kept file, to be read from its beginning."""
    return (Path(settings.MEDIA_ROOT) / path).open("rb") if _is_disk() else _object(path).get()["Body"]


def part(path, start, end):
    """Return the bytes from `start` to before `end` of a kept file, to be read once."""
    if _is_disk():
        return Part((Path(settings.MEDIA_ROOT) / path).open("rb"), start, end)
    return _object(path).get(Range=f"bytes={start}-{end - 1}")["Body"]


class Part:
    """The bytes from `start` to before `end` of an open file, read once."""

    def __init__(self, file, start, end):
        file.seek(start)
        self.file, self.left, self.close = file, end - start, file.close

    def read(self, size):
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data


def sync(folder):
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_disk():
    return isinstance(storages["datasets"], FileSystemStorage)


def _move(folder, place):
    shutil.rmtree(place, ignore_errors=True)
    sync(folder)
    folder.rename(place)
    sync(place.parent)


def _upload(folder, path):
    from botocore.exceptions import BotoCoreError, ClientError

    for file in sorted(folder.iterdir()):
        try:
            with file.open("rb") as content:
                storages["datasets"].save(f"{path}/{file.name}", File(content))
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"the bucket did not take {file.name}: {error}") from error


def _object(path):
    return storages["datasets"].bucket.Object(path)  # type: ignore[attr-defined]  # S3Storage's
