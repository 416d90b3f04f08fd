"""What is said of a version as a whole: its card, what changed since the last, and what would train to nothing."""

import pytest
import yaml

from labeling.datasets import cards, differences, freezing
from labeling.prompts.models import Source
from labeling.surveys.models import Demographics, Satisfaction
from labeling.work import drawing
from tests.datasets.conftest import really
from tests.datasets.test_kinds import by_text, drawn, rate, write
from tests.factories import OwnerFactory, ProjectFactory, SourceFactory
from tests.factories.labels import rank


def frozen(project, kind="comparisons", format="grouped", **filters):
    return freezing.freeze_here(kind=kind, format=format, projects=[project], filters=filters)


@really
@pytest.mark.parametrize(("good", "which"), [(7, "good"), (1, "bad")])
def test_a_file_of_good_or_of_bad_responses_alone_is_refused(ann, good, which):
    project = ProjectFactory(kind="rating", k=2)
    rate(drawn(project, ["a", "b"], owner=OwnerFactory(split="train")), ann, A=good, B=good)

    version = frozen(project, "unpaired", "trl")

    assert (version.state, version.error) == (
        "failed",
        f"Every response of “train” would be {which}, and from one label alone nothing is learned: choose another "
        "threshold, or more projects.",
    )


@really
def test_where_one_split_alone_teaches_nothing_the_way_out_is_named(ann):
    project = ProjectFactory(kind="rating", k=2)
    for split, second in (("train", 1), ("test", 6)):
        rate(drawn(project, [f"{split} a", f"{split} b"], owner=OwnerFactory(split=split)), ann, A=7, B=second)

    version = frozen(project, "unpaired", "trl")

    assert version.error == (
        "Every response of “test” would be good, and from one label alone nothing is learned: choose another "
        "threshold, or more projects, or freeze “train” alone by the filter “split”."
    )
    assert frozen(project, "unpaired", "trl", split="train").is_frozen


@really
def test_good_and_bad_responses_together_are_frozen(ann):
    project = ProjectFactory(kind="rating", k=2)
    rate(drawn(project, ["a", "b"], owner=OwnerFactory(split="train")), ann, A=7, B=1)

    version = frozen(project, "unpaired", "trl")

    assert (version.state, version.manifest["responses"]) == ("frozen", {"train": 2})


@really
def test_a_file_too_small_for_its_trainer_is_warned_of(ann, project, task_of):
    rank(task_of(project), ann, "A > B > C=D")

    assert frozen(project, format="openai").manifest["warnings"] == [
        "train.jsonl.gz has 5 rows; OpenAI's fine-tuning takes no file of fewer than 10."
    ]
    assert frozen(project, format="trl").manifest["warnings"] == []


@really
def test_a_card_stands_beside_the_files_in_the_hubs_form(ann, project, task_of):
    rank(task_of(project, "train", language="ko"), ann, "A > B > C > D")
    rank(task_of(project, "valid"), ann, "A=B=C=D")

    version = frozen(project, format="trl", cohort="training")

    text = (freezing.folder_of(version) / cards.NAME).read_text()
    front, body = text.removeprefix("---\n").split("\n---\n", 1)
    said = yaml.safe_load(front)
    assert said["configs"] == [{"config_name": "default", "data_files": [{"split": "train", "path": "train.jsonl.gz"}]}]
    assert (said["language"], said["size_categories"]) == (["ko"], ["n<1K"])
    assert "license" not in said
    assert "2 rankings in 6 lines" in body
    how = "training; ranking of 4 responses, each rated before; each task for 1 labeler"
    assert f"\n- Rank answers ({how})\n" in body
    assert "- 1 rankings without a preference" in body
    assert "- training: 1" in body
    assert f"`{version.files.get().sha256}`" in body


@really
def test_a_card_names_the_license_that_all_sources_have(ann, project, task_of):
    tasks = [task_of(project), task_of(project)]
    for task in tasks:
        rank(task, ann, "A > B > C > D")
    Source.objects.update(license="cc-by-4.0")

    of_one = (freezing.folder_of(frozen(project)) / cards.NAME).read_text()
    Source.objects.filter(prompts__tasks=tasks[0]).update(license="")
    of_two = (freezing.folder_of(frozen(project)) / cards.NAME).read_text()

    assert yaml.safe_load(of_one.split("---\n")[1])["license"] == "cc-by-4.0"
    assert "license" not in yaml.safe_load(of_two.split("---\n")[1])
    first, second = (task.prompt.source.name for task in tasks)
    assert f"Prompts come from {first} (cc-by-4.0), {second} (cc-by-4.0). " in of_one
    assert f"Prompts come from {first} (license not said), {second} (cc-by-4.0). " in of_two


@really
def test_a_card_names_sources_and_languages_of_the_lines_alone(ann, project, task_of):
    source = SourceFactory(name="lakes", license="mit")
    for split, language in (("train", "ko"), ("train", ""), ("valid", "en"), ("valid", "en"), ("valid", "")):
        rank(task_of(project, split, source=source, language=language), ann, "A > B > C > D")
    rank(task_of(project, "train", source=SourceFactory(name="tied"), language="fr"), ann, "A=B=C=D")

    whole, valid = frozen(project, format="trl"), frozen(project, format="trl", split="valid")

    assert whole.manifest["sources"] == [{"name": "lakes", "license": "mit", "prompts": 5}]
    assert whole.manifest["languages"] == {"en": 2, "ko": 1}
    front = yaml.safe_load((freezing.folder_of(whole) / cards.NAME).read_text().split("---\n")[1])
    assert (front["language"], front["license"]) == (["en", "ko"], "mit")
    front = yaml.safe_load((freezing.folder_of(valid) / cards.NAME).read_text().split("---\n")[1])
    assert front["language"] == ["en"]


