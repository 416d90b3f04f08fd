"""Setting models up in the admin: the form, its key that is only ever written, and the page that tries one out."""

import re
import sys

import pytest
from django.contrib.auth.models import Permission
from django.core.signals import got_request_exception
from django.urls import reverse
from django.utils import timezone
from django.views.debug import ExceptionReporter

from labeling.candidates import forms
from labeling.candidates.models import ModelEndpoint
from labeling.sealing import seal, unseal
from tests.candidates.searching import tables_with
from tests.factories import EndpointFactory, ResponseFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/candidates/modelendpoint/add/"
LIST = "/admin/candidates/modelendpoint/"
KEY = "sk-Zq81hTnever7shown"
FILLED = {
    "name": "sft-1.3b", "role": "sft", "size": "1.3B", "base_url": "https://models.example/v1", "protocol": "chat",
    "model_id": "org/sft", "key": "", "key_header": "bearer", "system_text": "", "few_shot_prefix": "", "suffix": "",
    "turns": "plain", "temperature": "", "top_p": "", "max_tokens": "", "stop": "", "extra": "{}", "concurrency": "8",
    "calls_per_minute": "", "timeout_seconds": "120", "price_in": "", "price_out": "",
}  # fmt: skip


def page_of(endpoint):
    return reverse("admin:candidates_modelendpoint_change", args=[endpoint.pk])


def trial_of(endpoint):
    return reverse("admin:candidates_modelendpoint_test", args=[endpoint.pk])


def sentences(answer):
    return [sentence for errors in answer.context["adminform"].form.errors.values() for sentence in errors]


def test_all_of_a_model_is_set_up_on_one_page(rita, client_of):
    said = {"stop": "\r\nHuman: \r\n###", "extra": '{"top_k": 40}', "temperature": "0.7", "price_out": "1.5"}

    assert client_of(rita).post(ADD, FILLED | said).status_code == 302

    made = ModelEndpoint.objects.get()
    assert (made.stop, made.extra, made.temperature, str(made.price_out)) == (
        ["Human: ", "###"], {"top_k": 40}, 0.7, "1.5000",
    )  # fmt: skip
    assert (made.has_key, made.base_url) == (False, "https://models.example/v1")


def test_line_ends_in_a_stop_text_are_typed_as_they_are_shown(rita, client_of):
    client = client_of(rita)
    made = EndpointFactory(stop=["\nUser:", "C:\\new", "\t"])

    page = client.get(page_of(made))
    assert page.context["adminform"].form["stop"].value() == "\\nUser:\nC:\\\\new\n\\t"
    client.post(page_of(made), FILLED | {"stop": page.context["adminform"].form["stop"].value()})

    made.refresh_from_db()
    assert made.stop == ["\nUser:", "C:\\new", "\t"]


