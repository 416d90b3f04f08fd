"""Is a test taken in order, in time, and once?"""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from labeling.desk import history
from labeling.events.models import Mail
from labeling.labels import recording, reopening
from labeling.labels.models import Label, Lock
from labeling.people.models import Invitation, InvitationUse
from labeling.screening import progress, publishing, taking
from labeling.screening.models import Attempt, Criterion, Section
from labeling.work import drafts, queue
from labeling.work.models import Assignment, AssignmentState, Invitee
from tests.factories.screening import answer_to, applicant, attempt_of, published_test, work_through
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db


def first_section(test):
    return test.sections.select_related("project", "test").first()


def test_an_attempt_is_begun_once(test, abe):
    attempt = taking.begin(test=test, applicant=abe)

    assert taking.begin(test=test, applicant=abe) == attempt
    assert Attempt.objects.count() == 1


def test_a_test_by_invitation_is_closed_to_others(rita, abe, cleo):
    test = published_test(rita)
    invitation = Invitation.objects.create()
    test.invitations.add(invitation)
    InvitationUse.objects.create(invitation=invitation, person=abe)

    assert taking.begin(test=test, applicant=abe).applicant == abe
    with pytest.raises(ValidationError, match="takes no applicants"):
        taking.begin(test=test, applicant=cleo)


def test_whoever_has_begun_may_finish_a_test_that_was_closed(test, abe, cleo):
    attempt = taking.begin(test=test, applicant=abe)
    publishing.close(test=test)

    taking.open_section(attempt=attempt, section=first_section(test))
    with pytest.raises(ValidationError, match="takes no applicants"):
        taking.begin(test=test, applicant=cleo)


def test_sections_open_one_after_the_other(test, abe):
    attempt = taking.begin(test=test, applicant=abe)
    practice, flags = test.sections.select_related("project", "test")[:2]

    with pytest.raises(ValidationError, match="Finish the parts before"):
        taking.open_section(attempt=attempt, section=flags)
    taking.open_section(attempt=attempt, section=practice)
    work_through(practice, abe)

    assert progress.part_of(section=practice, applicant=abe).is_finished
    taking.open_section(attempt=attempt, section=flags)


def test_a_section_that_was_not_begun_gives_out_no_sheet(test, abe):
    taking.begin(test=test, applicant=abe)

    for section in test.sections.select_related("project"):
        with pytest.raises(queue.NotOpen):
            queue.next_assignment(labeler=abe, project=section.project)


def test_labelers_reach_no_section_whatever_their_cohort(test, ann, hal):
    for labeler in (ann, hal):
        with pytest.raises(queue.NotOpen):
            queue.next_assignment(labeler=labeler, project=first_section(test).project)


def test_what_is_left_is_counted(test, abe):
    attempt = taking.begin(test=test, applicant=abe)
    taking.open_section(attempt=attempt, section=first_section(test))
    work_through(first_section(test), abe)
    flags = section_of(test, Criterion.FLAGS)
    taking.open_section(attempt=attempt, section=flags)
    sheet = queue.next_assignment(labeler=abe, project=flags.project)
    recording.record(assignment=whole(sheet), body=answer_to(whole(sheet), Criterion.FLAGS))
    queue.skip(assignment=queue.next_assignment(labeler=abe, project=flags.project))

    part = progress.part_of(section=flags, applicant=abe)
    assert (part.items, part.done, part.skipped, part.left) == (4, 1, 1, 2)
    assert not part.is_finished


def whole(sheet):
    return Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)


NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def timed(rita):
    with time_machine.travel(NOON - timedelta(days=1), tick=False):
        from tests.factories.screening import keyed_test

        made = keyed_test(rita, name="Timed", is_open=True)
        Section.objects.filter(test=made, position=1).update(minutes=30)
        return publishing.publish(test=made, by=rita)


def test_when_the_time_is_over_no_sheet_is_given_out_and_none_taken_in(timed, abe):
    practice = first_section(timed)
    with time_machine.travel(NOON, tick=False):
        attempt = taking.begin(test=timed, applicant=abe)
        sitting = taking.open_section(attempt=attempt, section=practice)
        sheet = whole(queue.next_assignment(labeler=abe, project=practice.project))
        drafts.save_draft(assignment=sheet, revision=1, body={"seconds": 3})
    late = NOON + timedelta(minutes=31)
    with time_machine.travel(late, tick=False):
        assert sitting.until == NOON + timedelta(minutes=30)
        assert progress.part_of(section=practice, applicant=abe).is_finished
        with pytest.raises(queue.NotOpen):
            queue.next_assignment(labeler=abe, project=practice.project)
        with pytest.raises(queue.SheetGone, match="This part of the test is over. Your draft is kept."):
            recording.record(assignment=sheet, body=answer_to(sheet, Criterion.PRACTICE))

    assert not Label.objects.filter(assignment=sheet).exists()
    assert sheet.draft.body == {"seconds": 3}


