"""No owner stands on two sides of the split, whatever is imported, in which order and how often."""

from collections import defaultdict
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as under
from hypothesis import strategies as st

from labeling.candidates.importing import add_prompts
from labeling.prompts.models import Owner, Prompt, Split
from labeling.prompts.owners import owner_hash, split_of
from labeling.prompts.writing import write_prompt

AUTHORS = ["", "kim", "lee", "org/한", "a" * 300]
row = st.fixed_dictionaries(
    {"id": st.integers(0, 9), "author": st.sampled_from(AUTHORS), "text": st.sampled_from(["Name a river.", "Why?"])},
    optional={"split": st.sampled_from(Split.values)},
)
imports = st.lists(st.tuples(st.sampled_from(["here", "there"]), st.lists(row, min_size=1, max_size=8)), max_size=5)
without_splits = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 30), "author": st.sampled_from(AUTHORS)}), min_size=1, max_size=20
)
on_the_database = under(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def bring_in(source, rows):
    """Each text differs by its id, or the rows of one id would contradict each other."""
    rows = [{**one, "prompt": f"{one.get('text', 'Say')} {one['id']}"} for one in rows]
    return add_prompts(source_name=source, rows=[{key: one[key] for key in one if key != "text"} for one in rows])


def splits_by_author(files):
    """The splits in which each author's prompts stand; those without an author by themselves."""
    authors = {}
    for source, rows in files:
        for one in rows:
            authors.setdefault((source, str(one["id"])), set()).add(one["author"])
    splits = defaultdict(set)
    for prompt in Prompt.objects.select_related("owner", "source"):
        names = authors[prompt.source.name, prompt.external_id]
        if len(names) == 1 and names != {""}:  # else the first that came has said whose it is
            splits[names.pop()].add(prompt.owner.split)
    return splits


@pytest.mark.django_db
@on_the_database
@given(imports)
def test_no_author_stands_on_two_sides_whatever_the_files_say(files):
    with undone():
        for source, rows in files:
            bring_in(source, rows)
        assert [author for author, splits in splits_by_author(files).items() if len(splits) > 1] == []
        assert Owner.objects.filter(is_author=True).count() <= len(AUTHORS) - 1


@pytest.mark.django_db
@on_the_database
@given(without_splits, st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_order_and_the_size_of_files_change_no_split(rows, chance, size):
    rows = list({one["id"]: one for one in rows}.values())
    with undone():
        bring_in("here", rows)
        at_once = dict(Prompt.objects.values_list("external_id", "owner__split"))
    chance.shuffle(rows)
    with undone():
        for at in range(0, len(rows), size):
            bring_in("here", rows[: at + size])  # growing: what has come before comes again
        assert dict(Prompt.objects.values_list("external_id", "owner__split")) == at_once
        assert all(owner.split == split_of(owner.key_hash) for owner in Owner.objects.all())


@pytest.mark.django_db
def test_where_organizations_own_prompts_their_authors_share_a_split_and_a_cap(settings):
    settings.PROMPT_OWNER, settings.PROMPTS_PER_OWNER = "organization", 3
    rows = [{"id": n, "prompt": f"Say {n}", "author": f"author {n}", "organization": "Acme"} for n in range(4)]
    rows += [{"id": n, "prompt": f"Say {n}", "author": "Acme"} for n in range(4, 6)]

    _, _, refused = add_prompts(source_name="here", rows=[*rows, rows[0] | {"id": 6, "split": other_split(rows[0])}])

    assert sorted(Owner.objects.values_list("key_hash", flat=True)) == sorted(
        [owner_hash("organization:Acme"), owner_hash("author:Acme")]
    )
    assert list(Prompt.objects.exclude(set_aside_as="").values_list("external_id", "set_aside_as")) == [
        ("3", "over_cap")
    ]
    assert "this organization's prompts belong to" in refused[0][1]


def other_split(row):
    kept = split_of(owner_hash(f"organization:{row['organization']}"))
    return next(split for split in Split.values if split != kept)


@pytest.mark.django_db
@pytest.mark.parametrize("sheet", ["1", "2", "3", "4"])
def test_every_revision_of_a_few_shot_prompt_stands_on_one_side_with_its_examples(sheet):
    pairs = [{"query": f"Query {n}", "response": f"Response {n}"} for n in range(3)]
    prompts = [
        write_prompt(source_name="sheets", sheet=sheet, revision=revision, origin="few_shot", text="Say it.",
                     examples=pairs[: revision + 1])
        for revision in range(3)
    ]  # fmt: skip
    assert len({prompt.owner_id for prompt in prompts}) == 1
