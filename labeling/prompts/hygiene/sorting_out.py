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
    SELECT id FROM prompts_prompt
    WHERE text_hash = given.hash AND duplicate_of_id IS NULL AND set_aside_as <> 'over_cap'
    ORDER BY id LIMIT 1
) AS there
"""
KNOWN_BEGINNINGS = """
SELECT given.hash FROM unnest(string_to_array(%s, ',')::uuid[]) AS given (hash)
WHERE EXISTS (
    SELECT FROM prompts_prompt
    WHERE beginning_hash = given.hash AND beginning_hash IS NOT NULL AND duplicate_of_id IS NULL
    AND set_aside_as <> 'over_cap'
)
"""
SAME_BEGINNING = """
SELECT given.hash, there.id, there.messages FROM unnest(string_to_array(%s, ',')::uuid[]) AS given (hash)
CROSS JOIN LATERAL (
    SELECT id, messages FROM prompts_prompt
    WHERE beginning_hash = given.hash AND beginning_hash IS NOT NULL AND duplicate_of_id IS NULL
    AND set_aside_as <> 'over_cap'
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
    """Set aside those of `prompts` (New, in the order of the file) that have come before or are too many.

    What its owner has too many of is nobody's original: whoever says the same after it has it stand.
    """
    originals = dict(_rows(SAME_TEXT, {new.text_hash for new in prompts}))
    beginnings = _Beginnings([new for new in prompts if new.text_hash not in originals])
    owners = _Owners(prompts)
    for new in prompts:
        if new.text_hash in originals:
            new.set_aside(SetAside.SAME_TEXT, originals[new.text_hash])
        elif original := beginnings.original_of(new):
            new.set_aside(SetAside.SAME_BEGINNING, original)
        elif owners.have_enough(new):
            new.set_aside(SetAside.OVER_CAP)
        else:
            originals[new.text_hash] = new.key
            beginnings.add(new)
            owners.add(new)


class _Beginnings:
    """What new prompts begin like: stored ones, or those of them that have been added."""

    def __init__(self, prompts):
        self._groups: dict[UUID, list[New]] = defaultdict(list)
        for new in prompts:
            if new.beginning_hash is not None:
                self._groups[new.beginning_hash].append(new)
        self._like_stored: dict[int, int] = {}
        self._compared: Counter[UUID] = Counter()
        self._added: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
        self._compare_with_stored()

    def original_of(self, new):
        """Return the key of the prompt that `new` begins like, or None."""
        if new.key in self._like_stored or not self._added.get(new.beginning_hash):
            return self._like_stored.get(new.key)
        return _first_alike(spoken(new.messages), self._added[new.beginning_hash])

    def add(self, new):
        """Have later ones compared with `new`, where there are any and they are not compared with enough already."""
        added = self._added[new.beginning_hash]
        if (
            len(self._groups[new.beginning_hash]) > 1
            and self._compared[new.beginning_hash] + len(added) < MOST_COMPARED
        ):
            added.append((new.key, spoken(new.messages)))

    def _compare_with_stored(self):
        """What is stored is read for a few beginnings at once."""
        known = {beginning for (beginning,) in _rows(KNOWN_BEGINNINGS, self._groups)}
        for some in _few(sorted(known)):
            stored = defaultdict(list)
            for beginning, key, messages in _rows(SAME_BEGINNING, some, MOST_COMPARED):
                stored[beginning].append((key, spoken(orjson.loads(messages))))
            for beginning in some:
                self._compared[beginning] = len(stored[beginning])
                for new in self._groups[beginning]:
                    if original := _first_alike(spoken(new.messages), stored[beginning]):
                        self._like_stored[new.key] = original


def _first_alike(text, others):
    return next((key for key, other in others if share_a_beginning(text, other)), None)


class _Owners:
    """How many prompts stand of each author. Nobody knows whose a prompt without an author is: it has no cap."""

    def __init__(self, prompts):
        owners = {new.owner for new in prompts}
        self._authors = {owner for (owner,) in _rows(AUTHORS, owners)}
        self._held = Counter(dict(_rows(HELD, self._authors, settings.PROMPTS_PER_OWNER)))

    def have_enough(self, new):
        return new.owner in self._authors and self._held[new.owner] >= settings.PROMPTS_PER_OWNER

    def add(self, new):
        self._held[new.owner] += 1


def _rows(question, keys, *more):
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(question, [",".join(map(str, keys)), *more])
        return cursor.fetchall()


def _few(beginnings):
    return [beginnings[at : at + BEGINNINGS] for at in range(0, len(beginnings), BEGINNINGS)]
