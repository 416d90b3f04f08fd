"""Is a choice refused where it makes no sense, and the same wherever it means the same?"""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from labeling.datasets.choosing import choose, labels, preview_counts
from labeling.people.models import Cohort
from labeling.work.models import Project, Task
from tests.factories import ProjectFactory
from tests.factories.labels import rank

pytestmark = pytest.mark.django_db


def chosen(project, **filters):
    return choose(kind="comparisons", format="grouped", projects=[project], filters=filters)


def refusal(**asked):
    with pytest.raises(ValidationError) as refused:
        choose(**{"kind": "comparisons", "format": "grouped", **asked})
    return refused.value.message_dict


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"kind": "csv"},
            "There is no kind of dataset called “csv”; choose from sft, comparisons, unpaired, prompts, ratings, raw.",
        ),
        ({"format": "csv"}, "There is no format “csv” for comparisons; choose from grouped, trl, openai, hh, webgpt."),
        ({"projects": []}, "Choose at least one project."),
        ({"projects": [10**6]}, "There is no project 1000000."),
        ({"projects": ["x"]}, "A project is named by its id, a whole number, unlike 'x'."),
        (
            {"filters": {"mood": 1}},
            "There is no filter “mood” for comparisons; choose from cohort, split, since, until, programs, source.",
        ),
        ({"filters": ["train"]}, "Filters are an object of names and values."),
        (
            {"filters": {"cohort": "both"}},
            "The filter “cohort” knows no “both”; choose from training, held_out.",
        ),
        ({"filters": {"split": []}}, "The filter “split” knows no “[]”; choose from train, valid, test."),
        (
            {"filters": {"since": "soon"}},
            "The filter “since” is a date or a time in ISO 8601, such as 2026-11-22, unlike 'soon'.",
        ),
        (
            {"filters": {"until": "0001-01-01T00:00+14:00"}},
            "The filter “until” is a date or a time in ISO 8601, such as 2026-11-22, unlike '0001-01-01T00:00+14:00'.",
        ),
        ({"filters": {"programs": "no"}}, "The filter “programs” is true or false, unlike 'no'."),
        (
            {"filters": {"since": "2026-02-01", "until": "2026-01-01"}},
            "“since” must lie before “until”.",
        ),
    ],
    ids=str,
)
def test_a_wrong_choice_is_refused_in_a_sentence(project, wrong, sentence):
    assert refusal(**{"projects": [project], **wrong}) == {next(iter(wrong)): [sentence]}


def test_purposes_are_never_mixed(project):
    judged = ProjectFactory(name="Judge", purpose="evaluation")

    assert refusal(projects=[judged, project]) == {
        "projects": [
            "Purposes are never mixed in one dataset: “Rank answers” serves training, “Judge” serves evaluation."
        ]
    }


@pytest.mark.parametrize("purpose", ["screening", "calibration"])
def test_tests_of_labelers_never_become_training_data(purpose):
    test = ProjectFactory(name="A test", purpose=purpose)

    assert refusal(projects=[test]) == {
        "projects": [f"“A test” serves {purpose}; its labels are never frozen into a dataset."]
    }


def test_comparisons_come_from_rankings_only(project):
    Project.objects.update(kind="demonstration")

    assert refusal(projects=[project]) == {
        "projects": ["“Rank answers” is a demonstration project; comparisons come from ranking projects only."]
    }


def test_the_same_choice_has_the_same_hash_however_it_is_said(project):
    other = ProjectFactory()
    said = [
        choose(kind="comparisons", format="grouped", projects=projects, filters=filters)
        for projects, filters in (
            ([project, other], {"since": "2026-01-01", "cohort": "training"}),
            ([other.pk, project.pk, other], {"cohort": Cohort.TRAINING, "since": "2026-01-01T09:00:00+09:00"}),
            ([project, other], {"cohort": "training", "since": date(2026, 1, 1), "until": None, "programs": False}),
        )
    ]

    assert len({choice.hash for choice in said}) == 1
    assert said[0].filters == {"cohort": "training", "since": "2026-01-01T00:00:00+00:00"}


def test_a_threshold_is_the_same_as_a_number_a_fraction_or_left_to_the_middle():
    rating = ProjectFactory(kind="rating", k=1)
    said = [
        choose(kind="unpaired", format="trl", projects=[rating], filters=filters)
        for filters in ({"threshold": 4}, {"threshold": 4.0}, {})
    ]

    assert [choice.filters for choice in said] == [{"threshold": 4.0}] * 3
    assert len({choice.hash for choice in said}) == 1


def test_another_choice_has_another_hash(project):
    assert chosen(project).hash != chosen(project, programs=True).hash
    assert chosen(project).hash != choose(kind="comparisons", format="trl", projects=[project]).hash


def test_the_cohort_filter_keeps_the_others_out(ann, hal, task_of):
    project = ProjectFactory(purpose="evaluation", cohort="any", overlap=2)
    task = task_of(project)
    by_ann, by_hal = rank(task, ann, "A > B > C > D"), rank(task, hal, "A > B > C > D")

    assert list(labels(chosen(project, cohort="training"))) == [by_ann]
    assert list(labels(chosen(project, cohort="held_out"))) == [by_hal]
    assert set(labels(chosen(project))) == {by_ann, by_hal}


def test_the_split_filter_takes_the_prompts_owners_split(ann, project, task_of):
    by_split = {split: rank(task_of(project, split), ann, "A > B > C > D") for split in ("train", "valid", "test")}

    for split, label in by_split.items():
        assert list(labels(chosen(project, split=split))) == [label]


def test_consecutive_spans_of_time_share_no_label_and_lose_none(ann, project, task_of):
    days = [rank(task_of(project), ann, "A > B > C > D", at=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3)]

    assert list(labels(chosen(project, until="2026-01-02"))) == days[:1]
    assert set(labels(chosen(project, since="2026-01-02"))) == set(days[1:])


def test_the_preview_counts_what_would_leave(ann, bob, project, task_of):
    train, valid = task_of(project), task_of(project, "valid")
    Task.objects.update(seats=2)
    rank(train, ann, "B > A=C > D")
    rank(train, bob, "A=B=C=D")
    rank(valid, ann, "A > B > C > D")

    assert preview_counts(chosen(project)) == {
        "labelers": 2,
        "rankings": 3,
        "pairs": 11,
        "ties": 7,
        "splits": [
            {"split": "train", "rankings": 2, "pairs": 5, "ties": 7},
            {"split": "valid", "rankings": 1, "pairs": 6, "ties": 0},
        ],
    }


def test_the_preview_of_nothing_is_zeros(project):
    assert preview_counts(chosen(project)) == {"labelers": 0, "rankings": 0, "pairs": 0, "ties": 0, "splits": []}
