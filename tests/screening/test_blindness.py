"""Can somebody who chooses find out whose code is whose, from any other page that they may open?"""

import pytest
from django.contrib import admin
from django.urls import reverse

from labeling.labels.models import Label
from labeling.people.models import Invitation, Qualification
from labeling.people.pseudonyms import pseudonym
from labeling.screening import joining, taking
from labeling.screening.models import Criterion
from labeling.work import drafts, flagging, queue
from labeling.work.models import Assignment, Invitee
from tests.factories import TaskFactory
from tests.factories.screening import applicant, attempt_of
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db
OWN_WORDS = "Nobody but Kim would have put it like this."


@pytest.fixture
def kim(test, rita):
    """Invited by a letter to the test, with a qualification, as a roster does it."""
    made = Invitation.objects.create(email="kim@applicants.example", created_by=rita)
    made.tests.add(test)
    made.qualifications.add(Qualification.objects.create(key="medicine", name="Medicine"))
    person = applicant(email="kim@applicants.example", name="Kim")
    joining.follow(invitation=made, person=person)
    return person


@pytest.fixture
def attempt(test, kim):
    return attempt_of(kim, test, text=OWN_WORDS)


def page_of(person, name, *args, client_of, **query):
    return client_of(person).get(reverse(name, args=args, query=query))


def test_an_invitation_a_qualification_and_a_label_do_not_name_an_applicant(test, attempt, kim, rita, client_of):
    written = taking.labels_of(attempt).get(assignment__task__prompt__messages__0__content__endswith="w0")

    invitations, qualified, labels, label, code = (
        page_of(rita, name, *args, client_of=client_of)
        for name, *args in [
            ("admin:people_invitation_changelist",),
            ("admin:people_qualified_changelist",),
            ("admin:labels_label_changelist",),
            ("admin:labels_label_change", written.pk),
            ("admin:screening_test_attempt", test.pk, attempt.code),
        ]
    )

    assert ("kim@applicants.example" in invitations.text, "1 / 1" in invitations.text) == (True, True)
    assert pseudonym(kim.pseudonym_key) in qualified.text
    assert pseudonym(kim.pseudonym_key) not in labels.text
    assert label.status_code == 302  # as if there were none
    assert OWN_WORDS in code.text


def test_no_list_that_researchers_see_has_an_applicant_and_their_work(attempt, kim, rita, client_of):
    sheets = Assignment.objects.filter(labeler=kim)
    flagging.flag(assignment=sheets.first(), kind="broken")
    alias, client, told = pseudonym(kim.pseudonym_key), client_of(rita), {}

    for model in admin.site._registry:
        page = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        words = [word for word in (alias, "Kim", OWN_WORDS, *map(str, sheets)) if word in page.text]
        told |= {model._meta.label: words} if words and page.status_code == 200 else {}

    assert told == {"people.Qualified": [alias]}


def test_researchers_see_their_own_labels_on_which_the_key_rests(test, attempt, rita, client_of):
    page = page_of(rita, "admin:labels_label_changelist", client_of=client_of)

    rows = page.context["cl"].result_list
    assert {row.assignment.labeler for row in rows} == {rita}
    assert len(rows) == 7


def test_admins_who_may_see_accounts_see_it_all(attempt, ada, client_of):
    assert page_of(ada, "admin:labels_label_changelist", client_of=client_of).context["cl"].result_count == (
        Label.objects.count()
    )


def test_the_daily_work_of_labelers_is_seen_as_before(ann, rita, client_of):
    task = TaskFactory()
    queue.next_assignment(labeler=ann, project=task.project)

    page = page_of(rita, "admin:work_assignment_changelist", client_of=client_of)

    assert pseudonym(ann.pseudonym_key) in page.text


def test_a_flag_says_what_is_wrong_and_not_which_applicant_said_so(test, kim, rita, client_of):
    attempt = attempt_of(kim, test, hand_in=False, sections=[section_of(test, Criterion.PRACTICE)])
    flagging.flag(assignment=Assignment.objects.get(labeler=attempt.applicant), kind="broken", note="Half a sentence.")

    page = page_of(rita, "admin:work_sheetflag_changelist", client_of=client_of).text

    assert ["Half a sentence." in page, "an applicant" in page, pseudonym(kim.pseudonym_key) in page] == [
        True, True, False,
    ]  # fmt: skip


def test_the_progress_of_a_section_counts_applicants_and_lists_none(test, kim, rita, ada, client_of):
    flags = section_of(test, Criterion.FLAGS)
    Invitee.objects.create(project=flags.project, labeler=kim)
    sheet = queue.next_assignment(labeler=kim, project=flags.project)
    drafts.save_draft(assignment=sheet, revision=1, body={})

    seen, all_of_it = (
        page_of(person, "admin:work_project_progress", flags.project_id, client_of=client_of) for person in (rita, ada)
    )

    assert (seen.context["totals"]["open"], seen.context["labelers"][0]["name"]) == (1, "Rita")
    assert ["Kim" in seen.text, "Kim" in all_of_it.text] == [False, True]
    assert "chosen by their codes" in seen.text


def test_nor_do_programs_tell_over_rest(test, attempt, kim, rita, eve, ada, client_of):
    flags = section_of(test, Criterion.FLAGS)
    alias = pseudonym(kim.pseudonym_key)

    for person, sees in ((rita, False), (eve, False), (ada, True)):
        client = client_of(person)
        labels = client.get("/api/v1/labels/", {"project": flags.project_id}).json()["results"]
        progress = client.get(f"/api/v1/projects/{flags.project_id}/progress/").json()
        assert {row["labeler"] for row in labels} == {pseudonym(rita.pseudonym_key), *([alias] if sees else [])}
        assert (alias in {row["labeler"] for row in progress["labelers"]}) is sees
        assert progress["submitted"] == 8
