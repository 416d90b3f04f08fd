"""Are the prompts of a version found again, and no others?"""

import pytest

from labeling.datasets import freezing, tracing
from labeling.prompts.models import Prompt
from labeling.work import drawing
from tests.datasets.conftest import really
from tests.datasets.test_kinds import rate
from tests.factories import OwnerFactory, ProjectFactory, PromptFactory, ResponseFactory


@pytest.fixture
def feedback():
    """feedback(text) → its task in the project where feedback is rated."""
    project = ProjectFactory(kind="rating", k=1, only_references=True, overlap=3)

    def task(text, split="train"):
        prompt = PromptFactory(owner=OwnerFactory(split=split))
        ResponseFactory(prompt=prompt, endpoint=None, text=text)
        drawing.add_tasks(project=project, prompts=[prompt.pk])
        return project.tasks.get(prompt=prompt)

    return task


def frozen(project, **filters):
    return freezing.freeze_here(kind="sft", format="openai", projects=[project], filters=filters)


def tagged(tag):
    return set(Prompt.objects.filter(tags__contains=[tag]).values_list("pk", flat=True))


@really
def test_the_prompts_of_a_version_are_tagged_whatever_was_said_since(feedback, ann, bob, rita, client_of):
    good, fallen, other_split, bad, risen = (
        feedback(text, split)
        for text, split in [
            ("Say why.", "train"), ("Go on.", "train"), ("Cite it.", "test"), ("Nice.", "train"), ("Hm.", "train"),
        ]
    )  # fmt: skip
    for task, number in ((good, 7), (fallen, 6), (other_split, 6), (bad, 2), (risen, 3)):
        rate(task, ann, A=number)
    version = frozen(good.project, minimum_rating=6)
    rate(fallen, bob, A=1)
    rate(risen, bob, A=7), rate(risen, rita, A=7)
    client, page = client_of(rita), f"/admin/datasets/datasetversion/{version.pk}/"

    link = client.get(f"{page}change/").text
    asked = client.get(f"{page}tag/").text
    done = client.post(f"{page}tag/", {"tag": " in training "}, follow=True).text

    assert f'href="{page}tag/"' in link
    assert "Tag its prompts" in asked
    assert "3 prompts were tagged “in training”." in done
    assert tagged("in training") == {good.prompt_id, fallen.prompt_id, other_split.prompt_id}


@really
def test_a_version_too_large_for_the_page_is_refused_in_a_sentence(feedback, ann, rita, client_of, monkeypatch):
    task = feedback("Say why.")
    rate(task, ann, A=7)
    version = frozen(task.project, minimum_rating=6)
    monkeypatch.setattr(tracing, "MOST_ROWS", 0)

    refused = client_of(rita).post(f"/admin/datasets/datasetversion/{version.pk}/tag/", {"tag": "in training"}).text

    assert "the prompts are not looked up here: its lines name them." in refused
    assert tagged("in training") == set()


@really
def test_raw_labels_have_no_such_page(feedback, ann, rita, client_of):
    task = feedback("Say why.")
    rate(task, ann, A=7)
    version = freezing.freeze_here(kind="raw", format="native", projects=[task.project])

    assert client_of(rita).get(f"/admin/datasets/datasetversion/{version.pk}/tag/").status_code == 404
    assert "tag/" not in client_of(rita).get(f"/admin/datasets/datasetversion/{version.pk}/change/").text
