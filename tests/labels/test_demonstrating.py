"""What is a whole demonstration, what becomes of it and of the prompt written with it, and what do its pages keep?"""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from labeling.labels import demonstrating, recording, reopening
from labeling.labels.bodies import Faults
from labeling.labels.models import Demonstration, Label
from labeling.prompts.models import Owner, Prompt
from labeling.prompts.owners import split_of
from labeling.work import drafts
from labeling.work.models import Assignment, Draft, Project, Task
from tests.labels.writing import FEW_SHOT, PAIRS, TYPES, asking_sheet_of, project_of, sheet_of, task_of

pytestmark = pytest.mark.django_db

GIVEN = demonstrating.Asked(prompt_types=(), tags=False)
UNKNOWN_TYPE = "The prompt type is one of: plain, few_shot, user_based."
ASKS = demonstrating.Asked(prompt_types=tuple(TYPES), tags=True)


def refused(body, *, asks=GIVEN):
    with pytest.raises(Faults) as refusal:
        demonstrating.clean(body, sheet=asks)
    return {fault.field: fault.sentence for fault in refusal.value.faults}


def url(name, sheet):
    return reverse(f"labels:{name}", args=[sheet.pk])


def test_a_demonstration_is_stored_as_it_was_typed(ann):
    sheet = sheet_of(ann)

    label = recording.record(assignment=sheet, body={"text": "  The Rhine,\r\nthe Nile\0.  ", "seconds": 41.7})

    assert (label.demonstration.text, label.seconds) == ("  The Rhine,\nthe Nile.  ", 41)
    assert (label.demonstration.prompt, label.demonstration.prompt_type, label.demonstration.tags) == (None, "", None)
    sheet.refresh_from_db()
    assert sheet.state == "submitted"


def test_submitting_twice_gives_the_first_label_again_and_ends_the_draft(ann):
    sheet = sheet_of(ann)
    drafts.save_draft(assignment=sheet, revision=1, body={"text": "The"})
    first = recording.record(assignment=sheet, body={"text": "The Rhine."})

    again = recording.record(assignment=sheet, body={"text": "The Rhine.", "seconds": 9})

    assert (again, Demonstration.objects.get().text, Draft.objects.count()) == (first, "The Rhine.", 0)


def test_another_text_for_a_submitted_sheet_is_refused_and_kept(ann):
    sheet = sheet_of(ann)
    recording.record(assignment=sheet, body={"text": "short"})

    with pytest.raises(recording.SaidOtherwise):
        recording.record(assignment=sheet, body={"text": "an hour of other words"})

    assert (Demonstration.objects.get().text, Draft.objects.get().body) == ("short", {"text": "an hour of other words"})


def test_a_prompt_and_its_answer_sent_again_are_one_label(ann):
    sheet = asking_sheet_of(ann)
    body = {"text": "a", "prompt": {"type": "plain", "text": " Why?\r\n", "examples": []}, "tags": []}
    first = recording.record(assignment=sheet, body=body)

    assert recording.record(assignment=sheet, body=body | {"seconds": 3}) == first


def test_a_newer_draft_is_not_submitted_away(ann):
    sheet = sheet_of(ann)
    drafts.save_draft(assignment=sheet, revision=9, body={"text": "longer"})

    with pytest.raises(drafts.Outrun):
        recording.record(assignment=sheet, body={"text": "old"}, revision=1)

    assert (Demonstration.objects.count(), Draft.objects.get().body) == (0, {"text": "longer"})


@pytest.mark.parametrize("text", [None, "", " \n\t", "\u200b\u3164", "\0"])
def test_a_demonstration_in_which_nothing_can_be_seen_is_refused(text):
    assert refused({"text": text}) == {"text": "Your demonstration is still empty."}


def test_a_demonstration_has_a_greatest_length_which_is_said():
    assert demonstrating.clean({"text": "가" * 50_000}, sheet=GIVEN).text == "가" * 50_000
    assert refused({"text": "가" * 50_001}) == {
        "text": "Your demonstration has 50,001 characters; at most 50,000 are possible."
    }


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ([], "", "A submission is a JSON object."),
        ({"text": ["a"]}, "text", "Your demonstration: write a text."),
        ({"text": "a", "seconds": -1}, "seconds", "Seconds are a number from 0 to 86,400."),
        ({"text": "a", "ratings": []}, "ratings", "A demonstration has no part “ratings”."),
        ({"text": "a", "prompt": FEW_SHOT}, "prompt", "The prompt of this sheet is given; it asks for no other."),
        ({"text": "a", "tags": ["ambiguous"]}, "tags", "This sheet asks for no tags."),
    ],
)
def test_what_was_not_asked_for_is_refused_rather_than_dropped(body, field, sentence):
    assert refused(body) == {field: sentence}


