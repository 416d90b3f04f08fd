"""Does an invitation do what it says: once per person, for no more people than it may, and for nobody else?"""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeling.people import consenting, inviting
from labeling.people.models import Cohort, CohortMembership, Invitation, InvitationUse, Qualification, Qualified
from labeling.screening import joining, taking
from labeling.work import queue
from labeling.work.models import Assignment, Invitee, Project
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


def invitation(**fields):
    return Invitation.objects.create(**fields)


def link(made):
    return reverse("screening:join", args=[made.code])


def turned_away(made, person):
    with pytest.raises(ValidationError) as refusal:
        joining.follow(invitation=made, person=person)
    return " ".join(refusal.value.messages)


def test_a_link_into_a_cohort_makes_a_labeler_with_its_qualifications_and_projects(charlie, rita):
    made = invitation(cohort="training", created_by=rita)
    made.qualifications.add(Qualification.objects.create(key="medicine", name="Medicine"))
    project = ProjectFactory(by_invitation=True)
    made.projects.add(project)
    project.qualifications.set(made.qualifications.all())

    joining.follow(invitation=made, person=charlie)

    assert (charlie.role_names, charlie.cohort_membership.cohort) == ({"labeler"}, Cohort.TRAINING)
    assert charlie.cohort_membership.admitted_by == rita
    assert list(Qualified.objects.in_force().values_list("labeler", "qualification__key", "granted_by")) == [
        (charlie.pk, "medicine", rita.pk)
    ]
    assert list(Project.objects.open_to(charlie)) == [project]


def test_a_link_to_a_test_makes_an_applicant_and_leads_there(charlie, test):
    made = invitation()
    made.tests.add(test)

    assert joining.follow(invitation=made, person=charlie) == test
    assert charlie.role_names == {"applicant"}


def test_a_test_that_is_not_published_is_not_led_to(charlie, test):
    made = invitation()
    made.tests.add(test)
    type(test).objects.filter(pk=test.pk).update(state="closed")

    assert joining.follow(invitation=made, person=charlie) is None


def test_it_takes_effect_once_per_person(charlie):
    made = invitation(cohort="training", most_uses=None)

    for _ in range(3):
        joining.follow(invitation=made, person=charlie)

    made.refresh_from_db()
    assert (made.uses, InvitationUse.objects.count()) == (1, 1)


def test_whoever_has_a_role_keeps_it(ann, eve):
    made = invitation(most_uses=None)
    for person in (ann, eve):
        joining.follow(invitation=made, person=person)

    assert (ann.role_names, eve.role_names) == ({"labeler"}, {"engineer"})


def test_nobody_changes_from_one_cohort_to_the_other_by_a_link(ann):
    made = invitation(cohort="held_out")

    sentence = turned_away(made, ann)

    made.refresh_from_db()
    assert sentence == "This person is in the cohort “training”, and nobody changes from one to the other."
    assert (made.uses, ann.cohort_membership.cohort) == (0, "training")
    assert not InvitationUse.objects.exists()


def test_a_new_link_invites_anew_whose_time_in_the_project_had_passed(ann, rita):
    project = ProjectFactory(by_invitation=True)
    Invitee.objects.create(project=project, labeler=ann, until=timezone.now() - timedelta(days=1))
    made = invitation(cohort="training", created_by=rita)
    made.projects.add(project)

    joining.follow(invitation=made, person=ann)

    assert list(Project.objects.open_to(ann)) == [project]
    assert Invitee.objects.get().until is None


def test_a_time_that_runs_out_later_is_lifted_as_well(ann):
    project = ProjectFactory(by_invitation=True)
    Invitee.objects.create(project=project, labeler=ann, until=timezone.now() + timedelta(days=1))
    made = invitation()
    made.projects.add(project)

    joining.follow(invitation=made, person=ann)

    assert Invitee.objects.get().until is None


@pytest.mark.parametrize("fields", [{"cohort": "training"}, {}])
def test_researchers_admins_and_programs_become_nothing_by_a_link(rita, ada, judge, client_of, fields):
    made = invitation(most_uses=None, **fields)
    sentence = "Researchers, admins and programs stand outside the cohorts, and need no invitation."

    said = [turned_away(made, person) for person in (rita, ada, judge)]
    page = client_of(rita).get(link(made))

    made.refresh_from_db()
    assert (said, made.uses, page.status_code) == ([sentence] * 3, 0, 410)
    assert sentence in page.text
    assert not CohortMembership.objects.filter(labeler__in=(rita, ada, judge)).exists()


