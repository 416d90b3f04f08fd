"""Models over REST."""

import pytest

from labeling.candidates.models import ModelEndpoint
from tests.factories import EndpointFactory

pytestmark = pytest.mark.django_db


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

    assert (answer.status_code, answer.json()["detail"]) == (400, "base_url: Enter a valid URL.")


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
