"""Which texts make up a prompt? Its messages, then the queries and responses of its few-shot examples."""


def parts(messages, meta):
    """Return the texts, each known to a finding by its place.

    >>> parts([{"role": "user", "content": "Name the mood."}], {"examples": [{"query": "Wow", "response": "good"}]})
    ['Name the mood.', 'Wow', 'good']
    """
    texts = [message["content"] for message in messages]
    for pair in examples(meta):
        texts += [pair["query"], pair["response"]]
    return texts


def examples(meta):
    """The pairs that few_shot.examples_of makes examples of, or none where a file's `meta` holds something else."""
    pairs = meta.get("examples")
    return pairs if isinstance(pairs, list) and all(map(_is_pair, pairs)) else []


def _is_pair(pair):
    return isinstance(pair, dict) and all(isinstance(pair.get(key), str) for key in ("query", "response"))


def replaced(messages, meta, texts):
    """Return (messages, meta) with other `texts` in the places of their own."""
    said = iter(texts)
    messages = [message | {"content": next(said)} for message in messages]
    if pairs := examples(meta):
        meta = meta | {"examples": [pair | {"query": next(said), "response": next(said)} for pair in pairs]}
    return messages, meta
