"""What changes when somebody is suspended, brought back or retired, or is found able to do something?"""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from labeling.people import admitting, qualifying, standing
from labeling.people.models import Cohort, Qualification, Qualified
from labeling.people.pseudonyms import pseudonym
from labeling.work import queue
from labeling.work.models import Project
from tests.factories import ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db

COHORTS = "admin:people_cohortmembership_changelist"


@pytest.fixture
def medicine(db):
    return Qualification.objects.create(key="medicine", name="Medicine")


def test_an_applicant_who_is_admitted_is_a_labeler_and_no_applicant(rita, charlie):
    admitting.take_role(charlie, "applicant")

    for _ in range(2):
        membership = admitting.admit(person=charlie, cohort="held_out", by=rita)

    assert charlie.role_names == {"labeler"}
    assert (membership.cohort, membership.admitted_by) == (Cohort.HELD_OUT, rita)


def test_nobody_changes_cohorts(rita, hal):
    with pytest.raises(ValidationError, match="This person is in the cohort “held-out”"):
        admitting.admit(person=hal, cohort="training", by=rita)


@pytest.mark.parametrize("verb", [standing.suspend, standing.retire])
def test_whoever_is_out_gets_no_sheet_but_finishes_the_one_they_hold(verb, ann, ada):
    project = TaskFactory().project
    sheet = queue.next_assignment(labeler=ann, project=project)

    verb(person=ann, reason="Asked for a break.", by=ada)

    sheet.refresh_from_db()
    assert sheet.is_open
    assert queue.hand_in(assignment=sheet)
    with pytest.raises(queue.NotOpen):
        queue.next_assignment(labeler=ann, project=project)


def test_whoever_is_brought_back_goes_on(ann, ada):
    project = TaskFactory().project
    standing.suspend(person=ann, reason="Asked for a break.", by=ada)

    standing.bring_back(person=ann, reason="Is back.", by=ada)

    assert queue.next_assignment(labeler=ann, project=project)
    ann.cohort_membership.refresh_from_db()
    assert (ann.cohort_membership.standing, ann.cohort_membership.standing_reason) == ("active", "Is back.")


def test_the_same_again_changes_nothing(ann, ada):
    assert [standing.suspend(person=ann, reason=why, by=ada) for why in ("First.", "Second.")] == [True, False]

    ann.cohort_membership.refresh_from_db()
    assert (ann.cohort_membership.standing_reason, ann.cohort_membership.standing_by) == ("First.", ada)


@pytest.mark.parametrize("verb", [standing.suspend, standing.retire, standing.bring_back])
def test_a_reason_is_asked_for(verb, ann, ada):
    with pytest.raises(ValidationError, match="Say why: it stays in the record."):
        verb(person=ann, reason="  ", by=ada)


def test_whoever_is_in_no_cohort_has_no_standing(charlie, ada):
    with pytest.raises(ValidationError, match="Charlie is in no cohort."):
        standing.suspend(person=charlie, reason="Why not.", by=ada)


def test_the_database_asks_for_the_reason_too(ann):
    with pytest.raises(IntegrityError, match="out_of_work_for_a_reason"):
        type(ann.cohort_membership).objects.update(standing="suspended")


@pytest.mark.parametrize(("action", "after"), [("suspend", "suspended"), ("retire", "retired")])
def test_admins_say_why_on_a_page_and_the_history_names_them(ann, bob, ada, client_of, action, after):
    client = client_of(ada)
    chosen = {"action": action, "_selected_action": [ann.cohort_membership.pk, bob.cohort_membership.pk]}

    asked = client.post(reverse(COHORTS), chosen)
    nothing_said = client.post(reverse(COHORTS), chosen | {"answered": "1", "reason": ""})
    done = client.post(reverse(COHORTS), chosen | {"answered": "1", "reason": "A long break."}, follow=True)

    assert "2 labelers are chosen." in asked.text
    assert "This field is required." in nothing_said.text
    assert "2 labelers are changed." in done.text
    for person in (ann, bob):
        person.cohort_membership.refresh_from_db()
        now = person.cohort_membership
        assert (now.standing, now.standing_reason, now.standing_by) == (after, "A long break.", ada)
    history = apps.get_model("people", "CohortMembershipEvent").objects.filter(pgh_label="update")
    assert {row.pgh_context.metadata["user"] for row in history} == {ada.pk}
    page = client.get(reverse("admin:people_cohortmembershipevent_changelist")).text
    assert page.count("ada@attune.example") == 3  # twice in the list, once on top of the page


