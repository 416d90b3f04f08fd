"""What is set aside when prompts come in: duplicates, wherever they came from, and what an owner has too many of."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from labeling.candidates.importing import add_prompts
from labeling.prompts.hygiene import sorting_out
from labeling.prompts.hygiene.deciding import set_aside
from labeling.prompts.hygiene.normalising import hashes, normalised, share_a_beginning
from labeling.prompts.models import Import, Prompt, SetAside
from tests.candidates.files import counts, imported, requested
from tests.celery_worker import until
from tests.factories import PromptFactory

LONG = "Read the following letter from a customer of ours and say in one word how the writer feels. " * 4


def standing():
    """What stands and what does not, as {external id: (why, original's external id)}."""
    prompts = Prompt.objects.order_by("pk").select_related("duplicate_of")
    return {one.external_id: (one.set_aside_as, one.duplicate_of and one.duplicate_of.external_id) for one in prompts}


def user(*texts):
    return [{"role": "user", "content": text} for text in texts]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Name a river.", "name  a\nRIVER!"),
        ("“Hope”, she said", '"hope" she said'),
        ("ｆｕｌｌ width", "full width"),
        ("강 이름, 셋!", "강 이름 셋"),
        ("zero\u200bwidth", "zerowidth"),
        ("Straße", "STRASSE"),
    ],
)
def test_texts_that_differ_in_form_alone_are_the_same(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("3 * 4?", "3 / 4?"), ("In C#", "In C"), ("कि", "की"), ("강", "감"), ("???", "!!!"), ("2+2", "22")],
)
def test_texts_that_ask_something_else_are_not(one, other):
    assert hashes(user(one)) != hashes(user(other))


@given(st.text())
def test_the_normal_form_is_its_own_normal_form(text):
    assert normalised(normalised(text)) == normalised(text)


def test_a_beginning_counts_from_so_many_characters_and_that_share_of_the_shorter(settings):
    settings.DUPLICATE_PREFIX, settings.DUPLICATE_SHARE = 10, 0.5
    assert share_a_beginning("a" * 10 + "b" * 10, "a" * 10 + "c" * 10)
    assert not share_a_beginning("a" * 10 + "b" * 12, "a" * 10 + "c" * 12)
    assert not share_a_beginning("a" * 9 + "b", "a" * 9 + "c")
    assert share_a_beginning("a" * 10, "a" * 10 + "c" * 1000)


@pytest.mark.django_db
def test_the_same_text_is_set_aside_in_one_file_and_across_sources():
    job = imported({"id": "1", "prompt": "Name a river."}, {"id": "2", "prompt": "name a river"})
    other = imported({"id": "3", "prompt": "NAME A RIVER?"}, {"id": "4", "prompt": "Name a lake."}, source="elsewhere")
    assert standing() == {"1": ("", None), "2": ("same_text", "1"), "3": ("same_text", "1"), "4": ("", None)}
    assert (counts(job), job.same_text_count, job.set_aside_count) == ((2, 0, 0, 0), 1, 1)
    assert (other.same_text_count, other.same_beginning_count, other.over_cap_count) == (1, 0, 0)


@pytest.mark.django_db
def test_a_long_common_beginning_is_set_aside_in_one_batch_and_against_what_is_there():
    imported({"id": "1", "prompt": LONG + "A"}, {"id": "2", "prompt": LONG + "B"})
    job = imported({"id": "3", "prompt": LONG + "C, and why"}, {"id": "4", "prompt": LONG + "A"}, source="elsewhere")
    assert standing() == {
        "1": ("", None),
        "2": ("same_beginning", "1"),
        "3": ("same_beginning", "1"),
        "4": ("same_text", "1"),
    }
    assert (job.same_text_count, job.same_beginning_count) == (1, 1)


@pytest.mark.django_db
def test_a_common_beginning_that_is_a_small_part_of_both_sets_nothing_aside():
    ends = ["one " * 400, "two " * 400]
    imported(*({"id": str(n), "prompt": LONG + end} for n, end in enumerate(ends)))
    assert standing() == {"0": ("", None), "1": ("", None)}


