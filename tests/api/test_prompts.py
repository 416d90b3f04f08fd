"""Prompts over REST: the same checks as a file's, row by row."""

import pytest

from labeling.candidates.models import Response
from labeling.prompts.models import Prompt, Source
from tests.candidates.files import imported
from tests.factories import OwnerFactory, PromptFactory, ResponseFactory

pytestmark = pytest.mark.django_db

ROW = {
    "id": "17",
    "author": "customer-1",
    "prompt": "Why is the sky blue?",
    "use_case": "open_qa",
    "split": "train",
    "tags": ["science"],
    "language": "en",
    "reference": "Because air scatters short waves more.",
    "responses": [{"model": "sft", "text": "It is.", "sampling": {"temperature": 1.0}}, {"model": "ppo", "text": ""}],
    "extra": {"kept": True},
}


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


def test_one_prompt_comes_in_with_its_responses(engineer):
    answer = engineer.post("/api/v1/prompts/", {**ROW, "source": "support"})

    prompt = Prompt.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": prompt.pk, "created": 1, "seen": 0, "refused": 0,
            "results": [{"row": 0, "outcome": "created", "id": prompt.pk}],
        },
    )  # fmt: skip
    shown = engineer.get(f"/api/v1/prompts/{prompt.pk}/").json()
    assert shown["prompt"] == [{"role": "user", "content": "Why is the sky blue?"}]
    assert (shown["source"], shown["external_id"], shown["split"]) == ("support", "17", "train")
    assert (shown["tags"], shown["meta"]) == (["science"], {"extra": {"kept": True}})
    assert "customer-1" not in str(shown)
    said = {row["model"]: (row["text"], row["role"], row["is_reference"]) for row in shown["responses"]}
    assert said == {
        None: ("Because air scatters short waves more.", "human", True),
        "sft": ("It is.", "other", False),
        "ppo": ("", "other", False),
    }
    assert next(row["sampling"] for row in shown["responses"] if row["model"] == "sft") == {"temperature": 1.0}


def test_a_list_is_answered_row_by_row(engineer):
    rows = [ROW, {"prompt": ""}, "x", {**ROW, "prompt": "a\0"}, ROW, {"prompt": [{"role": "user", "content": "Hi."}]}]

    answer = engineer.post("/api/v1/prompts/?source=support", rows, format="json").json()

    assert [(row["row"], row["outcome"]) for row in answer["results"]] == [
        (0, "created"), (1, "refused"), (2, "refused"), (3, "refused"), (4, "seen"), (5, "created"),
    ]  # fmt: skip
    assert (answer["created"], answer["seen"], answer["refused"]) == (2, 1, 3)
    assert answer["results"][1]["reason"] == "The prompt is blank."
    assert answer["results"][3]["reason"] == "The text holds the character U+0000, which cannot be stored."
    assert "id" not in answer


def test_each_row_may_name_its_own_source(engineer):
    rows = [{"prompt": "a", "source": "one"}, {"prompt": "b", "source": "two"}, {"prompt": "c"}]

    answer = engineer.post("/api/v1/prompts/?source=two", rows, format="json")

    assert answer.status_code == 201
    assert [Prompt.objects.get(pk=row["id"]).source.name for row in answer.json()["results"]] == ["one", "two", "two"]


def test_sending_a_prompt_again_adds_the_responses_it_did_not_have(engineer):
    engineer.post("/api/v1/prompts/?source=s", ROW)

    answer = engineer.post("/api/v1/prompts/?source=s", {**ROW, "responses": {"new": "Hello."}})

    assert (answer.status_code, answer.json()["results"][0]["outcome"]) == (201, "seen")
    assert Response.objects.filter(endpoint__name="new").count() == 1


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"prompt": "", "source": "a"}, 422, "The prompt is blank."),
        ({"prompt": "Hi."}, 400, "Say where prompt 0 comes from: its “source”, a text."),
        ({"prompt": "Hi.", "source": 7}, 400, "Say where prompt 0 comes from"),
        ({"prompt": "Hi.", "source": ""}, 422, "The source needs a name of at most 100 characters."),
        ({"prompt": "Hi.", "source": "a\0"}, 422, "The source needs a name of at most 100 characters."),
        ([], 400, "Send one prompt, or a list of 1 to 1,000."),
        ([{"prompt": "Hi."}] * 1001, 400, "Send one prompt, or a list of 1 to 1,000."),
    ],
)
def test_what_cannot_be_taken_at_all_is_refused(engineer, body, status, sentence):
    answer = engineer.post("/api/v1/prompts/", body, format="json")

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"].startswith(sentence)
    assert Prompt.objects.count() == 0


