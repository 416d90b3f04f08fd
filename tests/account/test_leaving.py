"""After somebody has left: is a tombstone all there is, and are labels and datasets as they should be?"""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeling.account import leaving
from labeling.account.models import DeletionRequest
from labeling.api import tokens
from labeling.api.models import KeptAnswer, Token
from labeling.datasets.models import DatasetVersion
from labeling.events import telling
from labeling.labels import recording, reopening
from labeling.labels.models import Label, Lock
from labeling.labels.saying import said
from labeling.people import consenting, qualifying, standing
from labeling.people.models import Consent, Invitation, InvitationUse, Qualification, User
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import Owner, Prompt
from labeling.quality import grading
from labeling.screening import taking
from labeling.screening.models import Attempt
from labeling.surveys.models import Asked
from labeling.work import drafts, drawing, flagging, queue
from labeling.work.models import Assignment, Membership
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory
from tests.factories.screening import applicant, attempt_of, published_test
from tests.house.test_books import recount

pytestmark = pytest.mark.django_db

NAMES = ("Zebedee Quux", "zebedee@quux.example", "quux")

TEXTS = """
SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_name)
WHERE tables.table_schema = 'public' AND table_type = 'BASE TABLE'
  AND (data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY', 'bytea', 'citext'))
ORDER BY 1, 2
"""


def mentions(*names):
    """Return every table.column of the database in whose text one of `names` stands, in any case."""
    with connection.cursor() as cursor:
        cursor.execute(TEXTS)
        columns = cursor.fetchall()
        assert len(columns) > 150
        return [
            f"{table}.{column}"
            for table, column in columns
            if _found(cursor, table, column, [f"%{name}%" for name in names])
        ]


def _found(cursor, table, column, patterns):
    cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" WHERE "{column}"::text ILIKE ANY(%s))', [patterns])  # noqa: S608
    return cursor.fetchone()[0]


@pytest.fixture
def zeb(db):
    return LabelerFactory(name="Zebedee Quux", email="zebedee@quux.example")


@pytest.fixture
def traces(zeb, ada, client_of):
    """Name and address in every place where the house lets somebody put them, but for the labels."""
    zeb.set_password("quiet-river-42")
    zeb.locale = "ko"
    zeb.save()
    client_of(zeb).get("/")
    project = ProjectFactory(overlap=None)
    for _ in range(3):
        TaskFactory(project=project)
    label = submitted(zeb, project)
    skipped = queue.next_assignment(labeler=zeb, project=project)
    queue.skip(assignment=skipped, reason="Ask Zebedee Quux")
    sheet = queue.next_assignment(labeler=zeb, project=project)
    drafts.save_draft(assignment=sheet, revision=1, body={"text": "by Zebedee Quux"})
    flagging.flag(assignment=sheet, kind="pii", note="I am Zebedee Quux")
    consenting.agree(person=zeb, text=consenting.publish(english="Be kind.", by=ada), language="en")
    qualification = Qualification.objects.create(key="korean", name="Korean")
    qualifying.grant(person=zeb, qualification=qualification, by=ada, reason="Zebedee Quux knows it")
    standing.suspend(person=zeb, reason="Zebedee Quux is ill", by=ada)
    standing.bring_back(person=zeb, reason="Zebedee Quux is well", by=ada)
    Invitation.objects.create(email="Zebedee@Quux.example", note="Zebedee Quux", created_by=ada)
    invitation = Invitation.objects.create(note="for Zebedee Quux", created_by=ada)
    InvitationUse.objects.create(invitation=invitation, person=zeb)
    mail = telling.tell(person=zeb, letter="admitted", test="for Zebedee Quux")
    type(mail).objects.update(error="550 zebedee@quux.example is full")
    tokens.issue(user=zeb, scope="label")
    KeptAnswer.objects.create(user=zeb, key="quux", request_hash="a" * 64, status=200, body={"email": zeb.email})
    Asked.objects.create(person=zeb, survey="demographics", quarter="2026Q4")
    change = client_of(ada)
    page = reverse("admin:people_user_change", args=[zeb.pk])
    change.post(page, _form_of(change.get(page)) | {"time_zone": "Asia/Seoul"})
    inline = [{"changed": {"name": "cohort membership", "object": str(zeb.cohort_membership), "fields": ["Cohort"]}}]
    LogEntry.objects.create(user=ada, action_flag=2, change_message=json.dumps(inline))
    attempt = Attempt.objects.create(test=published_test(ada), applicant=zeb)
    taking.leave(attempt=attempt, reason="Zebedee Quux has no time")
    return label