@pytest.mark.parametrize(
    ("prompt", "faults"),
    [
        (None, {"prompt-type": "Choose the prompt type.", "prompt-text": "Prompt is still empty."}),
        ("Hello", {"prompt": "The prompt is an object: its type and its text.",
                   "prompt-type": "Choose the prompt type.", "prompt-text": "Prompt is still empty."}),
        ({"type": "customer", "text": "Hi"}, {"prompt-type": UNKNOWN_TYPE}),
        ({"type": ["plain"], "text": "Hi"}, {"prompt-type": UNKNOWN_TYPE}),
        ({"type": "plain", "text": 7}, {"prompt-text": "Prompt: write a text."}),
        ({"type": "plain", "text": "Hi", "examples": PAIRS},
         {"prompt-type": "Only a few-shot prompt has examples: choose that type, or empty them."}),
        ({"type": "few_shot", "text": "Hi", "examples": "x"},
         {"prompt": "Examples are a list of objects, each with a query and a response."}),
        ({"type": "few_shot", "text": "Hi", "examples": PAIRS[:1]},
         {"example-2-query": "A few-shot prompt has at least 2 examples."}),
        ({"type": "few_shot", "text": "Hi", "examples": [*PAIRS, {"query": "Hm", "response": " "}]},
         {"example-3-response": "Example response 3 is still empty."}),
        ({"type": "few_shot", "text": "Hi", "examples": [*PAIRS, {"query": "q" * 10_001, "response": "r"}]},
         {"example-3-query": "Example query 3 has 10,001 characters; at most 10,000 are possible."}),
        ({"type": "few_shot", "text": "Hi", "examples": PAIRS * 11},
         {"example-21-query": "A few-shot prompt has at most 20 examples."}),
    ],
)  # fmt: skip
def test_a_prompt_that_is_not_whole_is_refused_field_by_field(prompt, faults):
    assert refused({"text": "a", "prompt": prompt}, asks=ASKS) == faults


@pytest.mark.parametrize("tags", ["ambiguous", ["nice"], [["ambiguous"]], [1]])
def test_tags_are_those_of_the_list(tags):
    body = {"text": "a", "prompt": {"type": "plain", "text": "Hi"}, "tags": tags}

    assert set(refused(body, asks=ASKS)) == {"tags"}


def test_a_written_prompt_becomes_a_prompt_of_its_own(ann):
    sheet = asking_sheet_of(ann, asks_for_tags=True)
    body = {"text": "Four.", "prompt": {"type": "plain", "text": "How many?"}, "tags": ["intent_unclear", "ambiguous"]}

    said = recording.record(assignment=sheet, body=body).demonstration

    prompt = said.prompt
    assert (said.prompt_type, said.tags, prompt.tags) == ("plain", *[["ambiguous", "intent_unclear"]] * 2)
    assert (prompt.messages, prompt.origin) == ([{"role": "user", "content": "How many?"}], "plain")
    assert (prompt.source.name, prompt.meta) == ("Write prompts", {})
    assert (prompt.owner.is_author, prompt.owner.split) == (False, split_of(prompt.owner.key_hash))


def test_two_written_prompts_have_two_owners_even_if_they_say_the_same(ann, bob):
    project = project_of(prompt_types=["plain"], overlap=2)
    task_of(project, prompt=None)
    for labeler in (ann, bob):
        body = {"text": "Four.", "prompt": {"type": "plain", "text": "How many?"}}
        recording.record(assignment=sheet_of(labeler, project, prompt=None), body=body)

    assert (Prompt.objects.count(), Owner.objects.count(), Label.objects.count()) == (2, 2, 2)


def test_a_few_shot_prompt_keeps_its_pairs_and_needs_no_further_demonstration(ann):
    blank = {"query": " ", "response": ""}
    body = {"text": "", "prompt": FEW_SHOT | {"examples": [blank, *PAIRS]}}

    said = recording.record(assignment=asking_sheet_of(ann), body=body).demonstration

    assert (said.text, said.prompt.origin, said.prompt.meta) == ("", "few_shot", {"examples": PAIRS})
    assert said.prompt.messages == [{"role": "user", "content": "Name the mood."}]


def test_of_a_prompt_that_is_revised_the_last_wording_alone_stands(ann):
    sheet = asking_sheet_of(ann)
    first = recording.record(assignment=sheet, body={"text": "a", "prompt": {"type": "plain", "text": "Why?"}})
    reopening.reopen(assignment=sheet)

    second = recording.record(
        assignment=Assignment.objects.get(), body={"text": "a", "prompt": {"type": "plain", "text": "How?"}}
    )

    assert list(Prompt.objects.fit()) == [second.demonstration.prompt]
    earlier = Prompt.objects.get(pk=first.demonstration.prompt_id)
    assert (earlier.set_aside_as, earlier.set_aside_by) == ("revised", None)


