"""Does a download hold all there is on a person, and nothing of anybody else?"""

import io
import json
import zipfile

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.account import gathering
from labeling.api import tokens
from labeling.events import telling
from labeling.people import consenting, qualifying, standing
from labeling.people.models import Invitation, Qualification
from labeling.quality import grading
from labeling.screening import deciding
from labeling.work import drafts, flagging, queue
from tests.factories import ProjectFactory, TaskFactory
from tests.factories.labels import rank
from tests.factories.screening import applicant, attempt_of, published_test
from tests.house.fields import PERSONAL

pytestmark = pytest.mark.django_db

# What is listed as personal and is in nobody's download, and why.
IN_NO_DOWNLOAD = {
    "people.user.password": "a hash that is of use to thieves only",
    "people.invitation.note": "what researchers note for themselves",
    "candidates.response.meta": "of models and files, which are no accounts",
    "candidates.response.text": "of models and files, which are no accounts",
    "prompts.import.file": "what staff imported for the operation is the operation's",
    "prompts.import.filename": "what staff imported for the operation is the operation's",
    "prompts.owner.key_hash": "of authors outside, to whom no account leads",
    "prompts.refusedrow.excerpt": "of authors outside, to whom no account leads",
    "surveys.demographics.age_band": "no answer knows whose it is",
    "surveys.demographics.education": "no answer knows whose it is",
    "surveys.demographics.ethnicities": "no answer knows whose it is",
    "surveys.demographics.gender": "no answer knows whose it is",
    "surveys.demographics.nationality": "no answer knows whose it is",
    "surveys.satisfaction.clear": "no answer knows whose it is",
    "surveys.satisfaction.enjoyable": "no answer knows whose it is",
    "surveys.satisfaction.glad": "no answer knows whose it is",
    "surveys.satisfaction.paid_fairly": "no answer knows whose it is",
    "surveys.satisfaction.repetitive": "no answer knows whose it is",
}


def downloaded(client):
    answer = client.post(reverse("own_account:download"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as zipped:
        assert zipped.testzip() is None
        return {name: zipped.read(name).decode() for name in zipped.namelist()}


def rows(files, name):
    return [json.loads(line) for line in files[f"{name}.jsonl"].splitlines()]


def test_every_personal_column_is_in_it_or_has_a_reason_not_to_be():
    assert PERSONAL - gathering.columns() == set(IN_NO_DOWNLOAD)


def worked(person, ada):
    """Ranked one task with a note, drafted and flagged another, and been spoken of."""
    project = ProjectFactory(overlap=None)
    label = rank(TaskFactory(project=project), person, "A > B > C > D", ratings={"A": 6})
    label.ratings.update(notes=f"{person.name} noted this")
    TaskFactory(project=project)
    sheet = queue.next_assignment(labeler=person, project=project)
    drafts.save_draft(assignment=sheet, revision=1, body={"text": f"a draft of {person.name}"})
    flagging.flag(assignment=sheet, kind="other", note=f"{person.name} flags this")
    text = consenting.newest_text() or consenting.publish(english="Be kind.", by=ada)
    consenting.agree(person=person, text=text, language="en")
    qualification, _new = Qualification.objects.get_or_create(key="korean", defaults={"name": "Korean"})
    qualifying.grant(person=person, qualification=qualification, by=ada, reason=f"{person.name} grew up with it")
    standing.suspend(person=person, reason=f"{person.name} is away", by=ada)
    Invitation.objects.create(email=person.email.upper(), note=f"{person.name}, from the fair", created_by=ada)
    telling.tell(person=person, letter="admitted", test="Screening")
    tokens.issue(user=person, scope="label")
    return label


def test_it_holds_what_they_did_and_what_was_said_of_them(ann, ada, client_of):
    label = worked(ann, ada)

    files = downloaded(client_of(ann))

    assert rows(files, "people.user")[0]["groups"] == ["labeler"]
    assert rows(files, "labels.rating")[0]["notes"] == "Ann noted this"
    assert rows(files, "labels.label")[0]["id"] == label.pk
    assert rows(files, "work.draft")[0]["body"] == {"text": "a draft of Ann"}
    assert rows(files, "work.sheetflag")[0]["note"] == "Ann flags this"
    assert rows(files, "people.cohortmembership")[0]["standing_reason"] == "Ann is away"
    assert rows(files, "people.qualified")[0]["reason"] == "Ann grew up with it"
    assert rows(files, "people.consent")[0]["language"] == "en"
    assert rows(files, "events.mail")[0]["letter"] == "admitted"
    assert [sorted(row) for row in rows(files, "work.slot")] == [["assignment", "id", "place"]] * 8
    assert "ann@attune.example" in files["README.txt"]


def test_nobody_else_is_in_it(ann, bob, ada, client_of):
    worked(bob, ada)
    worked(ann, ada)

    whole = "".join(downloaded(client_of(ann)).values())

    assert [word for word in ("Bob", "bob@", "Ada", "ada@", "from the fair") if word in whole] == []
    assert f'"admitted_by":{ada.pk}' not in whole


def test_no_secret_and_no_model_is_in_it(ann, ada, client_of):
    ann.set_password("quiet-river-42")
    ann.save()
    label = worked(ann, ada)
    models = {slot.candidate.response.endpoint.name for slot in label.assignment.slots.all()}

    files = downloaded(client_of(ann))

    whole = "".join(files.values())
    assert [name for name in (*models, ann.password, "digest") if name in whole] == []


def test_staff_find_by_number_what_they_did(ann, ada, client_of):
    worked(ann, ada)

    did = {(row["table"], row["as"]) for row in rows(downloaded(client_of(ada)), "what_you_did")}

    assert {("people.qualified", "granted_by"), ("people.cohortmembership", "standing_by")} <= did
    assert "Ann" not in "".join(downloaded(client_of(ada)).values())


def test_grades_and_results_are_theirs_once_it_is_decided(rita, ada, client_of):
    abe = applicant(email="abe@applicants.example", name="Abe")
    attempt = attempt_of(abe, published_test(rita, is_open=True))
    for label in attempt.test.sections.get(criterion="demonstrations").project.assignments.filter(labeler=abe):
        grading.grade(label=label.labels.get(), score=6, comment="Well put.", by=rita)
    deciding.decide(attempt=attempt, outcome="waiting", reason="Later.", by=rita)
    before = downloaded(client_of(abe))

    deciding.decide(attempt=attempt, outcome="declined", reason="Too few.", by=rita)

    after = downloaded(client_of(abe))
    held_back = {"quality.grade.jsonl", "screening.result.jsonl", "screening.decision.jsonl"}
    assert (held_back & set(before), held_back & set(after)) == (set(), held_back)
    assert "Later." not in "".join(before.values())
    assert [(row["score"], row["comment"], "graded_by" in row) for row in rows(after, "quality.grade")] == [
        (6, "Well put.", False)
    ] * 2
    assert [row["reason"] for row in rows(after, "screening.decision")] == ["Later.", "Too few."]
    assert "rita@" not in "".join(after.values())


def test_many_rows_are_sent_as_they_are_read(ann, client_of):
    project = ProjectFactory(k=2)
    for _ in range(3):
        rank(TaskFactory(project=project), ann, "A > B", at=timezone.now())

    answer = client_of(ann).post(reverse("own_account:download"))

    assert answer.streaming
    assert len(list(answer.streaming_content)) > 1


def test_a_stranger_has_nothing_to_download(client):
    answer = client.post(reverse("own_account:download"))

    assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("account_login"))