def test_whoever_is_held_out_while_they_take_a_test_has_left_it(test, abe, client_of):
    attempt = taking.begin(test=test, applicant=abe)
    first = test.sections.select_related("project", "test").first()
    taking.open_section(attempt=attempt, section=first)
    queue.next_assignment(labeler=abe, project=first.project)

    joining.follow(invitation=invitation(cohort="held_out"), person=abe)
    client = client_of(type(abe).objects.get(pk=abe.pk))
    page = client.post(reverse("screening:begin-section", args=[test.pk, first.pk]), follow=True)

    attempt.refresh_from_db()
    sheet = Assignment.objects.get(labeler=abe)
    assert (attempt.is_under_way, sheet.state) == (False, "expired")
    assert "You have been admitted without a test, and it stays so." in page.text


def test_a_test_that_was_under_way_all_the_same_does_not_go_on(test, abe):
    """One whose applicant was held out before tests were left with it."""
    taking.begin(test=test, applicant=abe)
    CohortMembership.objects.bulk_create([CohortMembership(labeler=abe, cohort="held_out")])

    with pytest.raises(ValidationError, match="admitted without a test"):
        taking.begin(test=test, applicant=type(abe).objects.get(pk=abe.pk))


def test_whoever_joins_the_training_cohort_goes_on_with_their_test(test, abe):
    attempt = taking.begin(test=test, applicant=abe)

    joining.follow(invitation=invitation(cohort="training"), person=abe)

    assert taking.begin(test=test, applicant=type(abe).objects.get(pk=abe.pk)) == attempt


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"expires_at": timezone.now() - timedelta(hours=1)}, "This invitation has expired. Ask for a new one."),
        ({"uses": 1}, "This invitation has been used up. Ask for a new one."),
        ({"revoked_at": timezone.now()}, "This invitation has been withdrawn."),
        (
            {"email": "somebody@attune.example"},
            "This invitation is for another e-mail address. Sign in with that one.",
        ),
    ],
)
def test_a_link_that_leads_nowhere_says_why(charlie, client_of, fields, sentence):
    made = invitation(cohort="training", **fields)

    page = client_of(charlie).get(link(made))

    assert (page.status_code, sentence in page.text) == (410, True)
    assert turned_away(made, charlie) == sentence
    assert client_of(charlie).post(link(made)).status_code == 410
    assert charlie.role_names == set()


def test_strangers_are_told_before_they_make_an_account():
    page = Client().get(link(invitation(revoked_at=timezone.now())))

    assert "This invitation has been withdrawn." in page.text
    assert "Create an account" not in page.text


def test_an_address_in_another_spelling_is_the_same(charlie):
    joining.follow(invitation=invitation(email="CHARLIE@attune.example"), person=charlie)

    assert charlie.role_names == {"applicant"}


def test_whoever_came_by_it_finds_the_way_again_after_it_is_used_up(charlie, client_of, test):
    made = invitation()
    made.tests.add(test)
    joining.follow(invitation=made, person=charlie)

    answer = client_of(charlie).post(link(made))

    assert (answer.status_code, answer.url) == (302, reverse("screening:test", args=[test.pk]))


def test_an_unknown_link_is_not_there(client):
    assert client.get(reverse("screening:join", args=["nothing"])).status_code == 404


def test_the_page_says_what_the_link_leads_to_and_no_cohort_by_name(test):
    made = invitation(cohort="held_out")
    made.tests.add(test)
    made.projects.add(ProjectFactory(name="Rivers"))

    page = Client().get(link(made)).text

    assert "a place in the team of labelers" in page
    assert "the project “Rivers”" in page
    assert f"the test “{test.name}”" in page
    assert "held" not in page


def test_looking_at_the_page_changes_nothing(charlie, client_of):
    made = invitation(cohort="training")

    client_of(charlie).get(link(made))

    made.refresh_from_db()
    assert (made.uses, charlie.role_names) == (0, set())


def test_consent_comes_before_what_the_link_gives(charlie, client_of):
    text = consenting.publish(english="Be kind.", by=None)
    made = invitation(cohort="training")
    client = client_of(charlie)

    asked = client.post(link(made))
    had_before = charlie.groups.exists()
    agreed = client.post(asked.url, {"do": "agree", "number": text.number, "next": link(made)})
    client.get(agreed.url)

    assert asked.url == f"/consent/?next={link(made).replace('/', '%2F')}"
    assert (had_before, agreed.url) == (False, link(made))
    assert charlie.cohort_membership.cohort == "training"


def test_whoever_did_not_agree_has_not_joined_when_they_come_back(charlie, client_of):
    consenting.publish(english="Be kind.", by=None)
    made = invitation(cohort="training")
    client = client_of(charlie)
    client.post(link(made))

    page = client.get(link(made))
    consenting.agree(person=charlie, text=consenting.newest_text(), language="en")
    later = client.get(link(made))

    assert (page.status_code, later.status_code) == (200, 200)
    assert charlie.role_names == set()