def test_a_user_based_prompt_keeps_the_use_case_it_was_written_from(ann):
    sheet = asking_sheet_of(ann, use_case_text="A shop wants kinder e-mails.")
    body = {"text": "Dear …", "prompt": {"type": "user_based", "text": "Make it kinder."}}

    assert recording.record(assignment=sheet, body=body).demonstration.prompt.meta == {
        "use_case": "A shop wants kinder e-mails."
    }


def test_a_body_with_faults_stores_nothing(ann):
    with pytest.raises(Faults):
        recording.record(assignment=asking_sheet_of(ann), body={"text": "a", "prompt": {"type": "plain", "text": ""}})

    assert (Label.objects.count(), Demonstration.objects.count(), Prompt.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("lie", "promise"),
    [
        ({"text": " \n"}, "a_demonstration_is_not_blank"),
        ({"prompt_type": "plain"}, "a_written_prompt_has_its_type"),
        ({"tags": ["nice"]}, "demonstration_tags_are_known"),
    ],
)
def test_the_database_refuses_what_no_labeler_said(ann, lie, promise):
    recording.record(assignment=sheet_of(ann), body={"text": "a"})

    with pytest.raises(IntegrityError, match=promise):
        Demonstration.objects.update(**lie)


def test_a_task_has_a_prompt_unless_the_project_asks_labelers_for_it():
    project, asking = project_of(), project_of(prompt_types=["plain"])
    task_of(asking, prompt=None)

    with pytest.raises(IntegrityError, match="a task goes without a prompt only where"), transaction.atomic():
        task_of(project, prompt=None)
    with pytest.raises(IntegrityError, match="a project that has tasks without a prompt"), transaction.atomic():
        Project.objects.filter(pk=asking.pk).update(prompt_types=[])
    with pytest.raises(IntegrityError, match="a_use_case_asks_for_a_prompt"), transaction.atomic():
        task_of(project, use_case_text="A shop …")
    with pytest.raises(IntegrityError, match="prompts_are_written_and_tagged_in_demonstrations"), transaction.atomic():
        Project.objects.filter(pk=asking.pk).update(kind="ranking")
    with pytest.raises(IntegrityError, match="prompt_types_are_what_labelers_write"), transaction.atomic():
        Project.objects.filter(pk=asking.pk).update(prompt_types=["customer"])
    assert Task.objects.count() == 1


def test_the_sheet_shows_the_prompt_as_turns(ann, client_of):
    turns = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi!"},
        {"role": "user", "content": "Name *three* rivers."},
    ]
    sheet = sheet_of(ann, prompt=turns)

    page = client_of(ann).get(url("sheet", sheet))

    assert [turn["html"] for turn in page.context["sheet"].turns] == [
        "<p>Hello</p>\n", "<p>Hi!</p>\n", "<p>Name <em>three</em> rivers.</p>\n",
    ]  # fmt: skip
    assert "no-store" in page.headers["Cache-Control"]


def test_submitting_stores_the_label_and_goes_on(ann, client_of):
    sheet = sheet_of(ann)
    following = task_of(sheet.project)

    answer = client_of(ann).post(url("submit", sheet), {"text": "The Rhine.", "seconds": "9", "then": "next"})

    assert answer.url == reverse("labels:sheet", args=[Assignment.objects.get(task=following).pk])
    assert Demonstration.objects.get().text == "The Rhine."


def test_with_htmx_the_next_sheet_is_in_the_answer(ann, client_of):
    sheet = sheet_of(ann)
    task_of(sheet.project)

    answer = client_of(ann).post(url("submit", sheet), {"text": "The Rhine."}, headers={"HX-Request": "true"})

    following = Assignment.objects.get(state="open")
    assert answer.headers["HX-Push-Url"] == url("sheet", following)
    assert "<html" not in answer.content.decode()
    assert "Saved: your demonstration." in answer.content.decode()


def test_an_empty_demonstration_is_refused_on_the_page_and_the_rest_comes_back(ann, client_of):
    sheet = asking_sheet_of(ann, asks_for_tags=True)
    fields = {"text": " ", "prompt-type": "few_shot", "prompt-text": "Name the mood.", "tags": ["closed_domain"],
              "example-1-query": "I love it", "example-1-response": "positive", "example-2-query": "Hm"}  # fmt: skip

    answer = client_of(ann).post(url("submit", sheet), fields)

    shown = answer.context["sheet"]
    assert answer.status_code == 422
    assert [error.field_id for error in shown.errors] == ["example-2-response"]
    assert [(pair.query, pair.response) for pair in shown.pairs] == [("I love it", "positive"), ("Hm", "")]
    assert (shown.prompt_text, [tag.value for tag in shown.tags if tag.checked]) == (
        "Name the mood.",
        ["closed_domain"],
    )
    assert Label.objects.count() == 0


