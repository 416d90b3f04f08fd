"""Which of these new prompts are set aside at once? Duplicates of what came before, and what an owner has too many of.

To be called in a transaction, with the rows in the order in which they came: the first of its kind stands. Two imports
at once take turns here, or each would miss what the other is about to store.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

from labeling.prompts.hygiene.normalising import share_a_beginning, spoken
from labeling.prompts.models import SetAside

# Any number that nobody else locks.
TURNS = 7_031_001
# The originals that share a beginning and are compared with; and of how many beginnings they are held at once.
MOST_COMPARED, BEGINNINGS = 50, 20

SAME_TEXT = """
SELECT given.hash, there.id FROM unnest(string_to_array(%s, ',')::uuid[]) AS given (hash)
CROSS JOIN LATERAL (
    SELECT id FROM prompts_prompt WHERE text_hash = given.hash AND duplicate_of_id IS NULL ORDER BY id LIMIT 1
) AS there
"""
KNOWN_BEGINNINGS = """
SELECT given.hash FROM unnest(string_to_array(%s, ',')::uuid[]) AS given (hash)
WHERE EXISTS (
    SELECT FROM prompts_prompt
    WHERE beginning_hash = given.hash AND beginning_hash IS NOT NULL AND duplicate_of_id IS NULL
)
"""
SAME_BEGINNING = """
SELECT given.hash, there.id, there.messages FROM unnest(string_to_array(%s, ',')::uuid[]) AS given (hash)
CROSS JOIN LATERAL (
    SELECT id, messages FROM prompts_prompt
    WHERE beginning_hash = given.hash AND beginning_hash IS NOT NULL AND duplicate_of_id IS NULL
    ORDER BY id LIMIT %s
) AS there
ORDER BY given.hash, there.id
"""
HELD = """
SELECT given.owner, count(*) FROM unnest(string_to_array(%s, ',')::bigint[]) AS given (owner)
CROSS JOIN LATERAL (
    SELECT FROM prompts_prompt WHERE owner_id = given.owner AND set_aside_as = '' LIMIT %s
) AS there GROUP BY given.owner
"""
AUTHORS = "SELECT id FROM prompts_owner WHERE id = ANY(string_to_array(%s, ',')::bigint[]) AND is_author"


@dataclass(slots=True)
class New:
    """A prompt that is about to be stored, under a key that it already has."""

    key: int
    owner: int
    messages: list
    text_hash: UUID
    beginning_hash: UUID | None
    set_aside_as: str = ""
    duplicate_of: int | None = None

    def set_aside(self, reason, original=None):
        self.set_aside_as, self.duplicate_of = reason.value, original


def take_turns():
    """Wait until no other transaction sorts out; before anything else is locked, so that nobody waits in a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURNS])


def sort_out(prompts):
    """Set aside those of `prompts` (New, in the order of the file) that have come before or are too many."""
    originals = dict(_rows(SAME_TEXT, {new.text_hash for new in prompts}))
    by_beginning: dict[UUID, list[New]] = defaultdict(list)
    for new in prompts:
        if new.beginning_hash is None:
            _compare(new, originals, ())
        else:
            by_beginning[new.beginning_hash].append(new)
    _sort_out_beginnings(by_beginning, originals)
    _sort_out_owners([new for new in prompts if not new.set_aside_as])


def _sort_out_beginnings(groups, originals):
    """Group by group, since the same text has the same beginning; what is stored is read for a few of them at once."""
    known = {beginning for (beginning,) in _rows(KNOWN_BEGINNINGS, groups)}
    for some in _few(sorted(known)):
        stored = defaultdict(list)
        for beginning, key, messages in _rows(SAME_BEGINNING, some, MOST_COMPARED):
            stored[beginning].append((key, spoken(orjson.loads(messages))))
        for beginning in some:
            _compare_all(groups.pop(beginning), originals, stored[beginning])
    for group in groups.values():
        _compare_all(group, originals, [])


def _compare_all(group, originals, alike):
    for new in group:
        if len(group) == 1 and not alike:
            _compare(new, originals, ())
            return
        text = spoken(new.messages)
        _compare(new, originals, alike, text)
        if not new.set_aside_as and len(alike) < MOST_COMPARED:
            alike.append((new.key, text))


def _compare(new, originals, alike, text=""):
    """Set `new` aside, or let it be the original of what comes after it."""
    if new.text_hash in originals:
        return new.set_aside(SetAside.SAME_TEXT, originals[new.text_hash])
    for key, other in alike:
        if share_a_beginning(text, other):
            return new.set_aside(SetAside.SAME_BEGINNING, key)
    originals[new.text_hash] = new.key
    return None


def _sort_out_owners(prompts):
    """Nobody knows whose a prompt without an author is, so that such owners have no cap: each has one prompt."""
    owners = {new.owner for new in prompts}
    authors = {owner for (owner,) in _rows(AUTHORS, owners)}
    held = Counter(dict(_rows(HELD, authors, settings.PROMPTS_PER_OWNER)))
    for new in prompts:
        if new.owner in authors:
            held[new.owner] += 1
            if held[new.owner] > settings.PROMPTS_PER_OWNER:
                new.set_aside(SetAside.OVER_CAP)


def _rows(question, keys, *more):
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(question, [",".join(map(str, keys)), *more])
        return cursor.fetchall()


def _few(beginnings):
    return [beginnings[at : at + BEGINNINGS] for at in range(0, len(beginnings), BEGINNINGS)]