def test_what_is_on_the_wire_when_the_time_ends_still_arrives(timed, abe):
    practice = first_section(timed)
    with time_machine.travel(NOON, tick=False):
        attempt = taking.begin(test=timed, applicant=abe)
        taking.open_section(attempt=attempt, section=practice)
        sheet = whole(queue.next_assignment(labeler=abe, project=practice.project))
    with time_machine.travel(NOON + timedelta(minutes=30, seconds=10), tick=False):
        recording.record(assignment=sheet, body=answer_to(sheet, Criterion.PRACTICE))

    assert Label.objects.filter(assignment=sheet).exists()


def test_coming_back_does_not_start_the_clock_again(timed, abe):
    with time_machine.travel(NOON, tick=False):
        attempt = taking.begin(test=timed, applicant=abe)
        first = taking.open_section(attempt=attempt, section=first_section(timed))
    with time_machine.travel(NOON + timedelta(minutes=20), tick=False):
        again = taking.open_section(attempt=attempt, section=first_section(timed))

    assert again == first
    assert Invitee.objects.get().until == NOON + timedelta(minutes=30)


def test_handing_in_locks_scores_and_tells(test, abe):
    attempt = attempt_of(abe, test)

    labels = taking.labels_of(attempt)
    assert (labels.count(), set(labels.values_list("locked_because", flat=True))) == (10, {Lock.HANDED_IN})
    assert attempt.results.count() == 4
    assert list(Mail.objects.values_list("to", "letter", "facts")) == [(abe.pk, "handed_in", {"test": "Screening"})]
    assert not taking.hand_in(attempt=attempt)


def test_nothing_changes_after_handing_in(test, abe):
    attempt = attempt_of(abe, test)
    section = section_of(test, Criterion.FLAGS)
    sheet = Assignment.objects.filter(labeler=abe, project=section.project).first()

    with pytest.raises(queue.NotOpen):
        queue.next_assignment(labeler=abe, project=section.project)
    with pytest.raises(ValidationError, match="handed in or left"):
        taking.open_section(attempt=attempt, section=section)
    with pytest.raises((reopening.Locked, queue.SheetGone)):
        reopening.reopen(assignment=whole(sheet))


def two_sittings(test, person):
    """Practice, which was ended, and the flags, all answered; the rest of the test waits for another day."""
    practice, flags = (section_of(test, criterion) for criterion in (Criterion.PRACTICE, Criterion.FLAGS))
    attempt = attempt_of(person, test, hand_in=False, sections=[practice])
    taking.open_section(attempt=attempt, section=flags)
    labels = work_through(flags, person)
    return attempt, taking.labels_of(attempt).get(assignment__project=practice.project), labels[0]


def test_what_was_said_days_ago_can_be_changed_until_its_part_ends_or_the_test_is_handed_in(test, abe):
    attempt, ended, flag = two_sittings(test, abe)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        found = {entry.id: entry for entry in history.entries(abe)[0]}
        told = [(found[one.assignment_id].may_reopen, found[one.assignment_id].why_not) for one in (flag, ended)]
        assert reopening.reopen(assignment=flag.assignment)
        with pytest.raises(queue.SheetGone, match="is over"):
            reopening.reopen(assignment=ended.assignment)
        taking.hand_in(attempt=attempt)
        with pytest.raises(queue.SheetGone, match="is over"):
            reopening.reopen(assignment=Assignment.objects.get(pk=flag.assignment_id))

    assert told == [(True, ""), (False, "This part of the test is over, so its sheets can no longer be changed.")]


def test_before_handing_in_one_reads_what_can_still_be_changed(test, abe, client_of):
    attempt = attempt_of(abe, test, hand_in=False, sections=list(test.sections.select_related("project", "test"))[:-1])
    last = test.sections.select_related("project", "test").last()
    taking.open_section(attempt=attempt, section=last)
    work_through(last, abe)
    client, promise = client_of(abe), "You can still change what you have said until you hand it in"

    before = " ".join(client.get(reverse("screening:test", args=[test.pk])).text.split())
    taking.finish_section(attempt=attempt, section=last)
    after = " ".join(client.get(reverse("screening:test", args=[test.pk])).text.split())

    over = "These parts are over, and stay as they are:"
    assert (promise in before, promise in after, over in before, over in after) == (True, False, True, True)
    assert [f'<span dir="auto">{last.title}</span>' in page for page in (before, after)] == [False, True]


def test_leaving_ends_it_at_any_moment(test, abe):
    attempt = attempt_of(abe, test, hand_in=False, sections=[first_section(test)])

    assert taking.leave(attempt=attempt)
    assert not taking.leave(attempt=attempt)
    with pytest.raises(ValidationError, match="You have left this test"):
        taking.hand_in(attempt=attempt)
    with pytest.raises(queue.NotOpen):
        queue.next_assignment(labeler=abe, project=first_section(test).project)


def test_researchers_take_it_from_their_desk(test, rita):
    with pytest.raises(ValidationError, match="from their desk"):
        taking.begin(test=test, applicant=rita)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_hand_in_once(rita):
    test = published_test(rita, is_open=True)
    attempt = attempt_of(applicant(), test, hand_in=False)
    answers = []

    def hand_in():
        try:
            answers.append(taking.hand_in(attempt=attempt))
        finally:
            connection.close()

    threads = [Thread(target=hand_in) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(answers) == [False, False, False, True]
    assert Mail.objects.count() == 1
    assert Assignment.objects.filter(state=AssignmentState.OPEN).count() == 0