@pytest.mark.django_db
def test_the_rules_of_the_system_make_no_prompts_alike():
    rules = {"role": "system", "content": LONG}
    one, other, same = ([rules, *user(text)] for text in ("Name a river.", "Name a lake.", "name a river"))
    imported(*({"id": str(n), "prompt": prompt} for n, prompt in enumerate([one, other, same, user("Name a river.")])))
    assert standing() == {"0": ("", None), "1": ("", None), "2": ("same_text", "0"), "3": ("", None)}


@pytest.mark.django_db
def test_an_instruction_with_other_examples_is_another_prompt():
    def row(name, *pairs, **more):
        examples = [{"query": query, "response": response} for query, response in pairs]
        return {"id": name, "prompt": LONG, "origin": "few_shot", "meta": {"examples": examples}} | more

    one, other = (("I love it", "good"), ("Never", "bad")), (("Fine", "good"), ("Alas", "bad"))
    imported(row("1", *one), row("2", *other), row("same", *one), row("plain", *one, origin="customer"))
    imported(row("again", ("i LOVE it!", "good"), ("never", "Bad")), row("alike", *other, origin="customer"))
    assert standing() == {
        "1": ("", None),
        "2": ("", None),
        "same": ("same_text", "1"),
        "plain": ("", None),
        "again": ("same_text", "1"),
        "alike": ("same_text", "plain"),
    }


@pytest.mark.django_db
def test_many_prompts_of_one_beginning_are_compared_with_so_many_and_no_more(monkeypatch):
    monkeypatch.setattr(sorting_out, "MOST_COMPARED", 2)
    texts = [LONG + f"{word} " * 400 for word in ("one", "two", "three", "four")]
    imported(*({"id": str(n), "prompt": text} for n, text in enumerate(texts)))
    imported({"id": "near the first", "prompt": texts[0] + "!!"}, {"id": "near", "prompt": texts[1] + "more"})
    found = standing()
    assert [found[key] for key in ("near the first", "near")] == [("same_text", "0"), ("same_beginning", "1")]


@pytest.mark.django_db
def test_of_one_author_so_many_prompts_stand_as_the_cap_says_and_the_first_ones_do(settings):
    settings.PROMPTS_PER_OWNER = 3
    rows = [{"id": f"{n}", "prompt": f"Name {n} rivers.", "author": "ann"} for n in range(4)]
    same = {"id": "same", "prompt": "name 0 rivers", "author": "ann"}
    job = imported(rows[0], same, *rows[1:])
    imported({"id": "later", "prompt": "Name a lake.", "author": "ann"}, source="elsewhere")
    imported(*({"id": f"nobody's {n}", "prompt": f"Name {n} lakes."} for n in range(4)))
    said = {key: why for key, (why, _original) in standing().items()}
    assert said == {
        "0": "", "same": "same_text", "1": "", "2": "", "3": "over_cap", "later": "over_cap",
        **{f"nobody's {n}": "" for n in range(4)},
    }  # fmt: skip
    assert (job.over_cap_count, job.same_text_count, job.set_aside_count) == (1, 1, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [True, False])
def test_what_an_author_has_too_many_of_stands_when_somebody_else_says_it(settings, at_once):
    settings.PROMPTS_PER_OWNER = 1
    rows = [
        {"id": "1", "prompt": "Name a lake.", "author": "ann"},
        {"id": "2", "prompt": "Name a river.", "author": "ann"},
        {"id": "3", "prompt": LONG + "A", "author": "ann"},
        {"id": "4", "prompt": "name a river", "author": "bob"},
        {"id": "5", "prompt": "Name a river!", "author": "eve"},
        {"id": "6", "prompt": LONG + "B"},
        {"id": "7", "prompt": LONG + "C"},
    ]
    for some in [rows] if at_once else [[row] for row in rows]:
        imported(*some)
    assert standing() == {
        "1": ("", None),
        "2": ("over_cap", None),
        "3": ("over_cap", None),
        "4": ("", None),
        "5": ("same_text", "4"),
        "6": ("", None),
        "7": ("same_beginning", "6"),
    }


@pytest.mark.django_db
def test_what_was_set_aside_for_something_else_stays_the_original(rita):
    imported({"id": "1", "prompt": "Name a river."})
    set_aside(prompts=Prompt.objects.all(), by=rita)
    imported({"id": "2", "prompt": "name a river"})
    assert standing() == {"1": ("by_hand", None), "2": ("same_text", "1")}


