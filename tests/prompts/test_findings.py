"""What looks personal is found when prompts come in, and where it stands is kept, but not what stands there."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.prompts.models import Finding, Outcome, Prompt
from labeling.prompts.writing import write_prompt
from tests.candidates.files import counts, imported
from tests.factories import OwnerFactory, PromptFactory

pytestmark = pytest.mark.django_db
LETTER = "Write to ann@attune.kr or call 010-1234-5678."


def places(**of):
    return list(
        Finding.objects.filter(**of).order_by("prompt", "part", "start").values_list("kind", "part", "start", "end")
    )


def names(prompts):
    return sorted(prompts.values_list("external_id", flat=True))


def test_an_import_counts_what_it_finds_and_in_how_many_prompts():
    chat = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": "I am bob@attune.kr"}]  # fmt: skip
    job = imported({"id": "1", "prompt": LETTER}, {"id": "2", "prompt": chat}, {"id": "3", "prompt": "Name a river."})
    assert (counts(job), job.finding_count, job.held_back_count) == ((3, 0, 0, 0), 3, 2)
    assert places(prompt__external_id="1") == [("email", 0, 9, 22), ("phone", 0, 31, 44)]
    assert places(prompt__external_id="2") == [("email", 2, 5, 18)]


def test_the_same_file_again_finds_nothing_new():
    imported({"id": "1", "prompt": LETTER})
    job = imported({"id": "1", "prompt": LETTER})
    assert (counts(job), job.finding_count, Finding.objects.count()) == ((0, 1, 0, 0), 0, 2)


def test_no_column_of_a_finding_holds_the_text():
    imported({"id": "1", "prompt": LETTER})
    assert "ann@" not in str(list(Finding.objects.values()))


def test_what_labelers_write_is_looked_at_too_with_its_examples():
    prompt = write_prompt(
        source_name="sheets", sheet="7", revision=1, origin="few_shot", text="Say who it is from.",
        examples=[{"query": "From: ann@attune.kr", "response": "Ann"}],
    )  # fmt: skip
    assert places(prompt=prompt) == [("email", 1, 6, 19)]
    assert (prompt.language, prompt.set_aside_as) == ("en", "")


def test_what_a_file_says_beside_a_prompt_is_looked_at_too():
    beside = {"customer": {"phone": "010-1234-5678", "e-mail": "kim@attune.kr"}, "card": 4111111111111111, "paid": True}
    job = imported({"id": "1", "prompt": "Name a lake.", "notes": ["none", LETTER], **beside})
    assert (job.finding_count, job.held_back_count) == (5, 1)
    assert places() == [("card", 1, 0, 16), ("email", 2, 0, 13), ("phone", 3, 0, 13), ("email", 5, 9, 22),
                        ("phone", 5, 31, 44)]  # fmt: skip
    assert names(Prompt.objects.fit_to_train()) == []


def test_of_a_few_shot_prompt_too_and_its_pairs_are_looked_at_once():
    pairs = [{"query": "From: ann@attune.kr", "response": "Ann", "by": "bob@attune.kr"}]
    imported({"id": "1", "prompt": "Say who.", "origin": "few_shot", "meta": {"a": "eve@attune.kr", "examples": pairs}})
    assert places() == [("email", 1, 6, 19), ("email", 3, 0, 13), ("email", 4, 0, 13)]


def test_fit_to_train_is_what_stands_and_waits_for_no_decision():
    imported(
        {"id": "good", "prompt": "Name a river."},
        {"id": "same", "prompt": "name a river"},
        {"id": "found", "prompt": LETTER},
    )
    assert names(Prompt.objects.fit_to_train()) == ["good"]
    assert names(Prompt.objects.with_open_findings()) == ["found"]
    Finding.objects.update(outcome=Outcome.KEPT, decided_at=timezone.now())
    assert names(Prompt.objects.fit_to_train()) == ["found", "good"]


def test_findings_hold_back_from_training_splits_alone():
    imported(
        {"id": "train", "prompt": LETTER, "split": "train"},
        {"id": "valid", "prompt": "I am bob@attune.kr", "split": "valid"},
        {"id": "same", "prompt": "i am BOB@attune.kr", "split": "test"},
    )
    assert (names(Prompt.objects.fit()), names(Prompt.objects.unfit())) == (["valid"], ["same", "train"])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"end": 0}, "finding_spans_characters"),
        ({"kind": "hunch"}, "finding_kind_is_known"),
        ({"outcome": "kept"}, "finding_is_decided_with_an_outcome"),
        ({"decided_at": timezone.now()}, "finding_is_decided_with_an_outcome"),
        ({"outcome": "burnt", "decided_at": timezone.now()}, "finding_is_decided_with_an_outcome"),
    ],
)
def test_the_database_refuses_findings_that_make_no_sense(change, name):
    finding = Finding.objects.create(prompt=PromptFactory(owner=OwnerFactory()), kind="email", part=0, start=0, end=5)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(**change)
    with pytest.raises(IntegrityError, match="one_finding_per_place"):
        Finding.objects.create(prompt=finding.prompt, kind="phone", part=0, start=0, end=9)