def _form_of(answer):
    """What the admin's page would send again, unchanged."""
    forms = [answer.context["adminform"].form, *answer.context["inline_admin_formsets"]]
    sent = {}
    for form in [forms[0], *(inner for one in forms[1:] for inner in [one.formset.management_form, *one.formset])]:
        for bound in form:
            value = bound.value()
            if value not in (None, False):
                sent[bound.html_name] = value
    return sent


def submitted(person, project):
    sheet = queue.next_assignment(labeler=person, project=project)
    sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)
    ratings = [{"slot": one, "overall_quality": 4, "answers": {"fails_task": False}} for one in "ABCD"]
    return recording.record(assignment=sheet, body={"ratings": ratings, "ranking": [list("ABCD")], "seconds": 9})


def test_the_name_and_the_address_are_nowhere_in_the_database(traces, zeb, ada):
    before = mentions(*NAMES)

    leaving.delete(person=zeb, keep_labels=True, by=ada)

    assert mentions(*NAMES) == []
    assert {
        "account_emailaddress.email",
        "api_keptanswer.body",
        "django_admin_log.change_message",
        "django_admin_log.object_repr",
        "events_mail.error",
        "events_mail.facts",
        "people_cohortmembership.standing_reason",
        "people_cohortmembershipevent.standing_reason",
        "people_invitation.email",
        "people_invitation.note",
        "people_qualified.reason",
        "people_qualifiedevent.reason",
        "people_user.email",
        "people_user.name",
        "screening_attempt.left_reason",
        "work_assignment.skip_reason",
        "work_draft.body",
        "work_sheetflag.note",
    } <= set(before)


def test_a_tombstone_is_left(traces, zeb, ada):
    key = zeb.pseudonym_key

    leaving.delete(person=zeb, keep_labels=True, by=ada)

    stone = User.objects.get(pk=zeb.pk)
    assert (stone.email, stone.name, stone.locale, stone.time_zone) == (f"left-{zeb.pk}@deleted.invalid", "", "", "UTC")
    assert (stone.is_active, stone.has_usable_password(), stone.last_login) == (False, False, None)
    assert (list(stone.groups.all()), pseudonym(stone.pseudonym_key) == pseudonym(key)) == ([], False)


def test_nobody_gets_in_as_them_any_more(traces, zeb, ada, client_of):
    window = client_of(zeb)
    leaving.delete(person=zeb, keep_labels=True, by=ada)

    answers = [window.get("/").status_code, Client().login(username=zeb.email, password="quiet-river-42")]

    assert answers == [302, False]
    assert Token.objects.count() == 0
    assert [one for one in Session.objects.all() if one.get_decoded().get("_auth_user_id") == str(zeb.pk)] == []


def test_what_they_agreed_to_stays_on_record_as_taken_back(traces, zeb, ada):
    leaving.delete(person=zeb, keep_labels=True, by=ada)

    consent = Consent.objects.get()
    assert (consent.person_id, consent.text.number, consent.withdrawn_at is not None) == (zeb.pk, 1, True)


def test_a_link_for_them_alone_is_not_for_everybody_afterwards(traces, zeb, ada):
    leaving.delete(person=zeb, keep_labels=True, by=ada)

    assert {(one.email, one.note, one.revoked_at is None) for one in Invitation.objects.all()} == {("", "", False)}


def test_what_admins_did_stays_in_their_log_without_the_name(traces, zeb, ada):
    leaving.delete(person=zeb, keep_labels=True, by=ada)

    entry = LogEntry.objects.get(object_id=str(zeb.pk))
    assert (entry.user_id, entry.object_repr, entry.change_message) == (ada.pk, "", "")


def test_labels_that_are_kept_are_kept_to_the_letter(traces, zeb, ada):
    label = traces
    before = said(label)

    done = leaving.delete(person=zeb, keep_labels=True, by=ada)

    label = Label.objects.get(pk=label.pk)
    assert (said(label), label.assignment.labeler_id) == (before, zeb.pk)
    assert done.outcome == {"labels_kept": 1, "datasets": []}
    assert recount() == []


