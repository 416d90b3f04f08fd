"""How do a batch's prompts come into the database, each with its owner and split? To be called in a transaction.

Every statement takes its rows in the order of their keys, so that two imports at once wait for each other and never
lock each other out.
"""

from dataclasses import dataclass, field

import orjson
from django.db import connection

from labeling.prompts import pinning
from labeling.prompts.models import Prompt
from labeling.prompts.rows import Incoming

SCRATCH = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_prompts (
    external_id text, owner_id bigint, origin text, messages jsonb, is_text boolean, use_case text, tags text[],
    language text, meta jsonb
) ON COMMIT DELETE ROWS
"""
COPY = "COPY incoming_prompts FROM STDIN"
INSERT = """
INSERT INTO prompts_prompt (source_id, from_import_id, created_at, external_id, owner_id, origin, messages, is_text,
    use_case, tags, language, meta)
SELECT %s, %s, now(), external_id, owner_id, origin, messages, is_text, use_case, tags, language, meta
FROM incoming_prompts ORDER BY external_id
ON CONFLICT (source_id, external_id) DO NOTHING
RETURNING external_id, id
"""


# The ids as one JSON text: several times cheaper to send than as an array. One look into the index for each: what the
# statistics say of a source that is just growing would lead the planner to read all of it, again for every batch.
THERE = """
SELECT given.id, there.id FROM json_array_elements_text(%s::json) AS given (id)
CROSS JOIN LATERAL (SELECT id FROM prompts_prompt WHERE source_id = %s AND external_id = given.id LIMIT 1) AS there
"""


@dataclass
class Stored:
    """What came of a batch: the new prompts, the rows that found theirs, and the refused with their reasons."""

    created: list[tuple[Incoming, int]] = field(default_factory=list)  # with their primary keys
    seen: list[tuple[Incoming, int]] = field(default_factory=list)
    refused: list[tuple[int, str, Incoming]] = field(default_factory=list)


def store(batch, *, source, of_import=None):
    """Insert those of `batch` (Incoming rows of one file, in its order) that are new; return a Stored."""
    there = _there(source, [row.external_id for row in batch])
    pins = pinning.pin([row for row in batch if row.external_id not in there], source)
    keys = _insert(pins.new, source, of_import)
    created = [(row, keys[name]) for name, (row, _owner) in pins.new.items() if name in keys]
    there |= keys | _there(source, [name for name in pins.new if name not in keys])  # a neighbour was quicker
    stored = Stored(created, refused=pins.refused)
    _find_seen(stored, batch, there, of_import)
    return stored


def _there(source, external_ids):
    if not external_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(THERE, [orjson.dumps(external_ids).decode(), source.pk])
        return dict(cursor.fetchall())


def _insert(new, source, of_import):
    if not new:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SCRATCH)
        with cursor.copy(COPY) as copy:
            for row, owner in new.values():
                copy.write_row(_columns(row, owner))
        cursor.execute(INSERT, [source.pk, of_import and of_import.pk])
        return dict(cursor.fetchall())


def _columns(row, owner):
    messages, meta = orjson.dumps(row.messages).decode(), orjson.dumps(row.meta).decode()
    return (
        row.external_id, owner, row.origin, messages, row.is_text, row.use_case, row.tags or "{}", row.language, meta
    )  # fmt: skip


def _find_seen(stored, batch, there, of_import):
    """Count as seen the rows whose prompt was there; refuse a row that this same file has already said otherwise."""
    done = {row.line for row, _key in stored.created} | {line for line, _reason, _row in stored.refused}
    rest = [(row, there[row.external_id]) for row in batch if row.line not in done]
    said = _said_before([key for _row, key in rest], of_import) | {key: row.messages for row, key in stored.created}
    for row, key in rest:
        if said.get(key, row.messages) == row.messages:
            stored.seen.append((row, key))
        else:
            reason = f"The id “{row.external_id}” stands on an earlier line of this file, with another prompt."
            stored.refused.append((row.line, reason, row))


def _said_before(keys, of_import):
    """What this file has said in earlier batches, by the primary keys of the prompts."""
    if not of_import or not keys:
        return {}
    return dict(Prompt.objects.filter(pk__in=keys, from_import=of_import).values_list("pk", "messages"))