@really
def test_a_card_names_where_prompts_come_from_that_labelers_wrote(ann):
    project = ProjectFactory(kind="demonstration", prompt_types=["plain"], name="Write")
    drawing.add_unwritten_tasks(project=project, number=1)
    write(project, ann, {"text": "Blue.", "prompt": {"type": "plain", "text": "Name a colour."}})

    card = (freezing.folder_of(frozen(project, "sft", "trl")) / cards.NAME).read_text()

    assert f"Prompts come from {Source.objects.get().name} (license not said). " in card


@really
def test_a_card_says_how_far_people_agree_in_what_both_put_in_order(ann, bob, project, task_of):
    shared, other = task_of(project), task_of(project)
    project.overlap = 2
    project.save()
    type(shared).objects.update(seats=2)
    rank(shared, ann, "A > B > C > D")
    rank(shared, bob, "B > A > C=D")  # A and B the other way round, C and D alike
    rank(other, ann, "A > B > C > D")
    rank(other, bob, "A > B=C=D")
    rank(task_of(project), ann, "A > B > C > D")

    version = frozen(project)

    found = version.manifest["agreement"]
    assert (found["share"], found["pairs"], found["tasks"]) == (0.9, 8, 2)  # of 0.8 and 1.0
    card = (freezing.folder_of(version) / cards.NAME).read_text()
    assert "they agreed in 90.0% (95 %: " in card
    assert "of 8 cases, averaged within each of 2 tasks and then over them." in card


@really
def test_a_card_says_what_was_said_in_surveys_where_it_tells_of_nobody(ann, project, task_of):
    rank(task_of(project), ann, "A > B > C > D")
    Demographics.objects.bulk_create(Demographics(quarter="2020Q1", gender="female") for _ in range(9))
    Demographics.objects.bulk_create(Demographics(quarter="2020Q1", gender="male") for _ in range(6))
    Satisfaction.objects.bulk_create(Satisfaction(project=project, quarter="2020Q1", clear=4) for _ in range(6))

    card = (freezing.folder_of(frozen(project)) / cards.NAME).read_text()

    assert "\n15 of this installation's labelers have said something about themselves" in card
    assert "\n- gender: male 6, female 9, nonbinary / other –\n" in card
    assert "\n- Rank answers, 2020Q1 (6 people): the instructions were clear 4.00, " in card


@really
def test_what_changed_is_counted_line_by_line(ann, bob, project, task_of):
    first, second = task_of(project), task_of(project)
    rank(first, ann, "A > B > C > D")
    before = frozen(project)
    rank(second, bob, "A > B > C > D")
    after = frozen(project)

    changes = differences.between(differences.earlier_of(after), after)

    assert differences.earlier_of(before) is None
    assert changes["splits"] == {"train": {"kept": 1, "added": 1, "removed": 0}}
    assert changes["facts"]["rankings"] == [{"train": 1}, {"train": 2}]
    assert "filters" not in changes["facts"]


@really
def test_lines_that_are_the_same_count_as_often_as_they_are_there(ann):
    project = ProjectFactory(k=2)
    prompt = {"messages": [{"role": "user", "content": "Name a river."}], "owner": OwnerFactory(split="train")}
    versions = []
    for number in (1, 2):
        for _ in range(number):
            task = drawn(project, ["The Han", "No"], **prompt)
            rank(task, ann, "A > B", shown=by_text(task, "The Han", "No"))
        versions.append(frozen(project, format="openai"))

    assert differences.between(*versions)["splits"] == {"train": {"kept": 1, "added": 2, "removed": 0}}


@really
def test_files_too_long_to_compare_are_named(ann, bob, rita, client_of, project, task_of, monkeypatch):
    monkeypatch.setattr(differences, "MOST_ROWS", 0)
    rank(task_of(project), ann, "A > B > C > D")
    before = frozen(project)
    rank(task_of(project), bob, "A > B > C > D")
    after = frozen(project)

    changes = differences.between(before, after)
    page = client_of(rita).get(f"/admin/datasets/datasetversion/{after.pk}/changes/").text

    assert (changes["splits"], changes["not_compared"]) == ({}, ["train"])
    assert changes["facts"]["rankings"] == [{"train": 1}, {"train": 2}]
    assert "Too long to be compared line by line while you wait: train." in page


@really
def test_files_that_are_the_same_to_the_byte_are_compared_without_reading_them(ann, project, task_of):
    rank(task_of(project), ann, "A > B > C > D")
    before, after = frozen(project), frozen(project)
    for version in (before, after):
        (freezing.folder_of(version) / "train.jsonl.gz").unlink()

    assert differences.between(before, after)["splits"] == {"train": {"kept": 1, "added": 0, "removed": 0}}


@really
def test_the_page_shows_what_changed(ann, bob, rita, client_of, project, task_of):
    rank(task_of(project), ann, "A > B > C > D")
    first = frozen(project)
    rank(task_of(project), bob, "A > B > C > D")
    version = frozen(project)
    client = client_of(rita)

    page = client.get(f"/admin/datasets/datasetversion/{version.pk}/changes/").content.decode()
    none = client.get(f"/admin/datasets/datasetversion/{first.pk}/changes/").content.decode()
    card = client.get(f"/admin/datasets/datasetversion/{version.pk}/card/")

    assert "Lines, from version 1 to version 2" in page
    assert '<th scope="row">train</th><td>1</td><td>1</td><td>0</td>' in page
    assert "This is the first version of its choice." in none
    assert b"".join(card).startswith(b"---\npretty_name: comparisons grouped 2\n")