@pytest.mark.parametrize("url", ["http://vllm:8000/v1", "https://[2001:db8::1]/v1", "https://모델.example/v1", ""])
def test_addresses_that_a_model_can_have(rita, client_of, url):
    assert client_of(rita).post(ADD, FILLED | {"base_url": url}).status_code == 302
    assert ModelEndpoint.objects.get().base_url == url


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"base_url": "models"}, "The address of a model begins with http:// or https:// and a host."),
        ({"base_url": "ftp://m.example/"}, "The address of a model begins with http:// or https:// and a host."),
        ({"base_url": "http://a b/"}, "The address of a model begins with http:// or https:// and a host."),
        ({"base_url": "http://[::1/"}, "There is no such host or port."),
        ({"base_url": "http://m.example:99999/"}, "There is no such host or port."),
        (
            {"base_url": "https://me:secret@m.example/v1"},
            "The address of a model has no user name or password in it; a key has its own field.",
        ),
        ({"extra": "[1]"}, "This must be a JSON object, such as {“top_k”: 40}."),
        ({"extra": "{x"}, "Enter a valid JSON."),
        ({"extra": '{"x": NaN}'}, "This has a number or a character in it that cannot be stored."),
        ({"extra": '{"x": "\\ud800"}'}, "This has a number or a character in it that cannot be stored."),
        ({"extra": '{"x": "\\u0000"}'}, "This has a number or a character in it that cannot be stored."),
        ({"stop": "x" * 101}, "A stop text has at most 100 characters."),
        (
            {"key": "two words"},
            "The key has a character that no key has: a blank, a line's end or something not ASCII.",
        ),
        ({"top_p": "0"}, "Constraint “modelendpoint_top_p_up_to_1” is violated."),
        ({"concurrency": "0"}, "Ensure this value is greater than or equal to 1."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(rita, client_of, said, sentence):
    answer = client_of(rita).post(ADD, FILLED | said)

    assert sentences(answer) == [sentence]
    assert not ModelEndpoint.objects.exists()


def test_a_key_is_stored_encrypted_replaced_and_removed(rita, client_of):
    client = client_of(rita)
    client.post(ADD, FILLED | {"key": KEY})
    made = ModelEndpoint.objects.get()
    assert (unseal(made.sealed_key), KEY in made.sealed_key) == (KEY, False)

    client.post(page_of(made), FILLED)  # an empty field leaves it
    made.refresh_from_db()
    assert unseal(made.sealed_key) == KEY

    client.post(page_of(made), FILLED | {"key": "another"})
    made.refresh_from_db()
    assert unseal(made.sealed_key) == "another"

    refused = client.post(page_of(made), FILLED | {"key": "x", "remove_key": "on"})
    assert sentences(refused) == ["Either type another key or have the stored one removed."]
    client.post(page_of(made), FILLED | {"remove_key": "on"})
    made.refresh_from_db()
    assert not made.has_key


def test_a_key_does_not_go_to_another_host(rita, client_of):
    client = client_of(rita)
    made = EndpointFactory(base_url="https://models.example/v1", sealed_key=seal(KEY))
    elsewhere = FILLED | {"base_url": "https://elsewhere.example/v1"}

    for moved in (elsewhere, FILLED | {"base_url": "http://models.example/v1"}, FILLED | {"base_url": ""}):
        assert sentences(client.post(page_of(made), moved)) == [
            "The stored key belongs to another host. Type the key of this one, or have the stored key removed."
        ]
    assert client.post(page_of(made), FILLED | {"base_url": "https://models.example:443/v2"}).status_code == 302
    assert client.post(page_of(made), elsewhere | {"key": "theirs"}).status_code == 302
    made.refresh_from_db()
    assert (unseal(made.sealed_key), made.base_url) == ("theirs", "https://elsewhere.example/v1")


def test_a_page_says_whether_there_is_a_key_and_nothing_of_it(rita, client_of):
    client = client_of(rita)
    none, some = EndpointFactory(), EndpointFactory(sealed_key=seal(KEY))

    assert 'placeholder="No key is stored."' in client.get(page_of(none)).content.decode()
    assert 'name="remove_key"' not in client.get(page_of(none)).content.decode()
    page = client.get(page_of(some)).content.decode()
    assert 'placeholder="A key is stored. Type another to replace it."' in page
    assert 'name="remove_key"' in page
    assert some.sealed_key not in page


def test_neither_pages_nor_tables_nor_logs_have_the_key(rita, ada, client_of, caplog):
    client = client_of(rita)
    client.post(ADD, FILLED | {"key": KEY})
    made = ModelEndpoint.objects.get()
    refused = client.post(page_of(made), FILLED | {"key": KEY, "concurrency": "0"})
    client.post(page_of(made), FILLED | {"key": KEY, "size": "6B"})
    addresses = [LIST, page_of(made), trial_of(made), reverse("admin:candidates_modelendpoint_history", args=[made.pk]),
                 "/admin/", "/admin/candidates/generationjob/add/"]  # fmt: skip

    pages = [refused.content.decode()]
    pages += [client_of(person).get(address).content.decode() for person in (rita, ada) for address in addresses]

    assert [page for page in pages if KEY in page or made.sealed_key in page] == []
    assert tables_with(KEY) == []
    assert tables_with(ModelEndpoint.objects.get().sealed_key) == ["candidates_modelendpoint"]
    assert KEY not in f"{made!r} {made} {caplog.text}"


def test_a_report_of_an_error_has_no_key_in_it(rita, client_of, monkeypatch, settings):
    reports = []

    def report(sender, request, **kwargs):
        reports.append(ExceptionReporter(request, *sys.exc_info()).get_traceback_text())

    def break_down(key):
        typed = key  # noqa: F841  what a report would show
        raise RuntimeError("It broke.")

    settings.DEBUG = False
    monkeypatch.setattr(forms, "seal", break_down)
    got_request_exception.connect(report)
    client = client_of(rita)
    client.raise_request_exception = False
    try:
        assert client.post(ADD, FILLED | {"key": KEY}).status_code == 500
    finally:
        got_request_exception.disconnect(report)
    assert len(reports) == 1
    assert "It broke." in reports[0]
    assert KEY not in reports[0]


def test_a_model_that_does_not_answer_is_marked_on_the_list_and_on_its_page(rita, client_of):
    now = timezone.now()
    made = EndpointFactory(down_at=now, down_until=now, down_reason="<b>It is on fire.</b>")
    client = client_of(rita)

    assert "Does not answer.</span> &lt;b&gt;It is on fire." in client.get(LIST).content.decode()
    page = client.get(page_of(made)).content.decode()
    assert "It has not answered since" in page
    assert "&lt;b&gt;It is on fire." in page


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("http://127.0.0.1:8001/v1", "127.0.0.1:8001"),
        ("http://vllm:8000/v1", "vllm:8000"),
        ("http://[::1]/v1", "[::1]:80"),
        ("https://models.internal/v1", "models.internal:443"),
        ("https://models.example/v1", None),
    ],
)
def test_an_address_that_will_not_be_called_is_pointed_out(rita, client_of, settings, url, where):
    made, client = EndpointFactory(base_url=url), client_of(rita)
    pointed_out = re.findall(r"(\S+) is no public address", client.get(page_of(made)).content.decode())
    assert pointed_out == ([f'class="warning">{where}'] if where else [])
    settings.MODEL_HOSTS = [where]
    assert "is no public address" not in client.get(page_of(made)).content.decode()


