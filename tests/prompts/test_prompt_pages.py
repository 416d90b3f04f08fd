"""The researchers' pages of prompts: deciding findings one after the other, what an import set aside, many at once."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from labeling.prompts import finding_pages
from labeling.prompts.models import Finding, Prompt
from tests.candidates.files import imported

pytestmark = pytest.mark.django_db
FIRST = reverse("admin:prompts_prompt_findings")
LIST = reverse("admin:prompts_prompt_changelist")


def page_of(prompt):
    return reverse("admin:prompts_prompt_decide", args=[prompt.pk])


@pytest.fixture
def two(db):
    imported({"id": "1", "prompt": "I am <b>ann@attune.kr</b>."}, {"id": "2", "prompt": "Call 010-1234-5678."})
    return list(Prompt.objects.order_by("pk"))


def test_the_first_that_waits_is_shown_with_its_spans_marked(rita, client_of, two):
    client = client_of(rita)
    assert client.get(FIRST).url == page_of(two[0])
    page = client.get(page_of(two[0])).content.decode()
    assert '&lt;b&gt;<mark title="e-mail address">ann@attune.kr</mark><sup>1</sup>&lt;/b&gt;' in page
    assert "2 prompts wait for a decision." in page
    assert "style=" not in page.split('id="content"')[1]


def test_what_stands_beside_a_prompt_is_shown_where_something_was_found_in_it(rita, client_of):
    imported({"id": "1", "prompt": "Name a lake.", "user": {"phone": "010-1234-5678"}, "shop": "Busan <3"})
    page = client_of(rita).get(page_of(Prompt.objects.get())).content.decode()
    assert re.findall("<strong><bdi>(.*?)</bdi>", page) == ["User", "user: phone"]
    assert '<mark title="phone number">010-1234-5678</mark><sup>1</sup>' in page
    assert "Busan" not in page


@pytest.mark.parametrize(
    ("decision", "said", "outcome", "text"),
    [
        ("redact", "1 finding is redacted.", "redacted", "I am <b>[E-MAIL]</b>."),
        ("set_aside", "The prompt is set aside.", "set_aside", "I am <b>ann@attune.kr</b>."),
        ("keep", "The prompt is kept as it stands.", "kept", "I am <b>ann@attune.kr</b>."),
    ],
)
def test_each_button_decides_and_the_next_one_follows(rita, client_of, two, decision, said, outcome, text):
    finding = two[0].findings.get()
    answer = client_of(rita).post(page_of(two[0]), {"decision": decision, "finding": [finding.pk]}, follow=True)
    assert answer.redirect_chain == [(page_of(two[1]), 302)]
    assert said in answer.content.decode()
    finding.refresh_from_db()
    assert (finding.outcome, finding.decided_by) == (outcome, rita)
    assert Prompt.objects.get(pk=two[0].pk).messages[0]["content"] == text


def test_the_history_of_the_admin_quotes_what_was_redacted_no_more(rita, client_of, two):
    client = client_of(rita)
    act(client, "put_aside", two)
    act(client, "take_back", two)
    client.post(page_of(two[0]), {"decision": "redact", "finding": [two[0].findings.get().pk]})
    said = LogEntry.objects.values_list("object_repr", "change_message")
    assert set(said) == {("I am <b>[E-MAIL]</b>.", "Brought back."), ("Call 010-1234-5678.", "Brought back.")}


def test_after_the_last_one_the_list_says_so(rita, client_of, two):
    client = client_of(rita)
    for prompt in two:
        answer = client.post(page_of(prompt), {"decision": "keep"}, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "No finding waits for a decision." in answer.content.decode()
    assert "Everything that was found here is decided." in client.get(page_of(two[0])).content.decode()


def test_redacting_nothing_keeps_all_and_an_unknown_word_changes_nothing(rita, client_of, two):
    client = client_of(rita)
    assert client.post(page_of(two[0]), {"decision": "burn"}).status_code == 400
    assert two[0].findings.open().exists()
    answer = client.post(page_of(two[0]), {"decision": "redact"}, follow=True)
    assert "The prompt is kept as it stands." in answer.content.decode()
    assert two[0].findings.get().outcome == "kept"


def test_so_many_are_counted_and_no_more(rita, client_of, two, monkeypatch):
    monkeypatch.setattr(finding_pages, "MOST_COUNTED", 1)
    page = client_of(rita).get(page_of(two[0])).content.decode()
    assert "More than 1 prompts wait for a decision." in page


def test_what_is_set_aside_for_something_else_waits_for_nobody(rita, client_of, two):
    imported({"id": "3", "prompt": "CALL 010-1234-5678"}, source="elsewhere")
    page = client_of(rita).get(page_of(Prompt.objects.get(external_id="3"))).content.decode()
    assert "2 prompts wait for a decision." in page
    assert client_of(rita).post(page_of(two[1]), {"decision": "keep"}).url == page_of(two[0])


@pytest.mark.parametrize("decision", ["set_aside", "redact", "keep"])
def test_a_neighbours_decision_stands(rita, ada, client_of, two, decision):
    client_of(ada).post(page_of(two[0]), {"decision": "keep"})
    said = {"decision": decision, "finding": [two[0].findings.get().pk]}
    answer = client_of(rita).post(page_of(two[0]), said, follow=True)
    assert "Somebody has decided this already." in answer.content.decode()
    assert Prompt.objects.get(pk=two[0].pk).set_aside_as == ""


def test_only_who_may_decide_sees_them(ann, eve, client_of, two):
    for person in (ann, eve):
        client = client_of(person)
        assert [client.get(page).status_code in {302, 403} for page in (FIRST, page_of(two[0]))] == [True, True]
        client.post(page_of(two[0]), {"decision": "keep"})
    assert Finding.objects.open().count() == 2


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ({"set_aside": "no"}, {"1", "2"}),
        ({"set_aside": "same_text"}, {"3"}),
        ({"findings": "open"}, {"1", "2", "3"}),
        ({"findings": "any", "set_aside": "no"}, {"1", "2"}),
        ({"language": "en"}, {"2", "3"}),
    ],
)
def test_the_list_is_narrowed(rita, client_of, two, asked, listed):
    imported({"id": "3", "prompt": "CALL 010-1234-5678"}, source="elsewhere")
    found = client_of(rita).get(LIST, asked).context["cl"].result_list
    assert {prompt.external_id for prompt in found} == listed


def act(client, action, prompts, **said):
    data = {"action": action, "_selected_action": [prompt.pk for prompt in prompts], **said}
    return client.post(LIST, data, follow=True).content.decode()


def test_many_prompts_get_a_use_case_and_tags_at_once(rita, client_of, two):
    client = client_of(rita)
    assert "2 prompts are chosen." in act(client, "give_use_case", two)
    assert "2 prompts are changed." in act(client, "give_use_case", two, answered="1", use_case="chat")
    add = {"answered": "1", "add": ["ambiguous", "requests_advice"]}
    assert "2 prompts are changed." in act(client, "give_tags", two, **add)
    act(client, "give_tags", two[:1], answered="1", add=["requests_advice"], take_away=["ambiguous"])
    assert list(Prompt.objects.order_by("pk").values_list("use_case", "tags")) == [
        ("chat", ["requests_advice"]),
        ("chat", ["ambiguous", "requests_advice"]),
    ]
    assert "0 prompts are changed." in act(client, "give_tags", two, answered="1", add=["requests_advice"])
    both = act(client, "give_tags", two, answered="1", add=["ambiguous"], take_away=["ambiguous"])
    assert "A tag cannot be added and taken away at once." in both


def test_prompts_are_set_aside_by_hand_and_brought_back(rita, client_of, two):
    client = client_of(rita)
    assert "2 prompts are set aside." in act(client, "put_aside", two)
    assert set(Prompt.objects.values_list("set_aside_as", "set_aside_by")) == {("by_hand", rita.pk)}
    assert "1 prompt stands again." in act(client, "take_back", two[:1])
    assert list(Prompt.objects.standing()) == two[:1]
    assert list(LogEntry.objects.values_list("user", "object_id")) == [(rita.pk, str(two[0].pk))]
