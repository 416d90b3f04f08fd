"""Are frozen datasets kept in a bucket as they are on a disk? On a real server of S3's protocol, on this machine."""

import contextlib
import gzip
import os
import subprocess
import sys
import time
from datetime import timedelta

import boto3
import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from moto.server import ThreadedMotoServer

from labeling.datasets import differences, freezing, leases
from labeling.datasets.models import DatasetVersion
from tests.api.conftest import rest  # noqa: F401
from tests.celery_worker import until
from tests.datasets.conftest import lines_of, really
from tests.factories.labels import rank

pytestmark = [really, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
BUCKET = "attune-datasets"


@pytest.fixture
def s3(monkeypatch):
    """Its address."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3, settings):
    made = boto3.resource("s3", endpoint_url=s3).create_bucket(Bucket=BUCKET)
    options = {"bucket_name": BUCKET, "endpoint_url": s3, "region_name": None, "default_acl": None}
    settings.STORAGES = settings.STORAGES | {
        "datasets": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    }
    yield made
    empty(made)  # the server keeps its things until the process ends


def empty(bucket):
    with contextlib.suppress(bucket.meta.client.exceptions.NoSuchBucket):
        bucket.objects.all().delete()


@pytest.fixture
def ranked(ann, project, task_of):
    for _ in range(3):
        rank(task_of(project), ann, "A > B=C > D")
    return project


def frozen(project):
    return freezing.freeze_here(kind="comparisons", format="grouped", projects=[project])


def test_all_of_a_version_is_in_the_bucket_and_nothing_on_the_disk(ranked, bucket, data_directory):
    version = frozen(ranked)

    assert (version.state, version.error) == ("frozen", "")
    file = version.files.get()
    folder = file.path.removesuffix("/train.jsonl.gz")
    assert folder.startswith(f"datasets/{version.pk}/")
    assert [one.key for one in bucket.objects.all()] == [
        f"{folder}/{name}" for name in ("README.md", "manifest.json", "prompts.txt", "train.jsonl.gz")
    ]
    content = bucket.Object(file.path).get()["Body"].read()
    assert len(gzip.decompress(content).splitlines()) == file.rows == 3
    assert list((data_directory / "datasets").iterdir()) == []


def test_files_are_downloaded_whole_and_in_part_compared_and_copied_out(ranked, bucket, rest, eve, tmp_path):  # noqa: F811
    before, version = frozen(ranked), frozen(ranked)
    file = version.files.get()
    address = f"/api/v1/datasets/{version.pk}/files/{file.name}"
    content = bucket.Object(file.path).get()["Body"].read()

    whole, some = rest(eve).get(address), rest(eve).get(address, headers={"Range": "bytes=10-19"})
    call_command("freeze", "comparisons", project=["Rank answers"], format="grouped", out=tmp_path / "out")

    assert b"".join(whole.streaming_content) == content
    assert (some.status_code, b"".join(some.streaming_content)) == (206, content[10:20])
    assert rest(eve).get(f"/api/v1/datasets/{version.pk}/card/").getvalue().startswith(b"---\n")
    assert differences.between(before, version)["splits"] == {"train": {"kept": 3, "added": 0, "removed": 0}}
    assert len(lines_of(tmp_path / "out" / "train.jsonl.gz")) == 3


def test_a_slow_upload_keeps_its_lease_and_no_lock(ranked, bucket, monkeypatch):
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=2))
    version = freezing.request_dataset(kind="comparisons", format="grouped", projects=[ranked])
    slow_seen = []
    save = storages["datasets"].save

    def slowly(name, content):
        begun = time.monotonic()
        until(lambda: time.monotonic() > begun + 1)
        with transaction.atomic():
            waiting = DatasetVersion.objects.select_for_update(nowait=True).get(pk=version.pk)
        slow_seen.append(waiting.lease_until > timezone.now())
        return save(name, content)

    monkeypatch.setattr(storages["datasets"], "save", slowly)

    assert freezing.freeze(version_id=version.pk)
    assert slow_seen == [True] * 4


def test_a_bucket_that_is_not_there_fails_the_version_with_a_sentence(ranked, bucket):
    bucket.delete()

    version = frozen(ranked)

    assert version.state == "failed"
    assert version.error.startswith("The files could not be written: the bucket did not take README.md: ")


def test_the_environment_names_the_bucket():
    code = (
        "from django.core.files.storage import storages; s = storages['datasets']; print(s.bucket_name, s.endpoint_url)"
    )
    environ = {**os.environ, "DATASETS_S3_BUCKET": BUCKET, "DATASETS_S3_URL": "https://s3.example"}

    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code], env=environ, capture_output=True, text=True
    )

    assert told.stdout.split() == [BUCKET, "https://s3.example"], told.stderr
