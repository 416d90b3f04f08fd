"""How do a batch's prompts come into the database, each with its owner and split? To be called in a transaction.

Two imports at once take turns, batch by batch; and every statement takes its rows in the order of their keys, so that
whoever else stores prompts waits for them and never locks them out.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain

import orjson
from django.db import connection

from labeling.prompts import pinning
from labeling.prompts.hygiene.sorting_out import New, sort_out, take_turns
from labeling.prompts.models import Prompt
from labeling.prompts.rows import Incoming

COLUMNS = """
    id, external_id, owner_id, origin, messages, is_text, use_case, tags, language, language_is_guessed, meta,
    text_hash, beginning_hash, set_aside_as, duplicate_of_id
"""
SCRATCH = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_prompts (
    id bigint, external_id text, owner_id bigint, origin text, messages jsonb, is_text boolean, use_case text,
    tags text[], language text, language_is_guessed boolean, meta jsonb, text_hash uuid, beginning_hash uuid,
    set_aside_as text, duplicate_of_id bigint
) ON COMMIT DELETE ROWS
"""
COPY = "COPY incoming_prompts FROM STDIN"
# Taken out of there at once: a transaction may store the prompts of several sources.
INSERT = f"""
WITH taken AS (DELETE FROM incoming_prompts RETURNING *)
INSERT INTO prompts_prompt (source_id, from_import_id, created_at, set_aside_at, {COLUMNS})
SELECT %s, %s, now(), CASE WHEN set_aside_as <> '' THEN now() END, {COLUMNS}
FROM taken ORDER BY external_id
ON CONFLICT (source_id, external_id) DO NOTHING
RETURNING external_id, id
"""  # noqa: S608  our own columns
COPY_FINDINGS = 'COPY prompts_finding (prompt_id, kind, part, start, "end", stands_in, row, outcome) FROM STDIN'
KEYS = "SELECT nextval(pg_get_serial_sequence('prompts_prompt', 'id')) FROM generate_series(1, %s)"


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
    set_aside: dict[int, New] = field(default_factory=dict)  # of those, by their primary keys
    seen: list[tuple[Incoming, int]] = field(default_factory=list)
    refused: list[tuple[int, str, Incoming]] = field(default_factory=list)

    def hygiene(self, beside):
        """How many prompts were set aside, by the reason; how many findings there are, and in how many prompts.

        `beside` counts those in the answers to them, by the primary keys of the prompts.
        """
        found = beside + Counter({key: len(row.looks.findings) for row, key in self.created})
        reasons = Counter(new.set_aside_as for new in self.set_aside.values())
        return {**reasons, "finding": found.total(), "held_back": len(found)}


def store(batch, *, source, of_import=None):
    """Insert those of `batch` (Incoming rows of one file, in its order) that are new; return a Stored."""
    take_turns()
    there = _there(source, [row.external_id for row in batch])
    pins = pinning.pin([row for row in batch if row.external_id not in there], source)
    new = _sorted_out(pins.new)
    keys = _insert(pins.new, new, source, of_import)
    stored_keys = set(keys.values())
    created = [(row, keys[name]) for name, (row, _owner) in pins.new.items() if name in keys]
    there |= keys | _there(source, [name for name in pins.new if name not in keys])  # a neighbour was quicker
    stored = Stored(
        created, {one.key: one for one in new if one.set_aside_as and one.key in stored_keys}, refused=pins.refused
    )
    store_findings((key, found) for row, key in created for found in row.looks.findings)
    _find_seen(stored, batch, there, of_import)
    return stored


def store_findings(findings):
    """Store what was found, pairs of a prompt's key and a Found; nothing is asked of the database where none was."""
    if first := next(findings, None):
        with connection.cursor() as cursor, cursor.copy(COPY_FINDINGS) as copy:
            for prompt, found in chain([first], findings):
                copy.write_row((prompt, *found, ""))


def _there(source, external_ids):
    if not external_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(THERE, [orjson.dumps(external_ids).decode(), source.pk])
        return dict(cursor.fetchall())


def _sorted_out(rows):
    """Give each row of `rows` its key, and return them as New, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [len(rows)])
        keys = [key for (key,) in cursor.fetchall()]
    new = [
        New(key, owner, row.messages, row.looks.text_hash, row.looks.beginning_hash)
        for key, (row, owner) in zip(keys, rows.values(), strict=True)
    ]
    sort_out(new)
    return new


def _insert(rows, new, source, of_import):
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SCRATCH)
        with cursor.copy(COPY) as copy:
            for (row, _owner), one in zip(rows.values(), new, strict=True):
                copy.write_row(_columns(row, one))
        cursor.execute(INSERT, [source.pk, of_import and of_import.pk])
        return dict(cursor.fetchall())


def _columns(row, new):
    messages, meta = orjson.dumps(row.messages).decode(), orjson.dumps(row.meta).decode()
    guessed = row.looks.guessed_language
    return (
        new.key, row.external_id, new.owner, row.origin, messages, row.is_text, row.use_case, row.tags or "{}",
        row.language or guessed, bool(guessed), meta, new.text_hash, new.beginning_hash, new.set_aside_as,
        new.duplicate_of,
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
