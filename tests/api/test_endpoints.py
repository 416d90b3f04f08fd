"""Models over REST."""

import pytest

from labeling.candidates.models import ModelEndpoint
from labeling.sealing import seal, unseal
from tests.candidates.searching import tables_with
from tests.factories import EndpointFactory
from tests.model_server import model_server  # noqa: F401

pytestmark = pytest.mark.django_db

KEY = "sk-Zq81hTnever7shown"


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


def test_a_new_checkpoint_is_registered_and_shown(engineer):
    body = {"name": "ppo-400", "role": "ppo", "size": "1.3B", "base_url": "https://m.example/v1", "model_id": "ppo"}

    made = engineer.post("/api/v1/models/", body)

    assert made.status_code == 201
    shown = engineer.get(f"/api/v1/models/{made.json()['id']}/").json()
    assert shown == made.json()
    assert {key: shown[key] for key in body} == body


def test_a_name_is_enough(engineer):
    assert engineer.post("/api/v1/models/", {"name": "x"}).json()["role"] == "other"


def test_a_model_that_a_file_named_is_completed(engineer):
    model = EndpointFactory(name="sft")

    answer = engineer.patch(f"/api/v1/models/{model.pk}/", {"role": "sft", "id": 999})

    assert (answer.status_code, answer.json()["id"]) == (200, model.pk)
    model.refresh_from_db()
    assert (model.name, model.role) == ("sft", "sft")


def test_a_name_is_taken_once(engineer):
    EndpointFactory(name="sft")

    answer = engineer.post("/api/v1/models/", {"name": "sft"})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "name", "detail": "model endpoint with this name already exists."}]


@pytest.mark.parametrize("base_url", ["models", "file:///etc/passwd", "javascript:alert(1)"])
def test_an_address_is_a_web_address(engineer, base_url):
    answer = engineer.post("/api/v1/models/", {"name": "x", "base_url": base_url})

    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "base_url: The address of a model begins with http:// or https:// and a host.",
    )


def test_models_are_never_replaced_or_deleted(engineer):
    model = EndpointFactory()

    for method in ("put", "delete"):
        assert getattr(engineer, method)(f"/api/v1/models/{model.pk}/", {}).status_code == 405
    assert ModelEndpoint.objects.count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_is_in_it(engineer, rows, django_assert_num_queries):
    for _ in range(rows):
        EndpointFactory()

    with django_assert_num_queries(3):  # the token, the groups, the models
        assert len(engineer.get("/api/v1/models/").json()["results"]) == rows


def test_the_list_is_narrowed_down_by_role(engineer):
    EndpointFactory()
    wanted = EndpointFactory(role="sft")

    assert [row["id"] for row in engineer.get("/api/v1/models/?role=sft").json()["results"]] == [wanted.pk]


def test_every_field_is_set_and_given_back(engineer):
    body = {
        "name": "ppo-400", "role": "ppo", "size": "1.3B", "base_url": "http://vllm:8000/v1", "protocol": "completions",
        "model_id": "org/ppo", "key_header": "api-key", "system_text": "Be brief.\n", "few_shot_prefix": "Q: 1\nA: 1\n",
        "suffix": "\nA:", "turns": "labelled", "temperature": 0.7, "top_p": 0.9, "max_tokens": 256, "stop": ["\nQ:"],
        "extra": {"top_k": 40}, "concurrency": 64, "calls_per_minute": 600, "timeout_seconds": 30,
        "price_in": "0.5000", "price_out": "1.5000",
    }  # fmt: skip

    made = engineer.post("/api/v1/models/", body)

    assert made.status_code == 201, made.json()
    assert {key: made.json()[key] for key in body} == body


