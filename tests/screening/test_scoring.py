"""Do results say what was answered, by hand?"""

import pytest
from scipy.stats import kendalltau

from labeling.labels.models import Label
from labeling.quality import grading as grades
from labeling.screening import comparing, grading, keys, publishing, saying, scoring, taking
from labeling.screening.models import Criterion, Result, Test
from labeling.stats.agreement import flag_agreement
from labeling.stats.intervals import wilson
from labeling.work import projects, queue, steering
from tests.factories import UserFactory
from tests.factories.screening import applicant, attempt_of, keyed_test, work_through
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db


def results_of(attempt):
    return {result.criterion: result for result in attempt.results.all()}


def test_the_right_answers_agree_with_the_key_throughout(test, abe):
    results = results_of(attempt_of(abe, test))

    flags, rankings = results[Criterion.FLAGS], results[Criterion.RANKINGS]
    assert (flags.value, flags.n, flags.high) == (1.0, 4, 1.0)
    assert (flags.low, flags.measures["kappa"]["value"]) == (pytest.approx(wilson(4, 4).low), 1.0)
    assert flags.measures["counts"] == {"both_yes": 4, "missed": 0, "false_alarms": 0, "both_no": 4}
    assert (rankings.value, rankings.n, rankings.measures["tau_b"]["value"]) == (1.0, 2, 1.0)
    assert results[Criterion.SELF_ASSESSMENT].measures == {"chosen": {"topics": ["hate"], "groups": ["old"]}}
    assert Criterion.PRACTICE not in results


def test_the_opposite_agrees_nowhere(test, abe):
    results = results_of(attempt_of(abe, test, flip=True, reverse=True))

    flags, rankings = results[Criterion.FLAGS], results[Criterion.RANKINGS]
    assert (flags.value, flags.measures["recall"]["value"], flags.measures["kappa"]["value"]) == (0.0, 0.0, -1.0)
    assert rankings.value == 0.0
    by_scipy = (kendalltau([2, 1, 3, 4], [3, 4, 2, 1]).statistic + kendalltau([1, 3, 2, 2], [3, 1, 2, 2]).statistic) / 2
    assert rankings.measures["tau_b"]["value"] == pytest.approx(by_scipy)


def test_of_more_items_than_one_person_is_asked_those_count_that_everybody_is_asked(rita, abe):
    test = keyed_test(rita)
    flags = section_of(test, Criterion.FLAGS)
    for priority, task in enumerate(flags.project.tasks.all()):
        steering.reprioritise(tasks=flags.project.tasks.filter(pk=task.pk), priority=priority)
    projects.change_project(project=flags.project, by=rita, most_per_labeler=2)
    test = publishing.publish(test=test, by=rita)
    Test.objects.filter(pk=test.pk).update(is_open=True)
    attempt = taking.begin(test=test, applicant=abe)
    for criterion in (Criterion.PRACTICE, Criterion.FLAGS):
        section = section_of(test, criterion)
        taking.open_section(attempt=attempt, section=section)
        if criterion == Criterion.FLAGS:
            queue.skip(assignment=queue.next_assignment(labeler=abe, project=section.project))
        labels = work_through(section, abe)
        taking.finish_section(attempt=attempt, section=section)
    taking.hand_in(attempt=attempt)

    found = results_of(attempt)[Criterion.FLAGS]

    assert [label.assignment.task_id for label in labels] == keys.asked(section)[1:]
    assert (found.n, found.measures["answered"], found.measures["items"]) == (1, 1, 2)
    assert [len(part.items) for part in comparing.parts_of(attempt) if part.criterion == "flags"] == [2]


def test_pairs_that_were_tied_are_counted_against_those_that_the_key_orders(test, abe, monkeypatch):
    monkeypatch.setattr("tests.factories.screening.ORDERS", ["b=a=c > d", "a > c=d=b"])

    found = results_of(attempt_of(abe, test))[Criterion.RANKINGS]

    assert (found.value, found.measures["pairs"], found.measures["pairs_possible"]) == (1.0, 6, 11)
    assert found.measures["tau_b"]["value"] < 0.8


