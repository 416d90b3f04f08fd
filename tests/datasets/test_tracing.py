"""Are the prompts of a version found again, and no others?"""

import pytest

from labeling.candidates.models import Response
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
@pytest.mark.parametrize("format", ["trl", "openai"])
def test_all_prompts_are_found_whatever_has_changed_of_their_models_and_texts(feedback, ann, bob, format):
    tasks = [feedback(text) for text in ("Say why.", "Go on.")]
    for task in tasks:
        rate(task, ann, A=7)
    version = freezing.freeze_here(
        kind="sft", format=format, projects=[tasks[0].project], filters={"minimum_rating": 6}
    )
    Response.objects.update(text="Say something else.")
    Prompt.objects.update(messages=[{"role": "user", "content": "What was asked is redacted."}])

    assert tracing.tag_prompts(version=version, tag="in training") == (2, 0)
    assert tagged("in training") == {task.prompt_id for task in tasks}


@really
def test_the_page_says_how_many_prompts_are_no_longer_there(feedback, ann, rita, client_of):
    task = feedback("Say why.")
    rate(task, ann, A=7)
    version = frozen(task.project, minimum_rating=6)
    ids = freezing.folder_of(version) / freezing.PROMPTS
    ids.chmod(0o644)
    ids.write_text(f"{ids.read_text()}{10**9}\n")

    said = client_of(rita).post(
        f"/admin/datasets/datasetversion/{version.pk}/tag/", {"tag": "in training"}, follow=True
    ).text  # fmt: skip

    assert "1 prompt was tagged “in training”." in said
    assert "1 prompt of this version is no longer there." in said


@really
def test_more_prompts_than_a_page_can_tag_are_refused_in_a_sentence(feedback, ann, rita, client_of, monkeypatch):
    task = feedback("Say why.")
    rate(task, ann, A=7)
    version = frozen(task.project, minimum_rating=6)
    monkeypatch.setattr(tracing, "MOST", 0)

    refused = client_of(rita).post(f"/admin/datasets/datasetversion/{version.pk}/tag/", {"tag": "in training"}).text

    assert "This version is made of 1 prompts, and up to 0 are tagged at once." in refused
    assert tagged("in training") == set()


@really
def test_raw_labels_have_no_such_page(feedback, ann, rita, client_of):
    task = feedback("Say why.")
    rate(task, ann, A=7)
    version = freezing.freeze_here(kind="raw", format="native", projects=[task.project])

    assert client_of(rita).get(f"/admin/datasets/datasetversion/{version.pk}/tag/").status_code == 404
    assert "tag/" not in client_of(rita).get(f"/admin/datasets/datasetversion/{version.pk}/change/").text