def test_a_draft_comes_back_as_it_was_typed_blank_examples_too(ann, client_of):
    sheet = asking_sheet_of(ann)
    fields = {"revision": "3", "text": "half a thou", "prompt-type": "plain", "prompt-text": "H",
              "example-1-query": "", "example-1-response": "", "example-2-query": "", "example-2-response": "",
              "example-3-query": "q", "example-3-response": ""}  # fmt: skip
    client = client_of(ann)

    assert client.post(url("draft", sheet), fields).json() == {"revision": 3}

    shown = client.get(url("sheet", sheet)).context["sheet"]
    assert (shown.text, shown.prompt_text, shown.pairs[2].query, shown.revision) == ("half a thou", "H", "q", 3)
    assert [option.value for option in shown.types if option.checked] == ["plain"]


@pytest.mark.parametrize(
    "body",
    [
        {"text": [], "prompt": "x", "tags": "x", "seconds": "x"},
        {"text": {}, "prompt": {"type": [], "text": 7, "examples": "x"}, "tags": [[]]},
        {"prompt": {"examples": [7, {"query": []}]}, "seconds": -1},
    ],
)
def test_a_draft_of_any_shape_opens(ann, client_of, body):
    sheet = asking_sheet_of(ann, asks_for_tags=True)
    drafts.save_draft(assignment=sheet, revision=1, body=body)

    assert client_of(ann).get(url("sheet", sheet)).status_code == 200


def test_no_type_is_chosen_beforehand_but_the_only_one_and_user_based_for_a_use_case(ann, bob, hal, client_of):
    def chosen(labeler, **asked):
        sheet = asking_sheet_of(labeler, **asked)
        page = client_of(labeler).get(url("sheet", sheet))
        return [option.value for option in page.context["sheet"].types if option.checked]

    assert chosen(ann) == []
    Project.objects.update(name="earlier")
    assert chosen(bob, types=["few_shot"]) == ["few_shot"]
    Project.objects.filter(name="Write prompts").update(name="earlier still")
    assert chosen(ann, use_case_text="A shop …") == ["user_based"]


def test_the_preview_is_sanitised_and_kept_nowhere(ann, client_of):
    sheet = sheet_of(ann)

    answer = client_of(ann).post(url("preview", sheet), {"do": "render", "text": "**bold** <script>x</script>"})

    assert answer.content.decode() == "<p><strong>bold</strong> &lt;script&gt;x&lt;/script&gt;</p>\n"
    assert Draft.objects.count() == 0


def test_without_a_script_the_preview_is_the_whole_sheet_and_a_draft(ann, client_of):
    sheet = sheet_of(ann)

    shown = client_of(ann).post(url("preview", sheet), {"text": "**bold**", "do": "preview"}).context["sheet"]

    assert (shown.preview, shown.text, shown.revision) == ("<p><strong>bold</strong></p>\n", "**bold**", 1)
    assert Draft.objects.get().body["text"] == "**bold**"


def test_without_a_script_examples_are_added_and_removed(ann, client_of):
    sheet = asking_sheet_of(ann)
    fields = {f"example-{n}-{part}": f"{part} {n}" for n in (1, 2, 3) for part in ("query", "response")}
    client = client_of(ann)

    added = client.post(url("preview", sheet), {**fields, "do": "add"}).context["sheet"]
    removed = client.post(url("preview", sheet), {**fields, "do": "remove-2"}).context["sheet"]

    assert [pair.query for pair in added.pairs] == ["query 1", "query 2", "query 3", ""]
    assert [pair.query for pair in removed.pairs] == ["query 1", "query 3"]


def test_a_button_overwrites_no_newer_draft_and_drops_nothing(ann, client_of):
    sheet = asking_sheet_of(ann)
    drafts.save_draft(assignment=sheet, revision=9, body={"text": "from another machine"})

    answer = client_of(ann).post(url("preview", sheet), {"text": "here", "revision": "1", "do": "preview"})

    assert (answer.status_code, answer.context["sheet"].text, answer.context["sheet"].revision) == (409, "here", 9)
    assert "A newer draft of this sheet was saved elsewhere." in answer.text
    assert Draft.objects.get().body == {"text": "from another machine"}


def test_somebody_elses_preview_and_that_of_another_kind_are_not_there(ann, bob, client_of, sheet):
    mine = sheet_of(ann)

    assert client_of(bob).post(url("preview", mine)).status_code == 404
    assert client_of(ann).post(url("preview", sheet)).status_code == 404
