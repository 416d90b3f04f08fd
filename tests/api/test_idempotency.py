"""The same request twice is one request; the same key for another one is an error."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.utils import timezone

from labeling.api import tasks
from labeling.api.models import KeptAnswer
from labeling.candidates.models import ModelEndpoint
from labeling.prompts.models import Import
from labeling.work.models import Assignment, Draft, Project
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


def post(client, name="ppo", key="k1", **more):
    return client.post("/api/v1/models/", {"name": name, **more}, headers={"Idempotency-Key": key})


def test_the_first_answer_is_given_again(engineer):
    first, again = post(engineer), post(engineer)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (first.headers.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert ModelEndpoint.objects.count() == 1


def test_the_order_of_keys_does_not_matter(engineer):
    first = engineer.post("/api/v1/models/", {"name": "a", "role": "ppo"}, headers={"Idempotency-Key": "k"})
    again = engineer.post("/api/v1/models/", {"role": "ppo", "name": "a"}, headers={"Idempotency-Key": "k"})

    assert again.json() == first.json()


def test_another_body_under_the_same_key_is_422(engineer):
    post(engineer)

    answer = post(engineer, name="sft")

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["detail"].startswith("This Idempotency-Key was used for another request.")


def test_another_address_under_the_same_key_is_422(engineer):
    post(engineer)

    answer = engineer.post("/api/v1/projects/", {"name": "ppo"}, headers={"Idempotency-Key": "k1"})

    assert answer.status_code == 422


def test_a_key_belongs_to_its_user(engineer, rest, rita):
    post(engineer)

    assert post(rest(rita, "write"), name="sft").status_code == 201


def test_a_refusal_is_not_kept_so_that_it_can_be_mended(engineer):
    assert post(engineer, name="").status_code == 400
    assert post(engineer, name="ppo").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_is_short_and_printable(engineer, key):
    assert post(engineer, key=key).status_code == 400


def test_a_program_that_asks_again_is_given_the_same_sheet(rest, judge):
    project = ProjectFactory()
    for _ in range(3):
        TaskFactory(project=project)
    client, address = rest(judge), f"/api/v1/projects/{project.pk}/next/"

    first = client.post(address, headers={"Idempotency-Key": "one"})
    again = client.post(address, headers={"Idempotency-Key": "one"})

    assert again.json() == first.json()
    assert Assignment.objects.count() == 1


def test_a_draft_is_kept_once_under_its_key(rest, ann):
    client, project = rest(ann), TaskFactory().project
    sheet = client.post(f"/api/v1/projects/{project.pk}/next/").json()["assignment"]

    def keep(revision):
        body = {"revision": revision, "seconds": revision}
        return client.put(f"/api/v1/assignments/{sheet}/draft/", body, headers={"Idempotency-Key": "draft"})

    first, again, other = keep(1), keep(1), keep(2)

    assert (first.json(), again.json(), other.status_code) == ({"revision": 1}, {"revision": 1}, 422)
    assert (first.headers.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")


def test_an_empty_answer_is_given_again(rest, judge):
    project = ProjectFactory()
    client, address = rest(judge), f"/api/v1/projects/{project.pk}/next/"
    client.post(address, headers={"Idempotency-Key": "one"})
    TaskFactory(project=project)

    assert client.post(address, headers={"Idempotency-Key": "one"}).status_code == 204


def test_files_are_compared_by_their_content(engineer):
    def send(content):
        file = SimpleUploadedFile("a.jsonl", content)
        asked = {"file": file, "source": "a"}
        return engineer.post("/api/v1/imports/", asked, format="multipart", headers={"Idempotency-Key": "f"})

    first, again, other = send(b'{"prompt": "a"}'), send(b'{"prompt": "a"}'), send(b'{"prompt": "b"}')

    assert (first.status_code, again.json(), other.status_code) == (202, first.json(), 422)
    assert Import.objects.get().file.read() == b'{"prompt": "a"}'


def test_a_day_later_it_is_forgotten(engineer):
    post(engineer, key="old")
    KeptAnswer.objects.update(kept_at=timezone.now() - timedelta(days=1, seconds=1))
    post(engineer, name="sft", key="new")

    tasks.forget_kept_answers()

    assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["new"]


def test_the_database_keeps_one_answer_per_key(eve):
    kept = {"user": eve, "key": "k", "request_hash": "0", "status": 201}
    KeptAnswer.objects.create(**kept)

    with pytest.raises(IntegrityError, match="one_answer_per_idempotency_key"):
        KeptAnswer.objects.create(**kept)


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_are_one(rest, eve):
    clients = [rest(eve, "write") for _ in range(8)]

    def make(client):
        try:
            asked = {"name": "Rank", "instructions": "Be fair."}
            answer = client.post("/api/v1/projects/", asked, headers={"Idempotency-Key": "once"})
            return answer.status_code, answer.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(make, clients))

    assert answers == {(201, Project.objects.get().pk)}


@pytest.mark.django_db(transaction=True)
def test_drafts_of_one_sheet_from_four_machines_never_wait_for_each_other_in_a_circle(rest):
    """Each is one transaction with its kept answer: it holds the sheet from the draft to the end of the lease anew."""
    ann, project = LabelerFactory(), TaskFactory().project
    sheet = rest(ann).post(f"/api/v1/projects/{project.pk}/next/").json()["assignment"]

    def write(machine):
        client, answers = rest(ann), set()
        for number in range(25):
            body, key = {"revision": 4 * number + machine + 1, "seconds": number}, f"{machine}-{number}"
            answer = client.put(f"/api/v1/assignments/{sheet}/draft/", body, headers={"Idempotency-Key": key})
            answers.add(answer.status_code)
        connection.close()
        return answers

    with ThreadPoolExecutor(4) as pool:
        answered = list(pool.map(write, range(4)))

    assert answered == [{200}] * 4
    assert Draft.objects.get().revision == 100
