"""Do people decide, with reasons that stay, and does what they decide take effect?"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from labeling.events.models import Mail
from labeling.labels import recording
from labeling.people import consenting, standing
from labeling.people.access import cohort_of
from labeling.screening import deciding, grading, selecting, taking
from labeling.screening.models import Attempt, Criterion, Decision
from labeling.work import queue
from labeling.work.models import Assignment
from tests.factories import ProjectFactory, TaskFactory, UserFactory
from tests.factories.screening import answer_to, attempt_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(test, abe):
    return attempt_of(abe, test)


def test_whoever_is_admitted_starts_work(attempt, abe, rita):
    task = TaskFactory(project=ProjectFactory())

    deciding.decide(attempt=attempt, outcome="training", reason="Careful.", by=rita)

    assert (cohort_of(abe), sorted(abe.groups.values_list("name", flat=True))) == ("training", ["labeler"])
    abe.refresh_from_db()
    assert queue.next_assignment(labeler=type(abe).objects.get(pk=abe.pk), project=task.project).task == task
    assert list(Mail.objects.order_by("created_at").values_list("letter", flat=True)) == ["handed_in", "admitted"]


def test_whoever_waits_may_be_admitted_later(attempt, rita):
    deciding.decide(attempt=attempt, outcome="waiting", reason="No place.", by=rita)
    deciding.decide(attempt=attempt, outcome="held_out", reason="A place to evaluate.", by=rita)

    assert [decision.outcome for decision in attempt.decisions.all()] == ["held_out", "waiting"]


def test_the_newest_decision_is_final_unless_it_is_the_waiting_list(attempt, rita):
    def found():
        return deciding.is_final(attempt), *(
            attempts.filter(pk=attempt.pk).exists()
            for attempts in (Attempt.objects.decided(), Attempt.objects.undecided())
        )

    seen = [found()]
    for outcome in ("waiting", "declined", "waiting", "training"):
        deciding.decide(attempt=attempt, outcome=outcome, reason="x", by=rita)
        seen.append(found())

    not_yet, final = (False, False, True), (True, True, False)
    assert seen == [not_yet, not_yet, final, not_yet, final]


def test_whoever_was_admitted_is_not_decided_about_again(attempt, rita):
    deciding.decide(attempt=attempt, outcome="training", reason="Careful.", by=rita)

    with pytest.raises(ValidationError, match="suspended or retired"):
        deciding.decide(attempt=attempt, outcome="declined", reason="No.", by=rita)


@pytest.mark.parametrize(
    ("outcome", "reason", "sentence"),
    [("", "x", "Say what is decided"), ("declined", "  ", "Say why"), ("later", "x", "Say what is decided")],
)
def test_a_decision_has_an_outcome_and_a_reason(attempt, rita, outcome, reason, sentence):
    with pytest.raises(ValidationError, match=sentence):
        deciding.decide(attempt=attempt, outcome=outcome, reason=reason, by=rita)


def test_there_is_nothing_to_decide_before_it_is_handed_in(test, abe, rita):
    attempt = taking.begin(test=test, applicant=abe)

    with pytest.raises(ValidationError, match="has not been handed in"):
        deciding.decide(attempt=attempt, outcome="training", reason="x", by=rita)


def test_several_are_decided_together_or_not_at_all(test, attempt, cleo, rita):
    unfinished = taking.begin(test=test, applicant=cleo)

    with pytest.raises(ValidationError):
        deciding.decide_all(attempts=[attempt, unfinished], outcome="declined", reason="x", by=rita)

    assert not Decision.objects.exists()


def test_the_database_keeps_every_decision_as_it_was_made(attempt, rita):
    deciding.decide(attempt=attempt, outcome="declined", reason="Hasty.", by=rita)

    with pytest.raises(IntegrityError, match="a decision stands"), transaction.atomic():
        Decision.objects.update(reason="Nicer.")
    with pytest.raises(IntegrityError, match="a decision stands"), transaction.atomic():
        Decision.objects.all().delete()


def test_the_team_is_listed_by_codes_with_what_each_reached(test, attempt, cleo, rita):
    other = attempt_of(cleo, test, flip=True, topics=["politics"])

    first, second = selecting.rows(test, sort="-flags")

    assert [row.code for row in (first, second)] == [attempt.code, other.code]
    assert (first.cells[Criterion.FLAGS].meets, second.cells[Criterion.FLAGS].meets) == (True, False)
    assert (first.cells[Criterion.DEMONSTRATIONS].meets, first.is_graded, first.meets_all) == (None, False, False)
    assert [row.state for row in (first, second)] == ["to_decide", "to_decide"]
    covered = {one.choice: one.people for one in selecting.coverage(test, [first, second])}
    assert (covered["hate"], covered["politics"], covered["violence"], covered["old"]) == (1, 1, 0, 2)


def test_whoever_answers_the_easy_half_meets_no_cutoff(test, abe, rita, ada):
    attempt = taking.begin(test=test, applicant=abe)
    for section in test.sections.select_related("project", "test"):
        taking.open_section(attempt=attempt, section=section)
        sheet = queue.next_assignment(labeler=abe, project=section.project)
        sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)
        recording.record(assignment=sheet, body=answer_to(sheet, section.criterion))
        taking.finish_section(attempt=attempt, section=section)
    taking.hand_in(attempt=attempt)
    for label in taking.labels_of(attempt).filter(demonstration__isnull=False):
        for person in (rita, ada):
            grading.grade(test=test, label=label, score=7, by=person)

    (row,) = selecting.rows(test)

    assert [(cell.value, cell.is_enough, cell.meets, cell.may_meet) for cell in row.cells.values()] == [
        (1.0, False, False, False), (1.0, False, False, False), (7.0, False, False, False),
    ]  # fmt: skip
    assert (row.meets_all, row.cells[Criterion.FLAGS].evidence) == (False, "1 of 4 answered")


@pytest.mark.parametrize(
    ("measures", "is_enough"),
    [
        ({"answered": 19, "items": 24}, False),
        ({"answered": 4, "items": 5}, True),
        ({"answered": 8, "items": 8, "pairs": 24, "pairs_possible": 48}, False),
        ({"answered": 8, "items": 8, "pairs": 40, "pairs_possible": 48}, True),
        ({"answered": 8, "items": 8, "pairs": 0, "pairs_possible": 0}, True),
        ({}, True),
    ],
)
def test_four_fifths_of_the_items_and_of_the_pairs_are_enough(measures, is_enough):
    cell = selecting.Cell("rankings", 0.75, value=1.0, high=1.0, measures=measures)

    assert (cell.is_enough, cell.meets) == (is_enough, is_enough)


def test_the_team_is_of_those_who_make_training_data_now(test, attempt, cleo, rita):
    held_out = attempt_of(cleo, test)
    deciding.decide(attempt=attempt, outcome="training", reason="x", by=rita)
    deciding.decide(attempt=held_out, outcome="held_out", reason="x", by=rita)

    def team(**chosen):
        return [row.code for row in selecting.team(selecting.rows(test), **chosen)]

    at_work = team()
    standing.suspend(person=attempt.applicant, reason="A break.", by=rita)
    suspended, chosen = team(), team(chosen={held_out.code})

    assert (at_work, suspended, chosen) == ([attempt.code], [], [held_out.code])


def test_a_longer_list_asks_no_more(test, attempt, rita, django_assert_num_queries):
    with django_assert_num_queries(4):
        assert len(selecting.rows(test)) == 1
    for _ in range(2):
        attempt_of(UserFactory(groups=["applicant"]), test)
    with django_assert_num_queries(4):
        assert len(selecting.rows(test)) == 3


def test_states_filter_the_list(test, attempt, cleo, rita):
    waits = attempt_of(cleo, test)
    deciding.decide(attempt=waits, outcome="waiting", reason="x", by=rita)

    assert [row.code for row in selecting.rows(test, state="waiting")] == [waits.code]
    assert [row.code for row in selecting.rows(test, state="to_decide")] == [attempt.code]
    assert selecting.rows(test, only_meeting=True) == []


@pytest.fixture
def withdrawn(attempt, abe, rita):
    """Abe agreed, handed in, and took his consent back."""
    consenting.agree(person=abe, text=consenting.publish(english="Be kind.", by=rita), language="en")
    consenting.withdraw(person=abe)
    return attempt


def test_whoever_has_withdrawn_their_consent_is_admitted_once_they_agree_again(withdrawn, abe, rita):
    with pytest.raises(ValidationError, match="has withdrawn their consent"):
        deciding.decide(attempt=withdrawn, outcome="training", reason="Careful.", by=rita)
    refused = withdrawn.decisions.count()
    deciding.decide(attempt=withdrawn, outcome="waiting", reason="Until they agree.", by=rita)

    consenting.agree(person=abe, text=consenting.newest_text(), language="en")
    deciding.decide(attempt=withdrawn, outcome="training", reason="Careful.", by=rita)

    assert (refused, cohort_of(abe)) == (0, "training")


def test_what_they_wrote_rests_until_they_agree_again(withdrawn, abe, rita, test):
    resting = grading.waiting_for(rita, test=test).count()
    consenting.agree(person=abe, text=consenting.newest_text(), language="en")

    assert (resting, grading.waiting_for(rita, test=test).count()) == (0, 2)
    assert not grading.waiting_for(rita, test=test).filter(assignment__labeler=rita).exists()


def test_the_list_says_who_has_withdrawn(withdrawn, cleo, test, rita, client_of):
    other = attempt_of(cleo, test)

    page = client_of(rita).get(reverse("admin:screening_test_selection", args=[test.pk]))

    told = {row.code: row.has_withdrawn for row in page.context["rows"]}
    assert told == {withdrawn.code: True, other.code: False}
    assert page.content.decode().count("has withdrawn their consent") == 1
    assert page.context["to_grade"] == 4


def test_a_test_is_handed_in_by_who_agrees(test, abe, rita, client_of):
    attempt = attempt_of(abe, test, hand_in=False)
    consenting.agree(person=abe, text=consenting.publish(english="Be kind.", by=rita), language="en")
    consenting.withdraw(person=abe)

    answer = client_of(abe).post(reverse("screening:hand-in", args=[test.pk]))

    attempt.refresh_from_db()
    assert (answer.url, attempt.handed_in_at) == ("/consent/?next=%2F", None)
