"""How does a file reach whoever may have it? Streamed, in the part asked for, and not at all when they have it."""

import re

from django.http import FileResponse, HttpResponse
from django.utils.cache import get_conditional_response

from labeling.datasets import keeping
from labeling.datasets.parquet import SUFFIX


def file_response(request, file):
    """Answer GET or HEAD with a datasets.File: 200, 206 for one range, 304, 412 or 416. Permissions are the caller's.

    The ETag is the SHA-256 of the bytes. JSONL goes as application/gzip and without a Content-Encoding, so that nothing
    on the way unpacks or packs the file again (RFC 9110, sections 13 and 14).
    """
    etag = f'"{file.sha256}"'
    unchanged = get_conditional_response(request, etag=etag)
    return _described(unchanged or _answer(request, file, etag), etag)


def _answer(request, file, etag):
    asked = _range(request, etag)
    start, end = _bounds(asked, file.bytes) if asked else (0, file.bytes)
    if start >= end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.bytes}"})
    response = _body(request, file, start, end)
    response["Content-Length"] = end - start
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    if asked:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end - 1}/{file.bytes}"
    return response


def _described(response, etag):
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    return response


def _range(request, etag):
    """("first", "last") of the one range asked for, as it stands in the header; None where the whole file is due."""
    asked = re.fullmatch(r"bytes=([0-9]{0,100})-([0-9]{0,100})", request.META.get("HTTP_RANGE", "").replace(" ", ""))
    if request.method != "GET" or not asked or request.META.get("HTTP_IF_RANGE", etag) != etag:
        return None
    first, last = asked.groups()
    is_backwards = first and last and int(last) < int(first)
    return None if is_backwards or not (first or last) else (first, last)


def _bounds(asked, size):
    """(start, end) within the file; an empty span where the range lies outside."""
    first, last = asked
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _body(request, file, start, end):
    if request.method == "HEAD":
        return HttpResponse(content_type=_type(file))
    whole = end - start == file.bytes
    body = keeping.opened(file.path) if whole else keeping.part(file.path, start, end)
    return FileResponse(body, content_type=_type(file))


def _type(file):
    return "application/vnd.apache.parquet" if file.name.endswith(SUFFIX) else "application/gzip"
