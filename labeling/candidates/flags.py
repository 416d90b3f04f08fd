"""What about a response should be looked at before a labeler sees it? Identity leaks, refusals, answers cut short."""

import re

from labeling.candidates.models import Flag

# Cut short at its last token, rather than ended by the model.
CUT_SHORT = {"length", "max_tokens"}
LEAK = re.compile(r"\bas an? (?:ai|artificial intelligence|large) (?:language )?model\b", re.IGNORECASE)
REFUSAL = re.compile(r"^\W*(?:i'm|i am) sorry,? but\b|^\W*i (?:cannot|can't|can not) (?:help|assist)\b", re.IGNORECASE)


def flags(text, *, finish_reason=""):
    """Return the flags of a response, in the order of `Flag`."""
    found = {
        Flag.LEAK: LEAK.search(text),
        Flag.REFUSAL: REFUSAL.search(text[:200]),
        Flag.TRUNCATED: finish_reason in CUT_SHORT,
    }
    return [flag.value for flag, is_so in found.items() if is_so]
