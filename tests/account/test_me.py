"""Does one's own page say what one may do, and why, and let one ask to leave?"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.account import leaving, reasons
from labeling.account.models import DeletionRequest
from labeling.people import consenting, qualifying, standing
from labeling.people.models import Qualification
from labeling.work.models import Invitee, Project
from tests.factories import ProjectFactory, TaskFactory
from tests.factories.screening import applicant, attempt_of, published_test

pytestmark = pytest.mark.django_db


def doors(person):
    return {door.project: (door.is_open, door.why) for door in reasons.doors(person)}


def page(client):
    answer = client.get(reverse("own_account:me"))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def korean(db):
    return Qualification.objects.create(key="korean", name="Korean")


def project(name, **fields):
    made = ProjectFactory(name=name, **fields)
    TaskFactory(project=made)
    return made


@pytest.mark.parametrize("name", ["ann", "hal", "charlie", "rita", "eve", "ada", "judge"])
def test_everybody_has_the_page(name, request, client_of):
    project("Rank")
    assert request.getfixturevalue(name).email in page(client_of(request.getfixturevalue(name)))


def test_a_project_of_ones_cohort_is_open_and_says_so(ann):
    project("Rank")

    assert doors(ann) == {"Rank": (True, ["It is for your cohort."])}


def test_where_nothing_is_left_it_says_that_too(ann):
    ProjectFactory(name="Rank")

    assert doors(ann) == {
        "Rank": (True, ["It is for your cohort.", "Nothing is left for you in this project. Thank you."])
    }


def test_of_the_other_cohorts_projects_nobody_learns_the_name(ann, hal):
    project("Train")
    project("Evaluate", purpose="evaluation", cohort="held_out")
    project("Compare", purpose="evaluation", cohort="any")

    assert doors(ann) == {
        "Compare": (True, ["It is for labelers of both cohorts."]),
        "Train": (True, ["It is for your cohort."]),
    }
    assert set(doors(hal)) == {"Compare", "Evaluate"}


def test_nor_of_what_others_are_invited_to(ann, bob):
    secret = project("Secret", by_invitation=True)
    Invitee.objects.create(project=secret, labeler=bob, until=timezone.now() + timedelta(days=1))

    assert doors(ann) == {}
    assert doors(bob)["Secret"][1][0].startswith("You have been invited, until ")


def test_an_invitation_that_has_ended_says_when(ann):
    secret = project("Secret", by_invitation=True)
    Invitee.objects.create(project=secret, labeler=ann, until=timezone.now() - timedelta(days=1))

    is_open, (why,) = doors(ann)["Secret"]

    assert (is_open, why.startswith("Your invitation ended on ")) == (False, True)


def test_a_missing_qualification_is_named(ann, ada, korean):
    project("Translate").qualifications.add(korean)
    before = doors(ann)

    qualifying.grant(person=ann, qualification=korean, by=ada)

    assert before["Translate"] == (False, ["It asks for the qualification “Korean”, which you do not hold."])
    assert doors(ann)["Translate"] == (True, ["It is for your cohort.", "You hold the qualification “Korean”."])


def test_whoever_is_suspended_reads_why(ann, ada, client_of):
    project("Rank")
    standing.suspend(person=ann, reason="Please take a rest.", by=ada)

    shown = page(client_of(ann))

    assert doors(ann)["Rank"] == (False, ["You do not work at the moment; the reason stands above."])
    assert "given no work for now. The reason: Please take a rest." in shown


def test_a_paused_project_is_not_open(ann):
    project("Rank")
    Project.objects.update(state="paused")

    assert doors(ann)["Rank"] == (False, ["It is paused at the moment."])


def test_researchers_work_everywhere(rita):
    project("Evaluate", purpose="evaluation", cohort="held_out")

    assert doors(rita) == {"Evaluate": (True, ["It is open to your role, whatever the cohort."])}


def test_qualifications_are_shown_with_their_end(ann, ada, korean, client_of):
    qualifying.grant(person=ann, qualification=korean, by=ada, reason="Grew up with it.")
    shown_for_good = page(client_of(ann))
    ann.qualified.update(granted_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(days=1))

    assert ">Korean</span>: for good <span" in shown_for_good
    assert ">Korean</span>: ended on " in page(client_of(ann))


def test_qualifications_are_named_in_the_readers_language(ann, ada, korean, client_of):
    Qualification.objects.update(korean_name="한국어")
    qualifying.grant(person=ann, qualification=korean, by=ada)
    project("Translate").qualifications.add(korean)
    ann.locale = "ko"
    ann.save()

    shown = page(client_of(ann))

    assert ">한국어</span>: " in shown
    assert "“한국어”" in shown


def test_applicants_see_their_attempts(rita, client_of):
    abe = applicant()
    attempt_of(abe, published_test(rita, is_open=True))

    shown = page(client_of(abe))

    assert '<span dir="auto">Screening</span>: handed in on ' in shown
    assert reasons.doors(abe) == []


def test_what_was_agreed_to_is_listed(ann, ada, client_of):
    consenting.agree(person=ann, text=consenting.publish(english="Be kind.", by=ada), language="en")
    consenting.publish(english="Be kinder.", by=ada)

    shown = page(client_of(ann))

    assert "Version 1, agreed to on " in shown
    assert "You are given no sheets before you agree to the text as it stands." in shown


def test_leaving_is_asked_for_once_and_taken_back(ann, client_of):
    client = client_of(ann)
    for _ in range(2):
        client.post(reverse("own_account:leave"))
    asked = DeletionRequest.objects.get(person=ann)
    shown = page(client)

    client.post(reverse("own_account:stay"))

    asked.refresh_from_db()
    assert "you asked for your account to be deleted" in shown
    assert (asked.taken_back_at is not None, leaving.waiting(ann)) == (True, None)


def test_name_and_time_zone_are_ones_own_to_change(ann, bob, client_of):
    client_of(ann).post(
        reverse("own_account:change"), {"name": "앤", "time_zone": "Asia/Seoul", "email": "x@y.example"}
    )

    ann.refresh_from_db()
    bob.refresh_from_db()
    assert (ann.name, ann.time_zone, ann.email) == ("앤", "Asia/Seoul", "ann@attune.example")
    assert (bob.name, bob.time_zone) == ("Bob", "UTC")


def test_a_time_zone_that_there_is_not_is_refused(ann, client_of):
    answer = client_of(ann).post(reverse("own_account:change"), {"name": "Ann", "time_zone": "Asia/Atlantis"})

    ann.refresh_from_db()
    assert (answer.status_code, ann.time_zone) == (422, "UTC")
    assert "Select a valid choice." in answer.content.decode()


def test_the_header_leads_there(ann, client_of):
    assert '<a href="/me/">My account</a>' in client_of(ann).get("/").content.decode()