def test_labels_that_are_not_kept_free_their_seats(zeb, bob, ada):
    project = ProjectFactory(overlap=1)
    task = TaskFactory(project=project)
    submitted(zeb, project)

    done = leaving.delete(person=zeb, keep_labels=False, by=ada)

    task.refresh_from_db()
    assert (Label.objects.count(), task.taken) == (0, 0)
    assert done.outcome == {"labels_kept": 0, "taken_out": 1, "stayed": {}, "datasets": []}
    assert list(Assignment.objects.values_list("state", flat=True)) == ["skipped"]
    assert queue.next_assignment(labeler=bob, project=project).task_id == task.pk
    assert recount() == []


@pytest.mark.parametrize("because", [Lock.FROZEN, Lock.REVIEWED, Lock.KEY])
def test_what_others_rest_on_stays_and_the_outcome_says_why(because, zeb, ada):
    project = ProjectFactory(overlap=1)
    TaskFactory.create_batch(2, project=project)
    locked, _free = submitted(zeb, project), submitted(zeb, project)
    reopening.lock(labels=[locked.pk], because=because)

    done = leaving.delete(person=zeb, keep_labels=False, by=ada)

    assert list(Label.objects.values_list("pk", flat=True)) == [locked.pk]
    assert done.outcome == {"labels_kept": 1, "taken_out": 1, "stayed": {because: 1}, "datasets": []}
    assert recount() == []


def test_a_frozen_revision_keeps_its_sheet_though_a_newer_one_is_not_frozen(zeb, ada):
    project = ProjectFactory()
    TaskFactory(project=project)
    first = submitted(zeb, project)
    Label.objects.filter(pk=first.pk).update(superseded_at=timezone.now())
    Label.objects.create(assignment=first.assignment, revision=2, seconds=1)
    reopening.lock(labels=[first.pk], because=Lock.FROZEN)

    done = leaving.delete(person=zeb, keep_labels=False, by=ada)

    assert (Label.objects.count(), done.outcome["stayed"]) == (2, {"frozen": 1})


def version(project, *, state="frozen", **fields):
    made = DatasetVersion.objects.create(
        kind="comparisons", format="grouped", choice_hash=str(project.pk) * 8, number=1, **fields
    )
    made.projects.add(project)
    frozen = {"frozen_at": timezone.now(), "manifest": {"rows": 1}} if state == "frozen" else {}
    DatasetVersion.objects.filter(pk=made.pk).update(state=state, **frozen)
    return made


def test_the_datasets_that_were_issued_with_their_labels_are_listed(zeb, bob, ada):
    theirs, others = ProjectFactory(overlap=None), ProjectFactory(overlap=None)
    for project in (theirs, others):
        TaskFactory(project=project)
        submitted(bob, project)
    submitted(zeb, theirs)
    with_them = version(theirs)
    version(others)

    done = leaving.delete(person=zeb, keep_labels=False, by=ada)

    assert done.outcome["datasets"] == [{"id": with_them.pk, "kind": "comparisons", "format": "grouped", "number": 1}]


def test_a_dataset_without_them_is_not_listed_though_they_worked_in_its_project(zeb, ada):
    project = ProjectFactory(overlap=None)
    TaskFactory(project=project)
    version(project, filters={"until": "2020-01-01T00:00:00+00:00"})
    submitted(zeb, project)

    assert leaving.delete(person=zeb, keep_labels=True, by=ada).outcome["datasets"] == []


@pytest.mark.parametrize("keep_labels", [True, False])
def test_nobody_goes_while_a_dataset_is_being_frozen_from_their_labels(zeb, ada, keep_labels):
    project = ProjectFactory()
    TaskFactory(project=project)
    submitted(zeb, project)
    version(project, state="freezing")
    key = zeb.pseudonym_key

    with pytest.raises(ValidationError, match="A dataset is being frozen from the work of Zebedee Quux"):
        leaving.delete(person=zeb, keep_labels=keep_labels, by=ada)

    zeb.refresh_from_db()
    assert (Label.objects.count(), zeb.name, zeb.pseudonym_key) == (1, "Zebedee Quux", key)


