"""What does an instruction with K pairs of query and response teach? K examples, each with the others in context."""

from labeling.prompts.hygiene.parts import examples


def examples_of(prompt):
    """Return [(messages, response), …] of a few-shot prompt, one for each of its pairs and in their order.

    The instruction stands before the first query of the conversation, the other K - 1 pairs are its earlier turns, and
    the pair's own query is the last one. So user and assistant alternate, as chat templates demand.

    >>> class Prompt:
    ...     messages = [{"role": "user", "content": "Name the mood."}]
    ...     meta = {"examples": [{"query": "I love it", "response": "good"}, {"query": "Never", "response": "bad"}]}
    >>> for messages, response in examples_of(Prompt):
    ...     print([turn["content"] for turn in messages], response)
    ['Name the mood.\\n\\nNever', 'bad', 'I love it'] good
    ['Name the mood.\\n\\nI love it', 'good', 'Never'] bad
    """
    pairs = examples(prompt.meta)
    before, instruction = prompt.messages[:-1], prompt.messages[-1]["content"]
    return [
        (before + _turns(instruction, pairs[:own] + pairs[own + 1 :], pair["query"]), pair["response"])
        for own, pair in enumerate(pairs)
    ]


def _turns(instruction, pairs, query):
    turns = []
    for pair in pairs:
        turns += [{"role": "user", "content": pair["query"]}, {"role": "assistant", "content": pair["response"]}]
    turns.append({"role": "user", "content": query})
    return [turns[0] | {"content": f"{instruction}\n\n{turns[0]['content']}"}, *turns[1:]]
