"""How does what a labeler writes become a prompt? With an owner of its own, and under its project's name."""

from labeling.prompts.models import Origin, Owner, Prompt, Source
from labeling.prompts.owners import owner_hash, split_of


def write_prompt(*, source_name, sheet, revision, origin, text, examples=(), use_case_text="", tags=()):
    """Store a prompt that a labeler wrote on `sheet` (its id) and return it. To be called in a transaction.

    A few-shot prompt is an instruction; its examples, dicts of a query and a response, stay beside it in `meta`, so
    that K of them can become K prompts, each with the other K - 1 in context. All of those, and every revision of the
    same sheet, are on one side of the split: they have one owner.
    """
    source, _new = Source.objects.get_or_create(name=source_name[: Source._meta.get_field("name").max_length])
    return Prompt.objects.create(
        source=source,
        external_id=f"{sheet}/{revision}",
        owner=_own_owner(source, sheet),
        origin=origin,
        messages=[{"role": "user", "content": text}],
        tags=list(tags),
        meta=_beside(origin, examples, use_case_text),
    )


def _own_owner(source, sheet):
    key_hash = owner_hash(f"prompt:{source.name}\n{sheet}")
    split = {"split": split_of(key_hash), "is_author": False}
    owner, _new = Owner.objects.get_or_create(key_hash=key_hash, defaults=split)
    return owner


def _beside(origin, examples, use_case_text):
    beside = {"examples": list(examples)} if origin == Origin.FEW_SHOT else {}
    return beside | ({"use_case": use_case_text} if use_case_text else {})
