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
    return [str(holder[key]) for _keys, holder, key in _places(messages, meta)]


def names(messages, meta):
    """Return what each of the texts is: a role, “query”, “response”, or the keys of `meta` under which it stands.

    >>> names([{"role": "user", "content": "Name the mood."}], {"from": {"phone": "123"}})
    ['user', 'from: phone']
    """
    return [": ".join(keys) for keys, _holder, _key in _places(messages, meta)]


def replaced(messages, meta, texts):
    """Return (messages, meta) with other `texts` in the places of their own."""
    messages, meta = deepcopy((messages, meta))
    for (_keys, holder, key), text in zip(_places(messages, meta), texts, strict=True):
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
    """Yield (keys, holder, key) of every text: it is `holder[key]`, and stands under those keys."""
    for message in messages:
        yield (message["role"],), message, "content"
    if meta:
        pairs = examples(meta)
        yield from (((key,), pair, key) for pair in pairs for key in PAIR)
        yield from _inside(meta, (), {id(pair) for pair in pairs})


def _inside(holder, keys, pairs):
    """As `_places`, of a dict or list in `meta`; of `pairs`, known by their ids, the words have had their turn."""
    is_object = isinstance(holder, dict)
    for key in sorted(holder) if is_object else range(len(holder)):
        value = holder[key]
        if isinstance(value, str) or type(value) is int:
            if not (pairs and key in PAIR and id(holder) in pairs):
                yield (*keys, key) if is_object else keys, holder, key
        elif isinstance(value, dict | list):
            yield from _inside(value, (*keys, key) if is_object else keys, pairs)
