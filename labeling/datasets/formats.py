"""In which shapes do labels leave? One generator per format, from what was read to lines, in one dict.

A generator gets rankings (`reading.Ranking`) and a Counter for what it leaves out, by reason.
"""

from itertools import chain

from labeling.stats.preference import n_possible, n_ties, pairs

NO_PREFERENCE = "rankings without a preference"
EMPTY_SIDE = "pairs with an empty side"
SAME_TEXT = "pairs whose two sides are the same text"


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
            "cohort": ranking.cohort,
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
                "cohort": ranking.cohort,
                "split": ranking.split,
            }


FORMATS = {
    ("comparisons", "grouped"): grouped,
    ("comparisons", "trl"): trl,
}


def texts(line):
    """Return (prompt's messages, [completion's messages, …]) of a line in any of the formats."""
    sides = line.get("completions") or [line["chosen"], line["rejected"]]
    return line["prompt"], list(chain.from_iterable(sides))


def _said(response):
    return [{"role": "assistant", "content": response.text}]


def _facts(response):
    return {
        "id": response.id,
        "model": response.model,
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