def test_what_happens_outside_the_admin_has_no_context(ann):
    standing.suspend(person=ann, reason="A script.", by=None)

    row = apps.get_model("people", "CohortMembershipEvent").objects.get(pgh_label="update")
    assert row.pgh_context is None


def test_a_project_is_open_to_those_who_have_all_that_it_asks_for(ann, rita, medicine):
    korean = Qualification.objects.create(key="korean", name="Korean")
    project = ProjectFactory()
    project.qualifications.set([medicine, korean])

    qualifying.grant(person=ann, qualification=medicine, by=rita)
    with_one = list(Project.objects.open_to(ann))
    qualifying.grant(person=ann, qualification=korean, by=rita)

    assert (with_one, list(Project.objects.open_to(ann))) == ([], [project])


def test_a_qualification_ends_on_its_day_or_when_it_is_revoked(ann, rita, medicine):
    for until in (timezone.now() + timedelta(days=1), None):
        qualifying.grant(person=ann, qualification=medicine, by=rita, expires_at=until)
        assert Qualified.objects.in_force().filter(labeler=ann).count() == 1
        if until:
            with time_machine.travel(until + timedelta(seconds=1)):
                assert not Qualified.objects.in_force().exists()

    assert [qualifying.revoke(person=ann, qualification=medicine, by=rita) for _ in range(2)] == [True, False]
    assert not Qualified.objects.in_force().exists()
    assert Qualified.objects.filter(labeler=ann, revoked_by=rita).count() == 2


def test_researchers_grant_and_revoke_without_seeing_a_name(rita, ann, medicine, client_of):
    client = client_of(rita)
    add = reverse("admin:people_qualified_add")

    form = client.get(add).text
    client.post(add, {"labeler": ann.pk, "qualification": medicine.pk, "reason": "A doctor."})
    granted = Qualified.objects.get()
    listed = client.get(reverse("admin:people_qualified_changelist")).text
    client.post(reverse("admin:people_qualified_changelist"), {"action": "revoke", "_selected_action": [granted.pk]})

    assert (granted.labeler, granted.reason, granted.granted_by) == (ann, "A doctor.", rita)
    for page in (form, listed):
        assert pseudonym(ann.pseudonym_key) in page
        assert "ann@attune.example" not in page
    granted.refresh_from_db()
    assert granted.revoked_by == rita


def test_a_qualification_that_ends_before_it_begins_is_refused(ada, ann, medicine, client_of):
    page = client_of(ada).post(
        reverse("admin:people_qualified_add"),
        {"labeler": ann.pk, "qualification": medicine.pk, "expires_at_0": "2020-01-01", "expires_at_1": "12:00"},
    )

    assert "Choose a moment that is still to come." in page.text
    assert not Qualified.objects.exists()


def test_researchers_invite_to_a_project_without_seeing_a_name(rita, ann, client_of):
    project = ProjectFactory(by_invitation=True)
    client = client_of(rita)
    before = list(Project.objects.open_to(ann))

    form = client.get(reverse("admin:work_invitee_add")).text
    client.post(reverse("admin:work_invitee_add"), {"project": project.pk, "labeler": ann.pk})

    assert "ann@attune.example" not in form
    assert (before, list(Project.objects.open_to(ann))) == ([], [project])
