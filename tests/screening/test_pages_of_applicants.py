"""What do applicants see of a test, and what never of anybody else's?"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.urls import reverse

from labeling.labels import recording
from labeling.labels.models import Label
from labeling.people import consenting
from labeling.people.models import Invitation, InvitationUse
from labeling.screening import deciding, publishing, taking
from labeling.screening.models import Attempt, Criterion, Outcome, Section, Test
from labeling.work import queue
from labeling.work.models import Assignment, Draft
from tests.factories.screening import answer_to, attempt_of, draft_test, keyed_test, published_test, work_through
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def page_of(test, name="test"):
    return reverse(f"screening:{name}", args=[test.pk])


def begin(client, section):
    return client.post(reverse("screening:begin-section", args=[section.test_id, section.pk]))


def text_of(answer):
    return " ".join(answer.content.decode().split())


def held(person):
    return Assignment.objects.select_related("project", "task__prompt").get(labeler=person, state="open")


def form_of(sheet):
    """The flags of a sheet as its form sends them, all of them No."""
    return {"prompt-prompt_sensitive": "no", "A-sensitive": "no", "seconds": "5", "revision": "0", "then": "next"}


def submit(client, sheet, **fields):
    return client.post(reverse("labels:submit", args=[sheet.pk]), form_of(sheet) | fields)


# Who may apply


def test_strangers_see_the_open_tests_and_apply(client, rita):
    published_test(rita, name="Open one", is_open=True, welcome="**Welcome** to us.")
    published_test(rita, name="By invitation")
    draft_test(rita, name="A draft", is_open=True)

    page = client.get(reverse("screening:apply"))
    answer = client.post(page_of(Test.objects.get(name="Open one"), "enter"))

    assert [one["test"].name for one in page.context["tests"]] == ["Open one"]
    assert "<strong>Welcome</strong> to us." in text_of(page)
    assert answer.headers["Location"] == f"/accounts/signup/?next=%2Fapply%2F{Test.objects.get(name='Open one').pk}%2F"


def test_a_closed_page_says_so(client, test):
    publishing.close(test=test)

    assert "We take no applications at the moment." in text_of(client.get(reverse("screening:apply")))
    answer = client.post(page_of(test, "enter"), follow=True)
    assert "This test takes no applicants at the moment." in text_of(answer)


def test_tests_of_an_invitation_are_offered_to_those_who_came_by_it(rita, abe, cleo, client_of):
    test = published_test(rita, name="By invitation")
    invitation = Invitation.objects.create()
    test.invitations.add(invitation)
    InvitationUse.objects.create(invitation=invitation, person=abe)

    offered = {
        person: [one["test"] for one in client_of(person).get(reverse("screening:apply")).context["tests"]]
        for person in (abe, cleo)
    }

    assert offered == {abe: [test], cleo: []}
    assert client_of(abe).get(page_of(test)).status_code == 200
    assert client_of(cleo).get(page_of(test)).headers["Location"] == "/apply/"


@pytest.mark.parametrize("person", ["hal", "rita", "eve"])
def test_who_takes_no_test_is_told_why(request, test, client_of, person):
    person = request.getfixturevalue(person)
    client = client_of(person)

    answer = client.get(page_of(test), follow=True)

    assert [str(message) for message in answer.context["messages"]] == [taking.why_none(person)]
    begin(client, test.sections.first())
    assert not Attempt.objects.exists()


def test_who_labels_already_takes_a_test_when_invited_to_it(test, ann, client_of):
    assert client_of(ann).get(page_of(test)).headers["Location"] == "/apply/"

    invitation = Invitation.objects.create()
    test.invitations.add(invitation)
    InvitationUse.objects.create(invitation=invitation, person=ann)
    assert client_of(ann).get(page_of(test)).status_code == 200


def test_whoever_has_no_role_becomes_an_applicant_by_beginning(test, charlie, client_of):
    answer = begin(client_of(charlie), test.sections.first())

    assert answer.headers["Location"] == reverse("labels:sheet", args=[held(charlie).pk])
    assert list(charlie.groups.values_list("name", flat=True)) == ["applicant"]


def test_the_address_has_to_be_verified_first(test, abe, client_of):
    EmailAddress.objects.filter(user=abe).update(verified=False)
    client = client_of(abe)

    assert "parts-title" not in text_of(client.get(page_of(test)))
    begin(client, test.sections.first())
    assert not Attempt.objects.exists()


def test_consent_comes_before_the_test_and_is_no_way_to_keep_somebody_in_it(test, ada, abe, client_of):
    client, first = client_of(abe), test.sections.first()
    consenting.publish(english="We keep what you write.", by=ada)

    assert client.get(page_of(test)).headers["Location"].startswith("/consent/")
    assert begin(client, first).headers["Location"].startswith("/consent/")
    consenting.agree(person=abe, text=consenting.newest_text(), language="en")
    begin(client, first)
    consenting.withdraw(person=abe)

    assert client.get(page_of(test)).headers["Location"].startswith("/consent/")
    client.post(page_of(test, "leave"))
    assert Attempt.objects.get().left_at


# The test


def test_the_warning_comes_first_and_beginning_acknowledges_it(rita, abe, client_of):
    test = published_test(rita, is_open=True, warning="There is *violence*.", welcome="Hello.")
    client = client_of(abe)

    text = text_of(client.get(page_of(test)))
    assert text.index("There is <em>violence</em>.") < text.index("Hello.") < text.index("Next: Practice")
    assert "By beginning you say that you have read this." in text
    assert not Attempt.objects.exists()

    begin(client, test.sections.first())
    assert "By beginning" not in text_of(client.get(page_of(test)))


def test_a_test_without_a_warning_of_its_own_warns_all_the_same(test, abe, client_of):
    assert "Some texts in this test may be upsetting" in text_of(client_of(abe).get(page_of(test)))


def test_the_parts_say_what_is_done_and_what_comes_next(test, abe, client_of):
    practice, flags = test.sections.all()[:2]
    attempt_of(abe, test, hand_in=False, sections=[practice])
    client = client_of(abe)
    begin(client, flags)
    recording.record(assignment=held(abe), body=answer_to(held(abe), Criterion.FLAGS))

    page = client.get(page_of(test))

    assert [(part.section.title, part.items, part.done, part.is_finished) for part in page.context["parts"]] == [
        ("Practice", 1, 1, True),
        ("Flags", 4, 1, False),
        ("Rankings", 2, 0, False),
        ("Writing", 2, 0, False),
        ("About you", 1, 0, False),
    ]
    assert page.context["next"].section == flags
    assert "Under way: 1 of 5 parts are done." in text_of(client.get(reverse("screening:apply")))


def test_the_number_of_queries_does_not_grow_with_the_parts(rita, abe, client_of, django_assert_num_queries):
    test, client = draft_test(rita, is_open=True), client_of(abe)
    Section.objects.filter(test=test, position__gt=1).delete()
    Test.objects.filter(pk=test.pk).update(state="published", published_at=NOON)
    client.get(page_of(test))

    with django_assert_num_queries(QUERIES_OF_A_TEST):
        client.get(page_of(test))
    whole = published_test(rita, name="Whole", is_open=True)
    with django_assert_num_queries(QUERIES_OF_A_TEST):
        client.get(page_of(whole))


QUERIES_OF_A_TEST = 13


def test_a_part_cannot_be_begun_before_its_turn_nor_by_another_tests_address(rita, test, abe, client_of):
    other = published_test(rita, name="Other", is_open=True)
    client, flags = client_of(abe), section_of(test, Criterion.FLAGS)

    answer = client.post(reverse("screening:begin-section", args=[test.pk, flags.pk]), follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["Finish the parts before this one first."]
    assert client.post(reverse("screening:begin-section", args=[other.pk, flags.pk])).status_code == 404
    assert client.post(reverse("desk:start", args=[flags.project_id])).status_code == 404
    assert not Assignment.objects.filter(labeler=abe).exists()


def test_others_have_no_page_of_an_attempt(test, abe, cleo, client_of):
    attempt_of(abe, test, hand_in=False, sections=[section_of(test, Criterion.PRACTICE)])
    client, flags = client_of(cleo), section_of(test, Criterion.FLAGS)
    begin(client_of(abe), flags)
    sheet = held(abe)

    for name in ("practised", "hand-in", "leave"):
        assert client.get(page_of(test, name)).status_code == 404
    for name in ("hand-in", "leave"):
        assert client.post(page_of(test, name)).status_code == 404
    assert client.post(reverse("screening:finish-section", args=[test.pk, flags.pk])).status_code == 404
    assert client.get(reverse("labels:sheet", args=[sheet.pk])).status_code == 404
    assert submit(client, sheet).status_code == 404
    assert Attempt.objects.get().is_under_way


@pytest.mark.parametrize(("language", "said"), [("en", "Be warned."), ("ko", "조심하세요.")])
def test_a_test_speaks_the_readers_language(rita, abe, client_of, language, said):
    test = published_test(
        rita, is_open=True, warning="Be warned.", korean_warning="조심하세요.", welcome="Only English."
    )
    abe.locale = language
    abe.save()

    text = text_of(client_of(abe).get(page_of(test)))

    assert f'<div class="prose" lang="{language}"><p>{said}</p>' in text
    assert '<div class="prose" lang="en"><p>Only English.</p>' in text


# The sheets


def test_a_sheet_of_a_test_says_which_part_it_is_what_is_left_and_where_the_way_out_is(test, abe, client_of):
    client = client_of(abe)
    practice = section_of(test, Criterion.PRACTICE)

    begin(client, practice)
    page = client.get(reverse("labels:sheet", args=[held(abe).pk]))

    assert page.context["part"] == {
        "title": "Practice",
        "left": 1,
        "ends": None,
        "minutes": None,
        "way_out": page_of(test, "leave"),
        "practice": page_of(test, "practised"),
    }
    assert "Leave the test" in text_of(page)


def test_a_researcher_takes_the_test_without_a_way_out(rita, client_of):
    test = draft_test(rita)
    flags = section_of(test, Criterion.FLAGS)
    from labeling.work import projects

    projects.open_project(project=flags.project)
    client = client_of(rita)
    client.post(reverse("desk:start", args=[flags.project_id]))

    page = client.get(reverse("labels:sheet", args=[held(rita).pk]))
    answer = submit(client, held(rita), then="stop")

    assert (page.context["part"]["title"], page.context["part"]["way_out"]) == ("Flags", "")
    assert client.get(answer.headers["Location"]).headers["Location"] == "/"


def test_after_the_last_sheet_comes_the_test(test, abe, client_of):
    attempt_of(abe, test, hand_in=False, sections=[section_of(test, Criterion.PRACTICE)])
    client, flags = client_of(abe), section_of(test, Criterion.FLAGS)
    begin(client, flags)
    for _item in range(3):
        assert submit(client, held(abe)).headers["Location"] == reverse("labels:sheet", args=[held(abe).pk])
        client.get(reverse("labels:sheet", args=[held(abe).pk]))

    answer = client.post(reverse("labels:submit", args=[held(abe).pk]), form_of(None), follow=True)

    assert answer.redirect_chain[-1] == (page_of(test), 302)
    assert [str(message) for message in answer.context["messages"]] == [
        "Saved: your rating of 1 response.",
        "“Flags” is done.",
    ]
    assert answer.context["next"].section.title == "Rankings"


def test_submit_and_stop_leads_to_the_test(test, abe, client_of):
    attempt_of(abe, test, hand_in=False, sections=[section_of(test, Criterion.PRACTICE)])
    client = client_of(abe)
    begin(client, section_of(test, Criterion.FLAGS))

    answer = client.post(reverse("labels:submit", args=[held(abe).pk]), form_of(None) | {"then": "stop"}, follow=True)

    assert answer.redirect_chain[-1] == (page_of(test), 302)
    assert answer.context["next"].left == 3


def test_what_was_submitted_can_be_taken_back_until_it_is_handed_in(test, abe, client_of):
    sections = [section_of(test, criterion) for criterion in (Criterion.PRACTICE, Criterion.FLAGS)]
    attempt = taking.begin(test=test, applicant=abe)
    for section in sections:
        taking.open_section(attempt=attempt, section=section)
        work_through(section, abe)
    client, sheet = client_of(abe), Assignment.objects.filter(labeler=abe, project=sections[1].project).first()

    answer = client.post(reverse("labels:reopen", args=[sheet.pk]))
    assert answer.headers["Location"] == reverse("labels:sheet", args=[sheet.pk])
    submit(client, sheet, **{"A-sensitive": "yes", "revision": "2000000"})
    assert Label.objects.standing().get(assignment=sheet).revision == 2

    client.post(page_of(test, "hand-in"))
    client.post(reverse("labels:reopen", args=[sheet.pk]))
    sheet.refresh_from_db()
    assert sheet.state == "submitted"


# Practice


def test_the_practice_is_shown_with_the_right_answers_and_why(test, abe, client_of):
    client = client_of(abe)
    begin(client, section_of(test, Criterion.PRACTICE))

    answer = client.post(reverse("labels:submit", args=[held(abe).pk]), form_of(None), follow=True)

    assert answer.redirect_chain[-1] == (page_of(test, "practised"), 302)
    [item] = answer.context["items"]
    assert [(line.letter, line.own, line.right) for line in item.lines] == [("", "No", "Yes"), ("A", "No", "No")]
    assert "<p>Because.</p>" in item.explanation
    assert "The researchers answered otherwise." in text_of(answer)


def test_a_ranking_is_shown_under_the_letters_that_one_saw(rita, abe):
    from labeling.screening import building, keys, practice
    from labeling.work import projects
    from tests.factories.screening import _item

    test = keyed_test(rita, is_open=True)
    section = building.start_section(
        test=test, criterion=Criterion.PRACTICE, title="Ranked", instructions="Rank.", by=rita, kind="ranking", k=4,
        form="instructgpt", rate_first=False, with_references=False, position=0,
    )  # fmt: skip
    _item(section, "r0", [f"r0{letter}" for letter in "abcd"])
    projects.open_project(project=section.project)
    researcher = queue.next_assignment(labeler=rita, project=section.project)
    sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=researcher.pk)
    label = recording.record(assignment=sheet, body=answer_to(sheet, Criterion.RANKINGS))
    keys.agree(task=sheet.task, label=label, by=rita, explanation="So.")
    publishing.publish(test=test, by=rita)

    attempt = taking.begin(test=test, applicant=abe)
    taking.open_section(attempt=attempt, section=section)
    own = queue.next_assignment(labeler=abe, project=section.project)
    own = Assignment.objects.select_related("project", "task__prompt").get(pk=own.pk)
    recording.record(assignment=own, body=answer_to(own, Criterion.RANKINGS))

    [item] = practice.answered(attempt)
    letters = {slot.letter: slot.candidate.response.text for slot in own.slots.all()}
    said = [[letters[letter] for letter in tied.split(" = ")] for tied in item.lines[-1].right.split(" > ")]
    assert said == [["r0b"], ["r0a"], ["r0c"], ["r0d"]]
    assert item.is_right


def test_no_other_part_shows_its_answers(test, abe, client_of):
    attempt_of(abe, test, hand_in=False)

    page = client_of(abe).get(page_of(test, "practised"))

    assert [item.sheet.turns[0]["text"] for item in page.context["items"]] == ["Screening p"]


# Time


@pytest.fixture
def timed(rita):
    with time_machine.travel(NOON - timedelta(days=1), tick=False):
        made = keyed_test(rita, name="Timed", is_open=True)
        Section.objects.filter(test=made, position=1).update(minutes=30)
        return publishing.publish(test=made, by=rita)


def test_the_time_that_is_left_is_said(timed, abe, client_of):
    with time_machine.travel(NOON, tick=False):
        client = client_of(abe)
        assert "The clock starts when you begin this part" in text_of(client.get(page_of(timed)))
        begin(client, timed.sections.first())
    with time_machine.travel(NOON + timedelta(minutes=12, seconds=30), tick=False):
        sheet = text_of(client.get(reverse("labels:sheet", args=[held(abe).pk])))
        test = text_of(client.get(page_of(timed)))

    assert "You have 18 minutes (until 12:30 UTC)." in sheet
    assert "You have 18 minutes (until 12:30 UTC)." in test


def test_when_the_time_is_over_a_sheet_leads_back_to_the_test_and_its_draft_is_kept(timed, abe, client_of):
    with time_machine.travel(NOON, tick=False):
        client = client_of(abe)
        begin(client, timed.sections.first())
        sheet = held(abe)
    with time_machine.travel(NOON + timedelta(minutes=31), tick=False):
        shown = client.get(reverse("labels:sheet", args=[sheet.pk]), follow=True)
        refused = client.post(reverse("labels:submit", args=[sheet.pk]), form_of(None), follow=True)

    for answer in (shown, refused):
        messages = [str(message) for message in answer.context["messages"]]
        assert messages[0] == "This part of the test is over. Your draft is kept."
    assert Draft.objects.get(assignment=sheet).body["prompt_answers"] == {"prompt_sensitive": False}
    assert not Label.objects.filter(assignment=sheet).exists()


def test_the_next_part_opens_when_the_time_is_over(timed, abe, client_of):
    with time_machine.travel(NOON, tick=False):
        client = client_of(abe)
        begin(client, timed.sections.first())
    with time_machine.travel(NOON + timedelta(minutes=31), tick=False):
        page = client.get(page_of(timed))

    assert "the time is over" in text_of(page)
    assert page.context["next"].section.title == "Flags"


# The ends


def test_ending_a_part_asks_first(test, abe, client_of):
    attempt = attempt_of(abe, test, hand_in=False, sections=[section_of(test, Criterion.PRACTICE)])
    client, flags = client_of(abe), section_of(test, Criterion.FLAGS)
    begin(client, flags)
    address = reverse("screening:finish-section", args=[test.pk, flags.pk])

    assert "Flags</span>: 4 items" in text_of(client.get(address))
    assert attempt.sittings.get(section=flags).finished_at is None
    answer = client.post(address, follow=True)
    assert answer.context["next"].section.title == "Rankings"
    assert not Assignment.objects.filter(labeler=abe, state="open").exists()


def test_handing_in_asks_first_and_says_what_is_unfinished(test, abe, client_of):
    attempt = attempt_of(abe, test, hand_in=False, sections=list(test.sections.select_related("project", "test")[:2]))
    client = client_of(abe)

    text = text_of(client.get(page_of(test, "hand-in")))
    assert "Rankings</span>: 2 items" in text
    assert "Flags</span>" not in text
    attempt.refresh_from_db()
    assert attempt.is_under_way

    answer = client.post(page_of(test, "hand-in"), follow=True)
    assert answer.redirect_chain[-1] == ("/apply/", 302)
    assert "Handed in on" in text_of(answer)
    again = client.post(page_of(test, "hand-in"), follow=True)
    assert list(again.context["messages"]) == []


def test_leaving_asks_first_and_a_reason_may_be_given(test, abe, client_of):
    attempt = attempt_of(abe, test, hand_in=False, sections=[section_of(test, Criterion.PRACTICE)])
    client = client_of(abe)
    begin(client, section_of(test, Criterion.FLAGS))
    sheet = held(abe)

    assert "nothing is decided about you" in text_of(client.get(page_of(test, "leave")))
    answer = client.post(page_of(test, "leave"), {"reason": "It is too much."}, follow=True)

    attempt.refresh_from_db()
    assert (attempt.is_under_way, attempt.left_reason) == (False, "It is too much.")
    assert "You left this test on" in text_of(answer)
    assert submit(client, sheet).headers["Location"] == reverse("screening:part", args=[sheet.project_id])
    assert begin(client, section_of(test, Criterion.FLAGS)).headers["Location"] == page_of(test)
    assert not Label.objects.filter(assignment=sheet).exists()


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.TRAINING, "You have been chosen. Welcome!"),
        (Outcome.WAITING, "You are on the waiting list."),
        (Outcome.DECLINED, "We could not take you into the team this time."),
    ],
)
@pytest.mark.parametrize("gives_feedback", [True, False])
def test_the_decision_is_said_and_results_only_where_the_test_shows_them(
    rita, ada, abe, client_of, outcome, said, gives_feedback
):
    test = published_test(rita, is_open=True, gives_feedback=gives_feedback)
    attempt = attempt_of(abe, test)
    before = client_of(abe).get(reverse("screening:apply"))
    deciding.decide(attempt=attempt, outcome=outcome, reason="All in all.", by=ada)

    page = client_of(abe).get(reverse("screening:apply"))

    assert said in text_of(page)
    assert "All in all." not in text_of(page)
    assert "100 %" not in text_of(before)
    assert ("100 %" in text_of(page)) is (gives_feedback and outcome != Outcome.WAITING)  # which puts it off


def test_results_say_what_they_mean_how_many_items_they_rest_on_and_why_there_is_none(rita, ada, abe, client_of):
    test = published_test(rita, is_open=True, gives_feedback=True)
    attempt = taking.begin(test=test, applicant=abe)
    for section in test.sections.filter(criterion__in=["practice", "flags"]).select_related("project", "test"):
        taking.open_section(attempt=attempt, section=section)
        sheet = queue.next_assignment(labeler=abe, project=section.project)
        sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)
        recording.record(assignment=sheet, body=answer_to(sheet, section.criterion))
        taking.finish_section(attempt=attempt, section=section)
    taking.hand_in(attempt=attempt)
    deciding.decide(attempt=attempt, outcome=Outcome.DECLINED, reason="Too little.", by=ada)

    page = client_of(abe).get(reverse("screening:apply"))

    (results,) = (one["results"] for one in page.context["attempts"])
    assert [(one["value"], bool(one["interval"]), one["n"], one["why"]) for one in results] == [
        ("100 %", True, 1, "Too little to go by: 1 of 4 answered."),
        ("–", False, 0, "Nothing was answered that could be counted."),
        ("–", False, 0, "Nothing was answered that could be counted."),
    ]
    for one in results:
        assert (str(one["meaning"]) in text_of(page), one["why"] in text_of(page)) == (True, True)


def test_nobody_is_told_their_cohort(rita, ada, abe, cleo, client_of):
    test = published_test(rita, is_open=True)
    for person, outcome in ((abe, Outcome.TRAINING), (cleo, Outcome.HELD_OUT)):
        deciding.decide(attempt=attempt_of(person, test), outcome=outcome, reason="Both.", by=ada)

    abes, cleos = (client_of(person).get(reverse("screening:apply")).context["attempts"] for person in (abe, cleo))

    assert abes[0]["results"] == cleos[0]["results"] == []
    assert "held" not in text_of(client_of(cleo).get(reverse("screening:apply"))).lower()
