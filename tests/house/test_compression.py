"""Pages go out compressed; files and streams as they are."""

import gzip

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed_for_whoever_can_read_that(ann, client_of):
    answer = client_of(ann).get(reverse("desk:home"), headers={"accept-encoding": "gzip"})

    assert answer["Content-Encoding"] == "gzip"
    assert b"<main" in gzip.decompress(answer.content)


def test_a_stream_of_labels_is_not_held_up_by_compression(eve, client_of):
    headers = {"accept-encoding": "gzip", "accept": "application/x-ndjson"}
    answer = client_of(eve).get("/api/v1/labels/", headers=headers)

    assert (answer.status_code, answer.streaming, answer.has_header("Content-Encoding")) == (200, True, False)
