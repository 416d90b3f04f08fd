"""Whose are these new prompts, and do their splits agree with their owners'? To be called in a transaction."""

from dataclasses import dataclass, field

from django.db import connection

from labeling.prompts.models import Owner
from labeling.prompts.owners import owner_hash, owner_key, split_of
from labeling.prompts.rows import Incoming

INSERT = """
INSERT INTO prompts_owner (key_hash, split, is_author, created_at)
SELECT key_hash, split, is_author, now()
FROM unnest(string_to_array(%s, ','), string_to_array(%s, ','), string_to_array(%s, ',')::boolean[])
    AS given (key_hash, split, is_author)
ORDER BY key_hash
ON CONFLICT (key_hash) DO NOTHING
RETURNING key_hash, id, split
"""


@dataclass
class Pins:
    """Which rows become prompts, and which contradict their author's split."""

    new: dict[str, tuple[Incoming, int]] = field(default_factory=dict)  # external id → row, owner's primary key
    refused: list[tuple[int, str, Incoming]] = field(default_factory=list)
    wanted: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # owners that are not there yet


def pin(rows, source):
    """Give every row an owner, made where there is none yet: the first row of an author pins the split of all."""
    hashes = [_hash(row, source) for row in rows]
    known: dict[str, tuple[int, str]] = {}
    while (pins := _decide(rows, hashes, known)).wanted:
        known |= _inserted(pins.wanted)
        known |= _found([key for key in pins.wanted if key not in known])
    return pins


def _hash(row, source):
    return owner_hash(_owner_key(row) or f"prompt:{source.name}\n{row.external_id}")


def _owner_key(row):
    return owner_key(author=row.author, organization=row.organization)


def _decide(rows, hashes, known):
    """Go through the rows in the order of the file, as if the owners not yet known were made by their first row."""
    pins = Pins()
    for row, key in zip(rows, hashes, strict=True):
        if row.external_id in pins.new:
            continue
        if key in known:
            owner, split = known[key]
        else:
            _key, split, _is_author = pins.wanted.setdefault(
                key, (key, row.split or split_of(key), _truth(_owner_key(row)))
            )
            owner = 0
        if row.split and row.split != split:
            pins.refused.append((row.line, _contradiction(row, split), row))
        else:
            pins.new[row.external_id] = row, owner
    return pins


def _truth(value):
    return "true" if value else "false"


def _contradiction(row, split):
    named = _owner_key(row).partition(":")[0]
    whose = f"this {named}'s prompts belong" if named else "this prompt belongs"
    return f"The split {row.split} contradicts what was said before: {whose} to {split}."


def _inserted(wanted):
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [",".join(column) for column in zip(*wanted.values(), strict=True)])
        return {key: (owner, split) for key, owner, split in cursor.fetchall()}


def _found(keys):
    owners = Owner.objects.filter(key_hash__in=keys).values_list("key_hash", "pk", "split") if keys else []
    return {key: (owner, split) for key, owner, split in owners}