def test_a_key_is_only_ever_written(engineer, caplog):
    made = engineer.post("/api/v1/models/", {"name": "x", "base_url": "https://m.example/v1", "key": KEY})
    address = f"/api/v1/models/{made.json()['id']}/"
    model = ModelEndpoint.objects.get()
    assert (made.json()["has_key"], unseal(model.sealed_key)) == (True, KEY)

    shown = [made, engineer.get(address), engineer.get("/api/v1/models/"), engineer.patch(address, {"size": "6B"})]
    model.refresh_from_db()
    assert unseal(model.sealed_key) == KEY
    assert [answer for answer in shown if KEY in answer.content.decode() or "sealed" in answer.content.decode()] == []
    assert tables_with(KEY) == []
    assert KEY not in caplog.text

    assert engineer.patch(address, {"key": ""}).json()["has_key"] is False


def test_a_key_under_an_idempotency_key_is_not_kept_with_the_answer(engineer):
    body = {"name": "x", "key": KEY}
    for _ in range(2):
        assert engineer.post("/api/v1/models/", body, headers={"Idempotency-Key": "one"}).status_code == 201

    assert tables_with(KEY) == []


def test_a_key_does_not_go_to_another_host(engineer):
    model = EndpointFactory(base_url="https://m.example/v1", sealed_key=seal(KEY))
    address, moved = f"/api/v1/models/{model.pk}/", {"base_url": "https://elsewhere.example/v1"}

    refused = engineer.patch(address, moved)

    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "The stored key belongs to another host. Type the key of this one, or have the stored key removed.",
    )
    assert engineer.patch(address, {"base_url": "https://m.example/v2"}).status_code == 200
    assert engineer.patch(address, moved | {"key": "theirs"}).status_code == 200


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"extra": [1]}, "extra: This must be a JSON object, such as {“top_k”: 40}."),
        ({"extra": {"x": "\0"}}, "extra: This has a number or a character in it that cannot be stored."),
        (
            {"key": "two words"},
            "key: The key has a character that no key has: a blank, a line's end or something not ASCII.",
        ),
        ({"top_p": 0}, "top_p: Top-p is more than 0."),
        ({"temperature": 3}, "temperature: Ensure this value is less than or equal to 2."),
        ({"concurrency": 0}, "concurrency: Ensure this value is greater than or equal to 1."),
        ({"timeout_seconds": 9999}, "timeout_seconds: Ensure this value is less than or equal to 1800."),
        ({"price_in": -1}, "price_in: Ensure this value is greater than or equal to 0."),
        ({"protocol": "telepathy"}, 'protocol: "telepathy" is not a valid choice.'),
        (
            {"base_url": "https://me:secret@m.example/"},
            "base_url: The address of a model has no user name or password in it; a key has its own field.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(engineer, said, detail):
    answer = engineer.post("/api/v1/models/", {"name": "x"} | said)

    assert (answer.status_code, answer.json()["detail"]) == (400, detail)


@pytest.fixture
def answering(model_server, settings):  # noqa: F811
    settings.MODEL_HOSTS = [model_server.host]
    return EndpointFactory(base_url=model_server.url, model_id="river")


def test_a_model_is_tried_out(engineer, answering, model_server):  # noqa: F811
    answer = engineer.post(f"/api/v1/models/{answering.pk}/test/")

    trial = answer.json()
    assert (answer.status_code, trial["ok"], trial["error"], trial["score"]) == (200, True, "", None)
    assert trial["sample"]
    assert trial["seconds"] > 0
    assert model_server.seen.statuses == {200: 1}


def test_a_trial_under_an_idempotency_key_is_made_once(engineer, answering, model_server):  # noqa: F811
    address = f"/api/v1/models/{answering.pk}/test/"

    first, again = (engineer.post(address, headers={"Idempotency-Key": "one"}).json() for _ in range(2))

    assert first == again
    assert model_server.seen.statuses == {200: 1}


def test_why_a_model_does_not_answer_is_said_in_a_trial(engineer):
    model = EndpointFactory(base_url="http://127.0.0.1:9/v1", model_id="x")

    answer = engineer.post(f"/api/v1/models/{model.pk}/test/")

    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert answer.json()["error"].startswith("127.0.0.1:9 is not a public address, so it is not called.")
