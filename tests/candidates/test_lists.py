"""The lists of the admin: what they say, and that they do not ask more when there is more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.candidates.models import ModelEndpoint, Response
from labeling.prompts.models import Prompt
from tests.candidates.files import imported
from tests.candidates.test_endpoint_pages import FILLED

pytestmark = pytest.mark.django_db

LISTS = ["prompts/source", "prompts/import", "prompts/refusedrow", "prompts/owner", "prompts/prompt",
         "candidates/modelendpoint", "candidates/response"]  # fmt: skip


def bring(number):
    """A file with `number` of everything."""
    rows = [
        {
            "id": str(n),
            "prompt": f"강 {number} {n}",
            "author": f"{number} {n}",
            "responses": {f"m{n}": "x", f"o{n}": "x"},
        }
        for n in range(number)
    ]
    return imported(*rows, *([{"prompt": " "}] * number), source=f"source {number}")


@pytest.mark.parametrize("listed", LISTS)
def test_a_list_asks_no_more_for_more_rows(rita, client_of, listed):
    client = client_of(rita)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/{listed}/").status_code == 200
        return len(captured)

    bring(1)
    queries()
    few = queries()
    bring(3)
    assert queries() == few


@pytest.mark.parametrize("listed", LISTS)
def test_every_list_can_be_searched(rita, client_of, listed):
    bring(2)
    assert client_of(rita).get(f"/admin/{listed}/?q=x").status_code == 200


def test_prompts_are_found_by_their_words_and_by_their_split(rita, client_of):
    imported({"prompt": "한강은 어디로 흐르나", "split": "test"}, {"prompt": "Something else", "split": "train"})
    client = client_of(rita)
    assert found(client, "prompts/prompt", q="한강") == ["한강은 어디로 흐르나"]
    assert found(client, "prompts/prompt", owner__split="train") == ["Something else"]


def test_empty_and_duplicate_responses_are_marked_and_found(rita, client_of):
    imported(
        {"prompt": "One", "reference": "a person's", "responses": {"a": "same", "b": " same\n", "c": "", "d": " "}}
    )
    client = client_of(rita)
    assert found(client, "candidates/response", mark="empty") == [" ", "(empty response)"]
    assert found(client, "candidates/response", mark="duplicate") == [" same\n", "same"]
    assert found(client, "candidates/response", mark="reference") == ["a person's"]
    page = client.get(f"/admin/prompts/prompt/{Prompt.objects.get().pk}/change/").content.decode()
    assert page.count("· duplicate") == 2
    assert page.count("(empty response)") == 2


def found(client, listed, **asked):
    return [str(row) for row in client.get(f"/admin/{listed}/", asked).context["cl"].result_list]


def test_what_a_prompt_says_cannot_be_edited_but_what_it_is_about_can(rita, client_of):
    imported({"prompt": "<script>alert(1)</script>", "responses": {"a": "<b>bold</b>"}})
    prompt = Prompt.objects.get()
    client = client_of(rita)
    address = f"/admin/prompts/prompt/{prompt.pk}/change/"
    page = client.get(address).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>bold</b>" not in page
    sent = {"use_case": "open_qa", "language": "en", "tags": "a,b", "messages": "[]", "external_id": "other"}
    client.post(address, sent)
    changed = Prompt.objects.get()
    assert (changed.use_case, changed.language, changed.tags) == ("open_qa", "en", ["a", "b"])
    assert (changed.messages, changed.external_id) == (prompt.messages, prompt.external_id)


def test_a_model_is_edited_and_a_response_only_looked_at(rita, client_of):
    imported({"prompt": "One", "responses": {"a": "text"}})
    client, model, response = client_of(rita), ModelEndpoint.objects.get(), Response.objects.get()
    client.post(f"/admin/candidates/modelendpoint/{model.pk}/change/", FILLED | {"name": "a", "role": "sft"})
    assert ModelEndpoint.objects.get().role == "sft"
    address = f"/admin/candidates/response/{response.pk}/change/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"text": "changed"}).status_code == 403
    assert client.post(f"/admin/candidates/response/{response.pk}/delete/").status_code == 403


def test_what_turns_a_line_around_unseen_is_written_out(rita, client_of):
    imported({"prompt": "Pay \u202eevas", "responses": {"gpt": "It\u200b is"}})
    client = client_of(rita)
    prompt = client.get(f"/admin/prompts/prompt/{Prompt.objects.get().pk}/change/").text
    response = client.get(f"/admin/candidates/response/{Response.objects.get().pk}/change/").text
    assert '<div class="words" dir="auto">Pay ⟦RLO⟧evas</div>' in prompt
    assert '<div class="words" dir="auto">It⟦ZWSP⟧ is</div>' in prompt
    assert '<div class="words" dir="auto">It⟦ZWSP⟧ is</div>' in response