def test_what_they_wrote_goes_with_the_prompt_they_wrote_for_it(zeb, ada):
    project = ProjectFactory(kind="demonstration", prompt_types=["plain"], k=2)
    sheet = written_sheet(project, zeb)
    recording.record(assignment=sheet, body={"text": "Mine", "prompt": {"type": "plain", "text": "Why?"}, "seconds": 3})
    mine = Prompt.objects.get(demonstrations__isnull=False)

    leaving.delete(person=zeb, keep_labels=False, by=ada)

    assert (Prompt.objects.filter(pk=mine.pk).count(), Owner.objects.filter(pk=mine.owner_id).count()) == (0, 0)


def written_sheet(project, person):
    drawing.add_unwritten_tasks(project=project, number=1)
    sheet = queue.next_assignment(labeler=person, project=project)
    return Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)


def test_an_applicant_takes_the_test_along(rita, ada):
    abe = applicant(email="abe@applicants.example", name="Abe")
    attempt = attempt_of(abe, published_test(rita, is_open=True))
    written = attempt.test.sections.get(criterion="demonstrations").project.assignments.filter(labeler=abe)
    for label in Label.objects.filter(assignment__in=written):
        grading.grade(label=label, score=6, comment="Well put.", by=rita)

    done = leaving.delete(person=abe, keep_labels=False, by=ada)

    assert Label.objects.filter(assignment__labeler=abe).count() == 0
    assert (attempt.results.count(), done.outcome["stayed"]) == (0, {})
    assert [(row.outcome, row.reason) for row in attempt.decisions.all()] == [("declined", "The account was deleted.")]
    assert recount() == []


def test_sheets_that_are_open_go_back(zeb, bob, ada):
    project = ProjectFactory(overlap=1)
    task = TaskFactory(project=project)
    queue.next_assignment(labeler=zeb, project=project)

    leaving.delete(person=zeb, keep_labels=True, by=ada)

    task.refresh_from_db()
    assert (task.taken, Membership.objects.get(labeler=zeb).taken) == (0, 0)
    assert queue.next_assignment(labeler=bob, project=project).task_id == task.pk


def test_nobody_deletes_themselves_or_a_tombstone(zeb, ada):
    leaving.delete(person=zeb, keep_labels=True, by=ada)

    with pytest.raises(ValidationError, match="Another admin has to delete your account"):
        leaving.delete(person=ada, keep_labels=True, by=ada)
    with pytest.raises(ValidationError, match="This account has been deleted already"):
        leaving.delete(person=zeb, keep_labels=True, by=ada)


LIST = "admin:own_account_deletionrequest_changelist"


def carry_out(client, request, **answers):
    data = {"action": "carry_out", "_selected_action": [request.pk], **answers}
    return client.post(reverse(LIST), data)


def test_an_admin_carries_it_out_after_a_question(zeb, ada, client_of):
    leaving.ask(person=zeb)
    asked = DeletionRequest.objects.get()
    client = client_of(ada)

    question = carry_out(client, asked)
    still_there = User.objects.get(pk=zeb.pk).name
    unanswered = carry_out(client, asked, answered="1")
    carry_out(client, asked, answered="1", labels="take_out")

    asked.refresh_from_db()
    assert (question.status_code, unanswered.status_code, still_there) == (200, 200, "Zebedee Quux")
    assert "1 person who asked for it is chosen." in question.content.decode()
    assert (asked.done_by, asked.done_at is not None) == (ada, True)
    assert asked.outcome == {"labels_kept": 0, "taken_out": 0, "stayed": {}, "datasets": []}
    assert json.dumps(asked.outcome)


def test_whoever_took_it_back_is_not_deleted(zeb, ada, client_of):
    leaving.ask(person=zeb)
    leaving.take_back(person=zeb)

    carry_out(client_of(ada), DeletionRequest.objects.get(), answered="1", labels="keep")

    assert User.objects.get(pk=zeb.pk).name == "Zebedee Quux"


def test_researchers_do_not_see_who_asks(rita, client_of):
    assert client_of(rita).get(reverse(LIST)).status_code == 403


@pytest.mark.parametrize("state", ["waiting", "done", "taken_back"])
def test_requests_are_told_apart_by_their_state(state, zeb, bob, ann, ada, client_of):
    leaving.ask(person=zeb)
    leaving.ask(person=bob)
    leaving.take_back(person=bob)
    leaving.delete(person=ann, keep_labels=True, by=ada)

    shown = client_of(ada).get(reverse(LIST), {"state": state}).context["cl"].queryset

    assert [one.person for one in shown] == [{"waiting": zeb, "done": ann, "taken_back": bob}[state]]
