"""Which texts make up a prompt? Its messages, its few-shot examples, and whatever else a file said beside it.

Of the examples they are queries and responses in turn; of the rest of `meta` every value that is a text or a whole
number, in the order of the keys, because the database keeps no other.
"""

from copy import deepcopy

PAIR = ("query", "response")


def parts(messages, meta):
    """Return the texts, each known to a finding by its place.

    >>> pair = {"query": "Wow", "response": "good", "by": "Ann"}
    >>> parts([{"role": "user", "content": "Name the mood."}], {"phone": 123, "apps": ["x"], "examples": [pair]})
    ['Name the mood.', 'Wow', 'good', 'x', 'Ann', '123']
    """
    return [str(holder[key]) for _name, holder, key in _places(messages, meta)]


def names(messages, meta):
    """Return what each of the texts is: a role, “query”, “response”, or the keys of `meta` under which it stands.

    >>> names([{"role": "user", "content": "Name the mood."}], {"from": {"phone": "123"}})
    ['user', 'from: phone']
    """
    return [name for name, _holder, _key in _places(messages, meta)]


def replaced(messages, meta, texts):
    """Return (messages, meta) with other `texts` in the places of their own."""
    messages, meta = deepcopy((messages, meta))
    for (_name, holder, key), text in zip(_places(messages, meta), texts, strict=True):
        if str(holder[key]) != text:
            holder[key] = text
    return messages, meta


def examples(meta):
    """The pairs that few_shot.examples_of makes examples of, or none where a file's `meta` holds something else."""
    pairs = meta.get("examples")
    return pairs if isinstance(pairs, list) and all(map(_is_pair, pairs)) else []


def _is_pair(pair):
    return isinstance(pair, dict) and all(isinstance(pair.get(key), str) for key in PAIR)


def _places(messages, meta):
    """Yield (name, holder, key) of every text: it is `holder[key]`."""
    for message in messages:
        yield message["role"], message, "content"
    if meta:
        pairs = examples(meta)
        yield from ((key, pair, key) for pair in pairs for key in PAIR)
        yield from _inside(meta, "", {id(pair) for pair in pairs})


def _inside(holder, name, pairs):
    """As `_places`, of a dict or list in `meta`; of `pairs`, known by their ids, the words have had their turn."""
    is_object = isinstance(holder, dict)
    for key in sorted(holder) if is_object else range(len(holder)):
        value, inner = holder[key], f"{name}: {key}".removeprefix(": ") if is_object else name
        if isinstance(value, dict | list):
            yield from _inside(value, inner, pairs)
        elif isinstance(value, str | int) and not isinstance(value, bool) and not (key in PAIR and id(holder) in pairs):
            yield inner, holder, key
