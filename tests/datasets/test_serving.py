"""Does a file arrive byte for byte, in parts where asked, and not again where it is known? (RFC 9110, 13 and 14)"""

import hashlib

import pytest
from django.test import RequestFactory

from labeling.datasets.models import File
from labeling.datasets.serving import file_response

BODY = bytes(range(256)) * 1000
ETAG = f'"{hashlib.sha256(BODY).hexdigest()}"'


@pytest.fixture
def file(data_directory):
    path = data_directory / "datasets" / "1" / "train.jsonl.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    return File(
        name="train.jsonl.gz", rows=1, bytes=len(BODY), sha256=ETAG.strip('"'), path="datasets/1/train.jsonl.gz"
    )


def get(file, method="GET", **headers):
    return file_response(RequestFactory().generic(method, "/", headers=headers), file)


def body(response):
    return b"".join(response) if response.streaming else response.content


def test_the_whole_file_is_streamed_with_its_hash_as_its_tag(file):
    response = get(file)

    assert response.streaming
    assert (response.status_code, body(response)) == (200, BODY)
    assert dict(response.headers) == {
        "Content-Type": "application/gzip",
        "Content-Length": str(len(BODY)),
        "Content-Disposition": 'attachment; filename="train.jsonl.gz"',
        "ETag": ETAG,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
    }


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_whoever_has_it_gets_304_and_no_body(file, known):
    response = get(file, **{"If-None-Match": known})

    assert (response.status_code, body(response), response["ETag"]) == (304, b"", ETAG)


def test_another_tag_gets_the_file(file):
    assert get(file, **{"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, len(BODY)),
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=70000-", 70000, len(BODY)),
        ("bytes=-500", len(BODY) - 500, len(BODY)),
        (f"bytes=5-{10**20}", 5, len(BODY)),
    ],
)
def test_one_range_is_answered_with_that_part(file, asked, start, end):
    response = get(file, Range=asked)

    assert (response.status_code, body(response)) == (206, BODY[start:end])
    assert response["Content-Range"] == f"bytes {start}-{end - 1}/{len(BODY)}"
    assert response["Content-Length"] == str(end - start)
    assert response["ETag"] == ETAG


def test_a_broken_download_is_taken_up_where_it_stopped(file):
    begun = body(get(file, Range="bytes=0-99999"))
    rest = body(get(file, Range="bytes=100000-", **{"If-Range": ETAG}))

    assert begun + rest == BODY


@pytest.mark.parametrize("tag", ['"older"', f"W/{ETAG}", "Sat, 22 Nov 2025 08:00:00 GMT"])
def test_a_range_of_another_file_gets_the_whole_of_this(file, tag):
    response = get(file, Range="bytes=100-", **{"If-Range": tag})

    assert (response.status_code, body(response)) == (200, BODY)


@pytest.mark.parametrize("asked", [f"bytes={len(BODY)}-", "bytes=-0", f"bytes={10**30}-"])
def test_a_range_outside_is_416_and_says_how_long_the_file_is(file, asked):
    response = get(file, Range=asked)

    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(BODY)}")


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,5-6", "bytes=a-b"])
def test_ranges_that_are_no_single_range_are_ignored(file, asked):
    response = get(file, Range=asked)

    assert (response.status_code, body(response)) == (200, BODY)


def test_head_says_all_but_the_bytes(file):
    whole, head = get(file), get(file, "HEAD", Range="bytes=0-1")

    assert (head.status_code, body(head)) == (200, b"")
    assert dict(head.headers) == dict(whole.headers)