@pytest.mark.django_db
def test_the_same_file_again_sets_nothing_aside():
    rows = [{"id": "1", "prompt": "Name a river."}, {"id": "2", "prompt": "name a river"}]
    imported(*rows)
    before = standing()
    job = imported(*rows)
    assert (standing(), counts(job), job.set_aside_count) == (before, (0, 2, 0, 0), 0)


@pytest.mark.django_db
def test_batches_come_to_the_same_as_one(monkeypatch):
    rows = [{"id": f"{n}", "prompt": f"Name {n % 5} rivers."} for n in range(20)]
    imported(*rows)
    at_once = standing()
    Prompt.objects.all().delete()
    monkeypatch.setattr("labeling.candidates.batches.ROWS", 3)
    imported(*rows)
    assert standing() == at_once


@pytest.mark.django_db
def test_prompts_of_several_sources_in_one_transaction_stay_apart():
    with transaction.atomic():
        add_prompts(source_name="here", rows=[{"id": "1", "prompt": "Name a river."}])
        add_prompts(source_name="there", rows=[{"id": "2", "prompt": "Name a lake."}])
    assert sorted(Prompt.objects.values_list("source__name", "external_id")) == [("here", "1"), ("there", "2")]


@pytest.mark.django_db(transaction=True)
def test_two_that_name_one_new_source_wait_for_each_other_and_not_in_a_circle():
    """The second is there before the first names its source; the first still holds the turn."""
    row = {"id": "1", "prompt": "Name a river."}
    is_first, others = threading.Event(), []

    def add():
        is_first.wait(20)
        try:
            others.append(add_prompts(source_name="common", rows=[row | {"id": "2"}]))
        finally:
            connection.close()

    second = threading.Thread(target=add)
    second.start()
    with transaction.atomic():
        add_prompts(source_name="first", rows=[row])
        is_first.set()
        until(one_waits_for_a_turn)
        add_prompts(source_name="common", rows=[row])
    second.join(20)

    assert sorted(Prompt.objects.values_list("source__name", "external_id")) == [
        ("common", "1"), ("common", "2"), ("first", "1"),
    ]  # fmt: skip
    assert len(others) == 1


def one_waits_for_a_turn():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database() "
            "WHERE locktype = 'advisory' AND NOT granted"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_keep_one_of_the_same_text():
    from concurrent.futures import ThreadPoolExecutor

    from labeling.candidates.importing import run_import

    def run(job):
        try:
            run_import(import_id=job.pk)
        finally:
            connection.close()

    rows = [{"id": f"{n}", "prompt": f"Name {n} rivers."} for n in range(300)]
    jobs = [requested(*rows, source=name) for name in ("here", "there")]
    with ThreadPoolExecutor() as threads:
        list(threads.map(run, jobs))
    assert Prompt.objects.count() == 600
    assert Prompt.objects.standing().count() == 300
    assert sum(Import.objects.values_list("same_text_count", flat=True)) == 300


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"set_aside_as": "same_text"}, "prompt_set_aside_names_its_reason"),
        ({"set_aside_at": timezone.now()}, "prompt_set_aside_names_its_reason"),
        ({"set_aside_as": "because", "set_aside_at": timezone.now()}, "prompt_set_aside_names_its_reason"),
        ({"duplicate_of": "other"}, "prompt_duplicate_is_set_aside_as_one"),
        ({"duplicate_of": "itself", "set_aside_as": "same_text", "set_aside_at": timezone.now()},
         "prompt_duplicate_is_set_aside_as_one"),
        ({"duplicate_of": "other", "set_aside_as": "over_cap", "set_aside_at": timezone.now()},
         "prompt_duplicate_is_set_aside_as_one"),
    ],
)  # fmt: skip
def test_the_database_refuses_a_prompt_set_aside_without_a_reason(change, name):
    prompt, other = PromptFactory(), PromptFactory()
    if "duplicate_of" in change:
        change = change | {"duplicate_of": {"other": other, "itself": prompt}[change["duplicate_of"]]}
    with pytest.raises(IntegrityError, match=name):
        Prompt.objects.filter(pk=prompt.pk).update(**change)


@pytest.mark.django_db
def test_a_duplicate_stays_set_aside_when_its_original_goes():
    imported({"id": "1", "prompt": "Name a river."}, {"id": "2", "prompt": "name a river"})
    Prompt.objects.get(external_id="1").delete()
    assert standing() == {"2": (SetAside.SAME_TEXT, None)}
