"""Is what the demo consists of there after it was loaded, once however often?"""

import pytest

from labeling.demo import loading
from labeling.people.models import User
from labeling.work.models import Project, Task

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_projects_stand_ready_and_loading_again_changes_nothing():
    loading.load()
    before = list(Task.objects.order_by("pk").values_list("pk", "project", "prompt"))

    project = loading.load()

    assert project.name == "Rank the answers"
    assert list(Project.objects.values_list("name", "kind", "state")) == [
        ("Rank the answers", "ranking", "open"),
        ("Write demonstrations", "demonstration", "open"),
    ]
    assert list(Task.objects.order_by("pk").values_list("pk", "project", "prompt")) == before
    assert User.objects.count() == len(loading.ACCOUNTS)


def test_demonstrations_are_written_to_prompts_that_no_model_has_answered():
    loading.load()

    tasks = Task.objects.filter(project__name="Write demonstrations")

    assert tasks.count() == 6
    assert not tasks.filter(prompt__responses__endpoint__isnull=False).exists()
    assert not tasks.filter(candidates__isnull=False).exists()
