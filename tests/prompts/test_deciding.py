"""What people decide about findings, and what follows: redacted, set aside, kept; and brought back."""

import pytest

from labeling.datasets import choosing
from labeling.prompts.hygiene.deciding import (
    PLACEHOLDERS,
    bring_back,
    keep,
    next_waiting,
    redact,
    set_aside,
    set_aside_for_findings,
)
from labeling.prompts.models import Finding, FindingKind, Prompt
from labeling.work.drawing import add_tasks, foresee
from tests.candidates.files import counts, imported
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db
LETTER = {"id": "letter", "prompt": "Write to ann@attune.kr or 010-1234-5678, not to bob@attune.kr!", "split": "train"}


@pytest.fixture
def letter(db):
    imported(LETTER)
    return Prompt.objects.get()


def findings(prompt):
    text = Prompt.objects.get(pk=prompt.pk).messages[0]["content"]
    return [(text[one.start : one.end], one.outcome) for one in prompt.findings.order_by("start")]


def decided_by(prompt):
    return {(one.decided_by.name, one.decided_at is None) for one in prompt.findings.select_related("decided_by")}


def test_every_kind_has_something_to_stand_in_its_place():
    assert set(PLACEHOLDERS) == set(FindingKind)


def test_redacting_replaces_what_was_found_and_remembers_who_and_where_from(letter, rita):
    assert redact(prompt=letter, by=rita) == 3
    after = Prompt.objects.get()
    assert after.messages[0]["content"] == "Write to [E-MAIL] or [PHONE], not to [E-MAIL]!"
    kept = ("source", "external_id", "owner", "from_import", "text_hash", "set_aside_as")
    assert [getattr(after, name) for name in kept] == [getattr(letter, name) for name in kept]
    assert findings(letter) == [("[E-MAIL]", "redacted"), ("[PHONE]", "redacted"), ("[E-MAIL]", "redacted")]
    assert decided_by(letter) == {(rita.name, False)}
    assert list(Prompt.objects.fit_to_train()) == [letter]


def test_what_is_not_chosen_is_kept_and_found_where_it_then_stands(letter, rita):
    first = letter.findings.order_by("start").first()
    assert redact(prompt=letter, by=rita, only=[first.pk, 0]) == 1
    assert findings(letter) == [("[E-MAIL]", "redacted"), ("010-1234-5678", "kept"), ("bob@attune.kr", "kept")]


def test_the_same_file_again_does_not_bring_back_what_was_redacted(letter, rita):
    redact(prompt=letter, by=rita)
    assert counts(imported(LETTER)) == (0, 1, 0, 0)
    assert "ann@" not in str(Prompt.objects.get().messages)


def test_the_examples_of_an_instruction_are_redacted_too(rita):
    pair = {"query": "From: ann@attune.kr", "response": "Ann"}
    imported({"id": "1", "prompt": "Who is it from?", "origin": "few_shot", "meta": {"examples": [pair], "n": 1}})
    redact(prompt=Prompt.objects.get(), by=rita)
    assert Prompt.objects.get().meta == {"examples": [{"query": "From: [E-MAIL]", "response": "Ann"}], "n": 1}


def test_what_stands_beside_a_prompt_is_redacted_and_keeps_its_kind_where_nothing_was_found(rita):
    beside = {"phone": "010-1234-5678", "card": 4111111111111111, "n": 7, "by": [{"mail": "ann@attune.kr"}, None, 0.5]}
    imported({"id": "1", "prompt": "Name a lake.", "split": "train", **beside})
    redact(prompt=Prompt.objects.get(), by=rita)
    by = [{"mail": "[E-MAIL]"}, None, 0.5]
    assert Prompt.objects.get().meta == {"phone": "[PHONE]", "card": "[CARD]", "n": 7, "by": by}
    assert Prompt.objects.get().messages == [{"role": "user", "content": "Name a lake."}]


def test_keeping_changes_no_word(letter, rita):
    assert keep(prompt=letter, by=rita) == 3
    assert Prompt.objects.get().messages == letter.messages
    assert list(Prompt.objects.fit_to_train()) == [letter]
    assert decided_by(letter) == {(rita.name, False)}


def test_setting_aside_says_why_and_who(letter, rita):
    assert set_aside_for_findings(prompt=letter, by=rita) == 3
    after = Prompt.objects.get()
    assert (after.set_aside_as, after.set_aside_by, after.set_aside_at is None) == ("personal", rita, False)
    assert [outcome for _text, outcome in findings(letter)] == ["set_aside"] * 3


def test_what_is_decided_is_not_decided_again(letter, rita, ada):
    keep(prompt=letter, by=rita)
    assert (redact(prompt=letter, by=ada), set_aside_for_findings(prompt=letter, by=ada)) == (0, 0)
    assert decided_by(letter) == {(rita.name, False)}
    assert Prompt.objects.get().set_aside_as == ""


def test_a_duplicate_that_is_brought_back_is_one_no_more(rita):
    imported({"id": "1", "prompt": "Name a river."}, {"id": "2", "prompt": "name a river"})
    assert set_aside(prompts=Prompt.objects.filter(external_id="1"), by=rita) == 1
    assert bring_back(prompts=Prompt.objects.all()) == 2
    assert list(Prompt.objects.values_list("set_aside_as", "duplicate_of", "set_aside_by").distinct()) == [
        ("", None, None)
    ]


def test_the_next_one_follows_and_after_the_last_the_first(rita):
    imported(*({"id": f"{n}", "prompt": f"I am ann{n}@attune.kr"} for n in range(3)))
    first, second, third = Prompt.objects.order_by("pk").values_list("pk", flat=True)
    assert [next_waiting(), next_waiting(after=first), next_waiting(after=third)] == [first, second, first]
    Finding.objects.all().delete()
    assert next_waiting() is None


def test_prompts_that_are_not_fit_become_no_tasks(letter, rita):
    imported(
        {"id": "good", "prompt": "Name a river."},
        {"id": "same", "prompt": "name a river"},
        {"id": "valid", "prompt": "I am eve@attune.kr", "split": "valid"},
    )
    project = ProjectFactory(kind="demonstration")
    assert foresee(project=project, prompts=Prompt.objects.all())["drawable"] == 2
    add_tasks(project=project, prompts=Prompt.objects.all())
    assert set(project.tasks.values_list("prompt__external_id", flat=True)) == {"good", "valid"}
    drawn = add_tasks(project=project, prompts=[Prompt.objects.get(external_id="same").pk, letter.pk])
    assert [one["reason"] for one in drawn.refused] == [
        "This prompt is set aside: the same text as another.",
        "Something in this prompt looks personal and waits for a decision.",
    ]
    keep(prompt=letter, by=rita)
    assert add_tasks(project=project, prompts=Prompt.objects.all()).created == 1


def test_prompts_that_are_not_fit_are_in_no_dataset(letter, rita):
    imported({"id": "same", "prompt": LETTER["prompt"]}, {"id": "good", "prompt": "Name a river."})
    choice = choosing.choose(kind="prompts", format="trl", filters={"source": "questions"})
    assert [prompt.external_id for prompt in choosing.prompts(choice)] == ["good"]
    redact(prompt=letter, by=rita)
    assert {prompt.external_id for prompt in choosing.prompts(choice)} == {"letter", "good"}
