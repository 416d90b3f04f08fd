"""Does the database itself keep a frozen version from changing?"""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.datasets.models import DatasetVersion, File
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def frozen(project, rita):
    version = DatasetVersion.objects.create(
        kind="comparisons", format="grouped", choice_hash="c" * 64, number=1, requested_by=rita
    )
    version.projects.add(project)
    enter(version)
    DatasetVersion.objects.filter(pk=version.pk).update(
        state="frozen", frozen_at=timezone.now(), manifest={"rows": 1}, lease_until=None
    )
    return DatasetVersion.objects.get(pk=version.pk)


def enter(version, name="train.jsonl.gz"):
    return File.objects.create(
        version=version, name=name, split="train", rows=1, bytes=1, sha256="5" * 64, path=f"datasets/1/{name}"
    )


ATTEMPTS = {
    "rename": lambda version: DatasetVersion.objects.filter(pk=version.pk).update(format="trl"),
    "thaw": lambda version: DatasetVersion.objects.filter(pk=version.pk).update(
        state="freezing", frozen_at=None, manifest=None
    ),
    "edit the manifest": lambda version: DatasetVersion.objects.filter(pk=version.pk).update(manifest={}),
    "delete": lambda version: DatasetVersion.objects.filter(pk=version.pk)._raw_delete("default"),
    "edit a file": lambda version: version.files.update(sha256="0" * 64),
    "delete a file": lambda version: version.files.all().delete(),
    "add a file": lambda version: enter(version, "valid.jsonl.gz"),
    "drop a project": lambda version: version.projects.clear(),
    "add a project": lambda version: version.projects.add(ProjectFactory()),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_frozen_dataset_version_does_not_change(frozen, attempt):
    with (
        pytest.raises(IntegrityError, match="a frozen dataset version does not change"),
        transaction.atomic(),
    ):
        ATTEMPTS[attempt](frozen)


@pytest.mark.parametrize(
    ("attempt", "trigger"),
    [
        ("rename", "a_frozen_version_is_not_updated"),
        ("delete", "a_frozen_version_is_not_deleted"),
        ("edit a file", "a_frozen_version_keeps_its_files"),
        ("drop a project", "a_frozen_version_keeps_its_projects"),
    ],
)
def test_the_refusal_names_its_trigger(frozen, attempt, trigger):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        ATTEMPTS[attempt](frozen)

    assert refused.value.__cause__.diag.constraint_name == trigger


def test_whoever_asked_for_it_may_be_forgotten_and_nobody_put_in_their_place(frozen, rita, ada):
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        DatasetVersion.objects.update(requested_by=ada)

    DatasetVersion.objects.update(requested_by=None)

    frozen.refresh_from_db()
    assert frozen.requested_by is None


def test_a_version_that_failed_may_be_deleted(project):
    version = DatasetVersion.objects.create(
        kind="comparisons", format="grouped", choice_hash="c" * 64, number=1, state="failed", error="The disk is full."
    )
    version.projects.add(project)

    version.delete()

    assert not DatasetVersion.objects.exists()


def test_two_versions_of_a_choice_never_share_a_number(frozen):
    with pytest.raises(IntegrityError, match="versions_of_a_choice_are_numbered"):
        DatasetVersion.objects.create(kind="comparisons", format="grouped", choice_hash="c" * 64, number=1)


def test_a_version_is_not_frozen_without_a_manifest():
    with pytest.raises(IntegrityError, match="frozen_with_a_manifest"):
        DatasetVersion.objects.create(
            kind="comparisons", format="grouped", choice_hash="c" * 64, number=1, state="frozen"
        )


def test_a_version_does_not_fail_without_a_sentence():
    with pytest.raises(IntegrityError, match="failed_with_an_error"):
        DatasetVersion.objects.create(
            kind="comparisons", format="grouped", choice_hash="c" * 64, number=1, state="failed"
        )