@pytest.fixture
def answering(model_server, settings):
    settings.MODEL_HOSTS = [model_server.host]
    return EndpointFactory(name="river", base_url=model_server.url, model_id="river")


def test_a_model_is_tried_out(rita, client_of, answering, model_server):
    page = client_of(rita).post(trial_of(answering)).content.decode()

    assert "It answers" in page
    assert '<div class="words" dir="auto">' in page
    assert model_server.seen.statuses == {200: 1}


def test_a_trial_is_put_under_the_form_by_a_script(rita, client_of, answering):
    part = client_of(rita).post(trial_of(answering), headers={"HX-Request": "true"}).content.decode()

    assert part.strip().startswith('<section id="trial"')


def test_looking_at_the_page_asks_nothing(rita, client_of, answering, model_server):
    assert client_of(rita).get(trial_of(answering)).status_code == 200
    assert model_server.seen.statuses == {}


def test_a_model_that_was_down_and_answers_is_up_again(rita, client_of, answering):
    now = timezone.now()
    ModelEndpoint.objects.update(down_at=now, down_until=now, down_reason="It was on fire.")

    client_of(rita).post(trial_of(answering))

    answering.refresh_from_db()
    assert answering.down_at is None


def test_why_a_model_does_not_answer_is_said(rita, client_of):
    made = EndpointFactory(base_url="http://127.0.0.1:9/v1", model_id="x")

    page = client_of(rita).post(trial_of(made)).content.decode()

    assert "127.0.0.1:9 is not a public address, so it is not called." in page


def test_a_test_is_made_by_those_who_may_change_a_model(charlie, client_of, answering, model_server):
    charlie.is_staff = True
    charlie.save()
    client = client_of(charlie)

    assert client.post(trial_of(answering)).status_code == 403
    assert client.get(LIST).status_code == 403
    assert model_server.seen.statuses == {}


def test_who_may_only_look_sees_no_field_for_a_key(charlie, client_of):
    charlie.is_staff = True
    charlie.save()
    charlie.user_permissions.add(Permission.objects.get(codename="view_modelendpoint"))
    made = EndpointFactory(sealed_key=seal(KEY))

    page = client_of(charlie).get(page_of(made)).content.decode()

    assert made.name in page
    assert 'name="key"' not in page
    assert 'id="test"' not in page


def test_the_page_leads_to_what_it_has_answered(rita, client_of):
    made = ResponseFactory().endpoint
    ResponseFactory()
    client = client_of(rita)

    address = re.search(r'id="answered" href="([^"]+)"', client.get(page_of(made)).content.decode())[1]

    assert [row.endpoint for row in client.get(address).context["cl"].result_list] == [made]
