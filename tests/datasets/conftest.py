"""A ranking project with tasks, and freezing as it really happens: outside of any test's transaction."""

import gzip
from pathlib import Path

import orjson
import pytest

from tests.factories import OwnerFactory, ProjectFactory, PromptFactory, TaskFactory

# Freezing needs transactions of its own.
really = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(db):
    return ProjectFactory(name="Rank answers")


@pytest.fixture
def task_of():
    """A task of the project, with a prompt in the split; the candidates' texts may be given."""

    def make(project, split="train", texts=None, **prompt):
        owner = OwnerFactory(split=split)
        return TaskFactory(project=project, prompt=PromptFactory(owner=owner, **prompt), candidates=texts)

    return make


@pytest.fixture(autouse=True)
def data_directory(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "data"
    return settings.MEDIA_ROOT


def lines_of(path):
    return [orjson.loads(line) for line in gzip.decompress(Path(path).read_bytes()).splitlines()]