def test_what_the_invitation_knows_of_somebody_stands_in_the_form():
    made = invitation(email="kim@attune.example", name="김하나")

    page = Client().post(link(made), follow=True)

    assert 'value="kim@attune.example"' in page.text
    assert 'value="김하나"' in page.text


def race(work, people):
    """Let each of `people` do `work` at the same moment; return the sentences of those turned away."""
    start, refused = threading.Barrier(len(people)), []

    def run(person):
        start.wait()
        try:
            work(person)
        except ValidationError as refusal:
            refused.append(" ".join(refusal.messages))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.django_db(transaction=True)
def test_of_twelve_who_come_at_once_by_a_link_for_three_three_come_in():
    made = invitation(cohort="training", most_uses=3)
    people = [UserFactory() for _ in range(12)]

    refused = race(lambda person: joining.follow(invitation=made, person=person), people)

    made.refresh_from_db()
    assert refused == ["This invitation has been used up. Ask for a new one."] * 9
    assert (made.uses, InvitationUse.objects.count()) == (3, 3)
    assert sum(person.groups.filter(name="labeler").exists() for person in people) == 3


@pytest.mark.django_db(transaction=True)
def test_one_person_in_six_tabs_uses_it_once(charlie):
    made = invitation(cohort="training", most_uses=5)
    project = ProjectFactory(by_invitation=True)
    made.projects.add(project)

    refused = race(lambda person: joining.follow(invitation=made, person=person), [charlie] * 6)

    made.refresh_from_db()
    assert (refused, made.uses, Invitee.objects.count()) == ([], 1, 1)


def test_revoking_turns_away_who_has_not_come_yet(ann, bob, rita):
    made = invitation(most_uses=None)
    joining.follow(invitation=made, person=ann)

    assert [inviting.revoke(invitation=made, by=rita), inviting.revoke(invitation=made, by=rita)] == [True, False]
    assert turned_away(made, bob) == "This invitation has been withdrawn."


def test_researchers_make_many_links_at_once_and_see_them_whole(rita, client_of, settings, test):
    settings.SITE_URL = "https://attune.example"
    medicine = Qualification.objects.create(key="medicine", name="Medicine")
    project = ProjectFactory()
    client = client_of(rita)

    made = client.post(
        reverse("admin:people_invitation_add"),
        {
            "note": "Autumn", "addresses": "One@attune.example\n\ntwo@attune.example\nthree@attune.example",
            "number": "1", "most_uses": "1", "cohort": "training", "qualifications": [medicine.pk],
            "projects": [project.pk], "tests": [test.pk],
        },
    )  # fmt: skip

    assert made.status_code == 302
    rows = list(Invitation.objects.order_by("pk"))
    assert [row.email for row in rows] == ["one@attune.example", "two@attune.example", "three@attune.example"]
    for row in rows:
        assert (row.cohort, row.created_by, list(row.qualifications.all())) == ("training", rita, [medicine])
        assert (list(row.projects.all()), list(row.tests.all())) == ([project], [test])
    page = client.get(reverse("admin:people_invitation_changelist")).text
    assert f"https://attune.example/join/{rows[0].code}/" in page


def test_ten_links_for_whoever_has_one(rita, client_of):
    client_of(rita).post(reverse("admin:people_invitation_add"), {"number": "10", "most_uses": "1", "note": "Fair"})

    assert Invitation.objects.filter(email="", note="Fair").count() == 10
    assert Invitation.objects.values("code").distinct().count() == 10


def test_a_line_that_is_no_address_is_refused(rita, client_of):
    page = client_of(rita).post(
        reverse("admin:people_invitation_add"),
        {"number": "1", "most_uses": "1", "addresses": "one@attune.example\ntwo"},
    )

    assert "“two” is no e-mail address." in page.text
    assert not Invitation.objects.exists()


def test_what_it_leads_to_may_be_changed_and_links_are_revoked(rita, client_of):
    made, project = invitation(note="Fair"), ProjectFactory()
    client = client_of(rita)

    changed = client.post(
        reverse("admin:people_invitation_change", args=[made.pk]),
        {"note": "Fair", "most_uses": "", "projects": [project.pk]},
    )
    client.post(reverse("admin:people_invitation_changelist"), {"action": "revoke", "_selected_action": [made.pk]})

    made.refresh_from_db()
    assert changed.status_code == 302
    assert list(made.projects.all()) == [project]
    assert (made.most_uses, made.revoked_by) == (None, rita)


def test_who_came_is_shown_to_admins_alone(rita, ada, charlie, client_of):
    made = invitation()
    joining.follow(invitation=made, person=charlie)
    page = reverse("admin:people_invitation_change", args=[made.pk])

    assert ["Charlie" in client_of(person).get(page).text for person in (rita, ada)] == [False, True]
