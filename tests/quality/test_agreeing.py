"""Do the sums in SQL say what the plain functions say, and of the right labels?"""

import random
from itertools import combinations
from statistics import mean

import pytest

from labeling.quality.agreeing import labels_of, of_answers, of_rankings
from labeling.stats.agreement import TIE_HALF, pair_agreement, tau_b
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory
from tests.factories.labels import assign, rank, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return ProjectFactory(overlap=6)


def order(ranks):
    """[2, 1, 2, 3] as a labeler would have put it: "B > A=C > D"."""
    groups = [[letter for letter, rank in zip("ABCD", ranks, strict=True) if rank == one] for one in sorted(set(ranks))]
    return " > ".join("=".join(group) for group in groups)


def test_rankings_by_several_are_compared_as_the_plain_functions_do(project):
    chance = random.Random(1)
    people = [LabelerFactory() for _ in range(3)]
    said = []
    for hands in (1, 2, 3, 3, 2):
        task = TaskFactory(project=project)
        ranks = [[chance.randint(1, 3) for _ in range(4)] for _ in range(hands)]
        for person, own in zip(people, ranks, strict=False):
            rank(task, person, order(own), shown=chance.sample(range(4), 4), answers={})
        said.append((task, ranks))

    found = of_rankings(labels_of(project))

    # The letters of a sheet are those of its own shuffle, so the ranks are read back by candidate.
    by_task = [_ranks_by_candidate(task) for task, ranks in said if len(ranks) > 1]
    pairs_of_people = [list(combinations(task, 2)) for task in by_task]
    with_ties = [mean(pair_agreement(*two, TIE_HALF) for two in pairs) for pairs in pairs_of_people]
    taus = [[tau for two in pairs if (tau := tau_b(*two)) is not None] for pairs in pairs_of_people]
    assert found.tie_half.value == pytest.approx(mean(with_ties))
    assert found.tau_b.value == pytest.approx(mean(mean(of_task) for of_task in taus if of_task))
    assert (found.tasks, found.tie_half.n) == (4, 4)


def _ranks_by_candidate(task):
    labels = [assignment.labels.get() for assignment in task.assignments.all()]
    places = [{place.slot.candidate.ordinal: place.rank for place in label.ranking.places.all()} for label in labels]
    return [[ranks[ordinal] for ordinal in range(4)] for ranks in places]


def test_a_pair_that_either_calls_a_tie_is_left_out_or_counts_half(project, ann, bob):
    task = TaskFactory(project=project)
    rank(task, ann, "A > B > C > D")
    rank(task, bob, "B > A > C=D")

    found = of_rankings(labels_of(project))

    assert (found.without_ties.value, found.pairs) == (0.8, 5)
    assert found.tie_half.value == pytest.approx(4.5 / 6)


def test_a_task_that_many_did_weighs_no_more_than_another(project):
    many, two = TaskFactory(project=project), TaskFactory(project=project)
    for _ in range(6):
        rank(many, LabelerFactory(), "A > B > C > D")
    rank(two, LabelerFactory(), "A > B > C > D")
    rank(two, LabelerFactory(), "D > C > B > A")

    assert of_rankings(labels_of(project)).without_ties.value == 0.5


def test_where_everything_is_tied_there_is_a_reason_and_no_number(project, ann, bob):
    task = TaskFactory(project=project)
    rank(task, ann, "A=B=C=D")
    rank(task, bob, "A > B > C > D")

    found = of_rankings(labels_of(project))

    assert (found.without_ties.value, found.without_ties.why, found.tau_b.why) == (None, "all_ties", "all_ties")


def test_labels_of_one_person_alone_and_revisions_are_compared_with_nothing(project, ann):
    task = TaskFactory(project=project)
    label = rank(task, ann, "A > B > C > D", ratings={"A": 7})
    say(label.assignment, "D > C > B > A", ratings={"A": 1})

    assert of_rankings(labels_of(project)) is None
    assert of_answers(labels_of(project)) == []


def test_programs_count_only_where_they_are_asked_for(project, ann, judge):
    task = TaskFactory(project=project)
    rank(task, ann, "A > B > C > D")
    rank(task, judge, "A > B > D > C")

    assert of_rankings(labels_of(project)) is None
    assert of_rankings(labels_of(project, with_programs=True)).without_ties.value == pytest.approx(5 / 6)


def test_only_the_newest_tasks_are_looked_at_where_there_are_too_many(project, ann, bob):
    for theirs in ("D > C > B > A", "A > B > C > D", "A > B > C > D"):
        task = TaskFactory(project=project)
        rank(task, ann, "A > B > C > D")
        rank(task, bob, theirs)

    found = of_rankings(labels_of(project), most_tasks=2)

    assert (found.tasks, found.without_ties.value) == (2, 1.0)


def test_answers_are_compared_by_question_and_response(project, ann, bob):
    task = TaskFactory(project=project)
    for person, quality, fails in ((ann, 6, True), (bob, 5, False)):
        sheet = assign(task, person, shown=[0, 1, 2, 3] if person == ann else [1, 0, 2, 3])
        mine, other = ("A", "B") if person == ann else ("B", "A")
        flags = {mine: {"fails_task": True}, other: {"fails_task": fails}, "C": {"fails_task": None}}
        say(sheet, None, ratings={mine: quality, other: 3}, answers=flags)

    found = {one["key"]: one for one in of_answers(labels_of(project))}

    assert set(found) == {"fails_task", "overall_quality"}
    quality, fails = found["overall_quality"], found["fails_task"]
    assert (quality["units"], quality["agreement"].value, quality["within_1"].value) == (2, 0.5, 1.0)
    assert (fails["units"], fails["agreement"].value, fails["within_1"]) == (2, 0.5, None)
    assert fails["positive_agreement"].value == pytest.approx(2 / 3)
    assert quality["positive_agreement"] is None


def test_a_flag_that_nobody_raises_gives_a_reason_and_no_number(project, ann, bob):
    task = TaskFactory(project=project)
    for person in (ann, bob):
        rank(task, person, "A > B > C > D", answers={"A": {"fails_task": False}})

    [found] = of_answers(labels_of(project))

    assert (found["agreement"].value, found["positive_agreement"].why, found["alpha"].why) == (
        1.0, "one_sided", "all_alike",
    )  # fmt: skip
