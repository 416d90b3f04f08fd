"""However a call goes wrong, the answer is a problem document with a whole sentence."""

import pytest
from django.db import connection

from labeling.api import problems
from labeling.api.parsers import is_deeper
from labeling.prompts.models import Prompt
from tests.factories import EndpointFactory, ProjectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


def problem_of(answer, status):
    """The body of an answer that is a problem document of this status."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    body = answer.json()
    assert set(body) <= {"type", "title", "status", "detail", "errors"}
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["detail"][-1] in ".?"
    return body


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{", "The body is not valid JSON: "),
        ('{"name": NaN}', "The body is not valid JSON: "),
        ('{"name": "\\ud800"}', "The body is not valid JSON: "),
        (b'{"name": "\xff"}', "The body is not valid JSON: "),
        ('{"name": ' + "[" * 101 + "]" * 101 + "}", "The body is nested more than 100 deep."),
        ("[" * 100_000, "The body is not valid JSON: "),
    ],
)
def test_a_body_that_is_no_json_is_400(engineer, body, sentence):
    answer = engineer.post("/api/v1/models/", body, content_type="application/json")

    assert problem_of(answer, 400)["detail"].startswith(sentence)


@pytest.mark.parametrize("body", [[], 1, "x", None, [1]])
@pytest.mark.parametrize("address", ["models", "projects", "datasets", "projects/{}/tasks"])
def test_a_body_that_is_no_object_is_400(engineer, address, body):
    address = f"/api/v1/{address}/".format(ProjectFactory().pk)

    problem_of(engineer.post(address, body, format="json"), 400)


def test_mistakes_are_named_by_field(engineer):
    answer = engineer.post("/api/v1/models/", {"name": "", "role": "king"})

    body = problem_of(answer, 400)
    assert body["errors"] == [
        {"field": "name", "detail": "This field may not be blank."},
        {"field": "role", "detail": '"king" is not a valid choice.'},
    ]
    assert body["detail"] == "name: This field may not be blank. There is 1 more mistake."


def test_a_field_that_does_not_exist_is_refused(engineer):
    body = problem_of(engineer.post("/api/v1/models/", {"name": "x", "rolle": "ppo"}), 400)

    assert body["errors"][0]["field"] == "rolle"
    assert "there are: name, role, size, base_url, protocol, model_id, key," in body["detail"]


def test_the_character_nul_is_refused(engineer):
    body = problem_of(engineer.post("/api/v1/models/", {"name": "a\0b"}), 400)

    assert body["detail"] == "name: Null characters are not allowed."


@pytest.mark.parametrize("filters", ["source=%00", "split=x", "page_size=x&origin=x"])
def test_a_filter_that_makes_no_sense_is_400(engineer, filters):
    problem_of(engineer.get(f"/api/v1/prompts/?{filters}"), 400)


@pytest.mark.parametrize(
    ("call", "known"),
    [
        ("labels/?projects=7", "by_program, cursor, format, kind, page_size, project, since"),
        ("prompts/?colour=red&split=train", "cursor, findings, from_import, language, "),
        ("projects/{}/agreement/?programs=true", "with_programs"),
        ("imports/99/refused/?line=7", "cursor, page_size"),
    ],
)
def test_a_misspelt_filter_is_400_and_those_there_are_are_named(engineer, call, known):
    body = problem_of(engineer.get(f"/api/v1/{call.format(ProjectFactory().pk)}"), 400)

    (error,) = body["errors"]
    assert error["field"] == call.partition("?")[2].partition("=")[0]
    assert error["detail"].startswith(f"There is no parameter of this name here; there are: {known}")


@pytest.mark.parametrize("call", ["projects/{}/", "projects/{}/progress/", "dataset-formats/"])
def test_where_nothing_can_be_asked_for_nothing_is_taken(engineer, call):
    body = problem_of(engineer.get(f"/api/v1/{call.format(ProjectFactory().pk)}?kind=rating"), 400)

    assert body["detail"] == "kind: There is no parameter of this name here; this call takes none."


def test_a_misspelt_parameter_is_refused_where_something_is_sent_too(engineer):
    answer = engineer.post("/api/v1/prompts/?sorce=here", {"prompt": "Name a river.", "source": "there"})

    assert problem_of(answer, 400)["errors"][0]["field"] == "sorce"
    assert not Prompt.objects.exists()


def test_whoever_is_not_known_is_not_told_what_can_be_asked_for(client):
    problem_of(client.get("/api/v1/labels/?projects=7"), 401)


@pytest.mark.parametrize(("accept", "status"), [("*/*", 401), ("text/html", 406)])
def test_a_refusal_of_the_document_is_a_problem_too(client, eve, accept, status):
    if status == 406:
        client.force_login(eve)

    problem_of(client.get("/api/schema/", headers={"accept": accept}), status)


def test_a_body_that_is_too_large_is_413(engineer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

    body = problem_of(engineer.post("/api/v1/models/", {"name": "x" * (2 * 2**20)}), 413)

    assert body["detail"] == "The body is larger than 2 MiB."


def test_a_form_that_is_too_large_is_413(engineer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20

    answer = engineer.post("/api/v1/imports/", {"source": "x" * 2**20}, format="multipart")

    assert problem_of(answer, 413)["title"] in {"Request Entity Too Large", "Content Too Large"}


@pytest.mark.parametrize(
    ("address", "content_type"),
    [("models", "text/plain"), ("models", "multipart/form-data; boundary=x"), ("imports", "application/json")],
)
def test_another_content_type_is_415(engineer, address, content_type):
    problem_of(engineer.post(f"/api/v1/{address}/", "x", content_type=content_type), 415)


def test_broken_multipart_is_400(engineer):
    answer = engineer.post("/api/v1/imports/", "x", content_type="multipart/form-data")

    problem_of(answer, 400)


def test_an_answer_in_another_type_is_406(engineer):
    problem_of(engineer.get("/api/v1/models/", HTTP_ACCEPT="text/html"), 406)


def test_another_method_is_405_and_names_those_there_are(engineer):
    answer = engineer.delete("/api/v1/models/")

    problem_of(answer, 405)
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "address",
    [
        "models/99/",
        "models/99999999999999999999999999/",
        "assignments/not-a-uuid/submit/",
        "nothing/",
        "models/x/",
        "models/%00/",
        "projects/99/progress/",
        "imports/99/refused/",
        "models/?cursor=x",
        "models/?cursor=cD1hYmM%3D",
        "models/?cursor=cD0tMQ%3D%3D",
    ],
)
def test_what_is_not_there_is_404(engineer, address):
    problem_of(engineer.get(f"/api/v1/{address}"), 404)


def test_a_forgotten_slash_is_pointed_out(engineer):
    body = problem_of(engineer.post("/api/v1/models", {"name": "x"}), 404)

    assert body["detail"] == "There is nothing at this address. Did you mean /api/v1/models/?"


def test_what_collides_at_the_same_moment_is_409(engineer, monkeypatch):
    # What two requests at once see: the name was free when it was checked.
    EndpointFactory(name="ppo")
    monkeypatch.setattr("rest_framework.validators.qs_exists", lambda queryset: False)

    problem_of(engineer.post("/api/v1/models/", {"name": "ppo"}), 409)


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_whoever_was_in_anothers_way_is_told_to_send_it_again(engineer, monkeypatch, code):
    def wait_in_a_circle(**_facts):
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE 'a circle' USING ERRCODE = '{code}'; END $$")

    monkeypatch.setattr("labeling.candidates.importing.add_prompts", wait_in_a_circle)

    answer = engineer.post("/api/v1/prompts/?source=here", {"prompt": "Name a river."})

    assert problem_of(answer, 503)["detail"].endswith("nothing was done. Send it again.")
    assert answer["Retry-After"] == "1"


def test_what_nobody_foresaw_is_a_500_without_details(engineer, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("labeling.work.projects.progress", fail)
    engineer.raise_request_exception = False

    answer = engineer.get(f"/api/v1/projects/{ProjectFactory().pk}/progress/")

    assert "secret" not in answer.content.decode()
    assert problem_of(answer, 500)["title"] == "Internal Server Error"
    assert "a secret of the inside" in caplog.text


def test_nested_mistakes_have_paths():
    nested = {"filters": {"cohort": ["No."]}, "projects": {0: ["Whole."]}, "non_field_errors": ["Both."]}

    assert list(problems.flat(nested)) == [
        {"field": "filters.cohort", "detail": "No."},
        {"field": "projects.0", "detail": "Whole."},
        {"field": "", "detail": "Both."},
    ]


def test_depth_is_counted_in_lists_and_objects():
    assert is_deeper({"a": [{}]}, 2)
    assert not is_deeper({"a": [{}]}, 3)
