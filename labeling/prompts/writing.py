"""How does what a labeler writes become a prompt? With an owner of its own, and under its project's name."""

from labeling.prompts.hygiene.looking import look
from labeling.prompts.models import Finding, Origin, Owner, Prompt, Source
from labeling.prompts.owners import owner_hash, split_of


def write_prompt(*, source_name, sheet, revision, origin, text, examples=(), use_case_text="", tags=()):
    """Store a prompt that a labeler wrote on `sheet` (its id) and return it. To be called in a transaction.

    A few-shot prompt is an instruction; its examples, dicts of a query and a response, stay beside it in `meta`, so
    that K of them can become K prompts, each with the other K - 1 in context. All of those, and every revision of the
    same sheet, are on one side of the split: they have one owner. Nothing that a labeler writes is set aside by itself;
    what looks personal in it waits for a decision as it does in an import.
    """
    source, _new = Source.objects.get_or_create(name=source_name[: Source._meta.get_field("name").max_length])
    messages, meta = [{"role": "user", "content": text}], _beside(origin, examples, use_case_text)
    looks = look(messages, meta, meta.get("examples", ()))
    prompt = Prompt.objects.create(
        source=source,
        external_id=f"{sheet}/{revision}",
        owner=_own_owner(source, sheet),
        origin=origin,
        messages=messages,
        tags=list(tags),
        meta=meta,
        language=looks.guessed_language,
        language_is_guessed=bool(looks.guessed_language),
        text_hash=looks.text_hash,
        beginning_hash=looks.beginning_hash,
    )
    Finding.objects.bulk_create(Finding(prompt=prompt, **found._asdict()) for found in looks.findings)
    return prompt


def _own_owner(source, sheet):
    key_hash = owner_hash(f"prompt:{source.name}\n{sheet}")
    split = {"split": split_of(key_hash), "is_author": False}
    owner, _new = Owner.objects.get_or_create(key_hash=key_hash, defaults=split)
    return owner


def _beside(origin, examples, use_case_text):
    beside = {"examples": list(examples)} if origin == Origin.FEW_SHOT else {}
    return beside | ({"use_case": use_case_text} if use_case_text else {})