def test_whoever_never_flags_is_told_that_and_not_that_nothing_was_answered():
    found = flag_agreement([[(True, False)]] * 5 + [[(False, False)]] * 5)
    of_no_yes = flag_agreement([[(False, False)]] * 5)

    assert saying.why(found["precision"].why) == "It is undefined: nothing was flagged."
    assert saying.why(of_no_yes["recall"].why) == (
        "It is undefined: in what was answered, the key calls nothing sensitive."
    )


def test_what_was_not_answered_is_left_out_and_counted(test, abe):
    attempt = taking.begin(test=test, applicant=abe)
    for criterion in (Criterion.PRACTICE, Criterion.FLAGS):
        section = section_of(test, criterion)
        taking.open_section(attempt=attempt, section=section)
        if criterion == Criterion.PRACTICE:
            work_through(section, abe)
        taking.finish_section(attempt=attempt, section=section)
    taking.hand_in(attempt=attempt)

    flags = results_of(attempt)[Criterion.FLAGS]
    assert (flags.value, flags.why_undefined, flags.measures["answered"], flags.measures["items"]) == (
        None, "no_items", 0, 4,
    )  # fmt: skip


def test_demonstrations_are_worth_the_mean_of_their_mean_grades(test, abe, rita):
    attempt = attempt_of(abe, test)
    raul = UserFactory(groups=["researcher"], is_staff=True)
    before = results_of(attempt)[Criterion.DEMONSTRATIONS]
    first, second = Label.objects.filter(assignment__labeler=abe, demonstration__isnull=False).order_by("pk")

    for label, by, score in ((first, rita, 7), (first, raul, 6), (second, rita, 4)):
        grading.grade(test=test, label=label, score=score, by=by)

    after = results_of(attempt)[Criterion.DEMONSTRATIONS]
    assert (before.value, before.why_undefined) == (None, "not_graded")
    assert (after.value, after.n) == (pytest.approx((6.5 + 4) / 2), 2)
    assert (after.measures["grades"], after.measures["grades_wanted"]) == (3, 4)
    assert after.measures["within_1"]["value"] == 1.0
    assert 1 <= after.low < after.value < after.high <= 7


def test_three_hundred_are_scored_with_as_many_questions_as_one(test, abe, django_assert_num_queries):
    attempts = [attempt_of(abe, test), attempt_of(applicant(), test, flip=True)]
    test.refresh_from_db()

    with django_assert_num_queries(18):
        scoring.score_all(test=test, attempts=attempts[:1])
    with django_assert_num_queries(18):
        scoring.score_all(test=test, attempts=attempts)

    assert Result.objects.filter(attempt__in=attempts).count() == 8


def test_scoring_again_changes_nothing_but_the_time(test, abe):
    attempt = attempt_of(abe, test, flip=True)
    before = list(attempt.results.order_by("criterion").values("criterion", "value", "low", "high", "n", "measures"))

    scoring.score(attempt=attempt)

    assert list(attempt.results.order_by("criterion").values(*before[0])) == before


def test_ties_count_by_the_variant_that_the_test_names(rita, abe):
    from tests.factories.screening import published_test

    half = published_test(rita, name="Half", ranking_variant="tie_half", is_open=True)

    result = results_of(attempt_of(abe, half))[Criterion.RANKINGS]

    assert (result.value, result.measures["variant"]) == (1.0, "tie_half")


def test_nobody_grades_what_they_wrote_and_no_more_than_were_asked_to(test, abe, rita):
    attempt_of(abe, test)
    label = Label.objects.filter(assignment__labeler=abe, demonstration__isnull=False).first()
    others = [UserFactory(groups=["researcher"]) for _ in range(2)]
    for other in others:
        grading.grade(test=test, label=label, score=5, by=other)

    with pytest.raises(Exception, match="Others have graded this one meanwhile"):
        grading.grade(test=test, label=label, score=5, by=rita)
    with pytest.raises(Exception, match="Nobody grades what they wrote themselves"):
        grades.grade(label=label, score=5, by=abe)
    grading.grade(test=test, label=label, score=6, by=others[0])

    assert sorted(label.grades.values_list("score", flat=True)) == [5, 6]