def test_a_thousand_at_once_are_taken(engineer):
    rows = [{"prompt": f"Name {number} rivers."} for number in range(1000)]

    assert engineer.post("/api/v1/prompts/?source=many", rows, format="json").json()["created"] == 1000
    assert Source.objects.get().prompts.count() == 1000


@pytest.mark.parametrize(
    "asked",
    [
        "source=wanted",
        "split=test",
        "origin=plain",
        "use_case=chat",
        "language=ko",
        "tag=b",
        "source=wanted&split=test",
    ],
)
def test_the_list_is_narrowed_down(engineer, asked):
    PromptFactory()
    wanted = PromptFactory(
        source__name="wanted",
        owner=OwnerFactory(split="test"),
        origin="plain",
        use_case="chat",
        language="ko",
        tags=["a", "b"],
    )

    assert [row["id"] for row in engineer.get(f"/api/v1/prompts/?{asked}").json()["results"]] == [wanted.pk]


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("set_aside=no", {"letter", "river"}),
        ("set_aside=yes", {"same"}),
        ("set_aside=same_text", {"same"}),
        ("set_aside=by_hand", set()),
        ("findings=open", {"letter"}),
        ("findings=any&set_aside=no", {"letter"}),
    ],
)
def test_the_list_says_what_is_set_aside_and_what_was_found(engineer, asked, listed):
    job = imported(
        {"id": "letter", "prompt": "Write to ann@attune.kr."},
        {"id": "river", "prompt": "Name a river."},
        {"id": "same", "prompt": "name a river"},
    )
    PromptFactory()

    rows = engineer.get(f"/api/v1/prompts/?from_import={job.pk}&{asked}").json()["results"]

    assert {row["external_id"] for row in rows} == listed


def test_one_prompt_says_where_something_looks_personal(engineer):
    imported({"id": "letter", "prompt": "Write to ann@attune.kr."}, {"id": "same", "prompt": "WRITE to ann@attune.kr"})
    letter, same = Prompt.objects.order_by("pk")

    found = engineer.get(f"/api/v1/prompts/{letter.pk}/").json()
    again = engineer.get(f"/api/v1/prompts/{same.pk}/").json()

    where = {"stands_in": "", "row": 0, "part": 0, "start": 9, "end": 22}
    assert found["findings"] == [{"kind": "email", **where, "outcome": ""}]
    assert (found["language"], found["language_is_guessed"], found["set_aside"]) == ("en", True, "")
    assert (again["set_aside"], again["duplicate_of"]) == ("same_text", letter.pk)


def test_pages_follow_each_other_by_cursor(engineer):
    prompts = [PromptFactory().pk for _ in range(5)]
    address, seen = "/api/v1/prompts/?page_size=2", []

    while address:
        page = engineer.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]

    assert seen == prompts[::-1]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_is_in_it(engineer, rows, django_assert_num_queries):
    for _ in range(rows):
        ResponseFactory()

    with django_assert_num_queries(3):  # the token, the groups, the prompts
        assert len(engineer.get("/api/v1/prompts/").json()["results"]) == rows


@pytest.mark.parametrize("responses", [1, 3])
def test_a_prompt_costs_the_same_however_many_responses(engineer, responses, django_assert_num_queries):
    prompt = PromptFactory()
    for _ in range(responses):
        ResponseFactory(prompt=prompt)

    with django_assert_num_queries(6):  # the token, the groups, the prompt, what was found, its responses, their models
        assert len(engineer.get(f"/api/v1/prompts/{prompt.pk}/").json()["responses"]) == responses
