"""In which shapes do rankings leave?"""

from itertools import combinations

from labeling.stats.preference import n_possible, n_ties, pairs

NO_PREFERENCE = "rankings without a preference"
EMPTY_SIDE = "pairs with an empty side"
SAME_TEXT = "pairs whose two sides are the same text"
NO_TRANSCRIPT = (
    "pairs that no transcript holds: a system message, an assistant who begins, or a turn's mark within a text"
)
NO_QUESTION = "rankings of prompts of several turns, which are no question"
MARKS = ("\n\nHuman:", "\n\nAssistant:")


def grouped(rankings, left_out):
    """One ranking a line: every response once, and its pairs as indices (chosen, rejected). Nothing is left out."""
    for ranking in rankings:
        ranks = [response.rank for response in ranking.responses]
        yield {
            "task": ranking.task,
            "prompt_id": ranking.prompt_id,
            "prompt": ranking.prompt,
            "completions": [_said(response) for response in ranking.responses],
            "ranks": ranks,
            "pairs": list(pairs(enumerate(ranks))),
            "n_possible": n_possible(len(ranks)),
            "n_ties": n_ties(ranks),
            "responses": [_facts(response) for response in ranking.responses],
            "labeler": ranking.labeler,
            "cohort": ranking.cohort or "",
            "split": ranking.split,
            "owner": ranking.owner,
            "instructions_version": ranking.instructions_version,
            "seconds": ranking.seconds,
            "meta": ranking.meta,
        }


def trl(rankings, left_out):
    """One pair a line, as TRL's reward and DPO trainers read it; a ranking's weights add up to 1.

    Trainers do not notice a pair that teaches nothing, so it is left out here: an empty side, or twice the same text.
    """
    for ranking in rankings:
        kept = list(_telling(ranking, left_out))
        for chosen, rejected in kept:
            yield {
                "prompt": ranking.prompt,
                "chosen": _said(chosen),
                "rejected": _said(rejected),
                "group_id": ranking.id,
                "weight": 1 / len(kept),
                "task": ranking.task,
                "prompt_id": ranking.prompt_id,
                "chosen_id": chosen.id,
                "rejected_id": rejected.id,
                "labeler": ranking.labeler,
                "cohort": ranking.cohort or "",
                "split": ranking.split,
            }


def openai(rankings, left_out):
    """One pair a line, as OpenAI's preference fine-tuning reads it, and those who follow it."""
    for ranking in rankings:
        for chosen, rejected in _telling(ranking, left_out):
            yield {
                "input": {"messages": ranking.prompt, "tools": [], "parallel_tool_calls": True},
                "preferred_output": _said(chosen),
                "non_preferred_output": _said(rejected),
            }


def hh(rankings, left_out):
    """One pair a line as two transcripts that differ in their last turn, like Anthropic's helpful-harmless data.

    The format knows people and the assistant only, and finds turns by their marks in the text.
    """
    for ranking in rankings:
        before = _transcript(ranking.prompt)
        for chosen, rejected in _telling(ranking, left_out):
            if before is None or any(mark in side.text for mark in MARKS for side in (chosen, rejected)):
                left_out[NO_TRANSCRIPT] += 1
            else:
                yield {
                    "chosen": f"{before}{MARKS[1]} {chosen.text}",
                    "rejected": f"{before}{MARKS[1]} {rejected.text}",
                }


def webgpt(rankings, left_out):
    """One pair a line, ties too, as a list of two answers whose scores add up to 0; a tie is 0 and 0."""
    for ranking in rankings:
        if len(ranking.prompt) > 1:
            left_out[NO_QUESTION] += 1
            continue
        question = {"dataset": ranking.source, "id": ranking.prompt_id, "full_text": ranking.prompt[0]["content"]}
        for first, second in combinations(ranking.responses, 2):
            if first.is_empty or second.is_empty:
                left_out[EMPTY_SIDE] += 1
            elif first.text_hash == second.text_hash:
                left_out[SAME_TEXT] += 1
            else:
                score = (first.rank < second.rank) - (first.rank > second.rank)
                yield [_answer(question, first, score), _answer(question, second, -score)]


def _said(response):
    return [{"role": "assistant", "content": response.text}]


def _facts(response):
    return {
        "id": response.id,
        "model": response.model or "",
        "role": response.role,
        "sampling": response.sampling,
        "overall_quality": response.overall_quality,
        "answers": response.answers,
    }


def _telling(ranking, left_out):
    strict = list(pairs((response, response.rank) for response in ranking.responses))
    left_out[NO_PREFERENCE] += not strict
    for chosen, rejected in strict:
        if chosen.is_empty or rejected.is_empty:
            left_out[EMPTY_SIDE] += 1
        elif chosen.text_hash == rejected.text_hash:
            left_out[SAME_TEXT] += 1
        else:
            yield chosen, rejected


def _transcript(messages):
    """Return the turns as one text, or None where the format has no way to say them."""
    marks = {"user": MARKS[0], "assistant": MARKS[1]}
    if messages[0]["role"] != "user":
        return None
    if any(turn["role"] not in marks or any(mark in turn["content"] for mark in MARKS) for turn in messages):
        return None
    return "".join(f"{marks[turn['role']]} {turn['content']}" for turn in messages)


def _answer(question, response, score):
    return {
        "question": question,
        "quotes": {"title": [], "extract": []},
        "answer": response.text,
        "score": float(score),
    }
