"""How does a file reach whoever may have it? Streamed, in the part asked for, and not at all when they have it."""

import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.utils.cache import get_conditional_response


def file_response(request, file):
    """Answer GET or HEAD with a datasets.File: 200, 206 for one range, 304, 412 or 416. Permissions are the caller's.

    The ETag is the SHA-256 of the bytes. The type is application/gzip and there is no Content-Encoding, so that
    nothing on the way unpacks or packs the file again (RFC 9110, sections 13 and 14).
    """
    etag = f'"{file.sha256}"'
    unchanged = get_conditional_response(request, etag=etag)
    return _described(unchanged or _answer(request, file, etag), etag)


def _answer(request, file, etag):
    part = _part(request, file.bytes, etag)
    if part is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.bytes}"})
    start, end = part
    response = _body(request, file, start, end)
    response["Content-Length"] = end - start
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    if end - start < file.bytes:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end - 1}/{file.bytes}"
    return response


def _described(response, etag):
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    return response


def _part(request, size, etag):
    """(start, end) of the bytes wanted: all of them unless one range is asked for; None when it lies outside."""
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.META.get("HTTP_RANGE", "").replace(" ", ""))
    if request.method != "GET" or not asked or asked.groups() == ("", ""):
        return 0, size
    if request.META.get("HTTP_IF_RANGE", etag) != etag:
        return 0, size
    first, last = asked.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    if last and int(last) < int(first):
        return 0, size
    end = min(size, int(last) + 1) if last else size
    return (int(first), end) if int(first) < size else None


def _body(request, file, start, end):
    if request.method == "HEAD":
        return HttpResponse(content_type="application/gzip")
    opened = (Path(settings.MEDIA_ROOT) / file.path).open("rb")
    whole = end - start == file.bytes
    return FileResponse(opened if whole else Part(opened, start, end), content_type="application/gzip")


class Part:
    """The bytes from `start` to before `end` of an open file, read once."""

    def __init__(self, file, start, end):
        file.seek(start)
        self.file, self.left, self.close = file, end - start, file.close

    def read(self, size):
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data
