"""Which key of the file is which of ours? A mapping is a dict, file key → our key.

Several keys may be mapped to the prompt, such as a topic and a report. It is then all of their texts, in the order of
the file, each behind the name of its key.
"""

from labeling.prompts.refusals import Refused, WrongMapping

OURS = (
    "prompt", "id", "author", "organization", "origin", "use_case", "tags", "split", "language", "reference",
    "responses", "meta",
)  # fmt: skip
OWNERS = ("author", "organization")
# What other people's files call them, most telling first.
ELSEWHERE = {
    "prompt": ("messages", "instruction", "question", "query", "input", "text"),
    "id": ("prompt_id", "task_id", "uuid", "key"),
    "author": ("user", "user_id", "author_id", "account", "app"),
    "organization": ("organisation", "org", "org_id", "organization_id", "tenant"),
    "use_case": ("category", "task_type"),
    "language": ("lang", "locale"),
    "reference": ("output", "answer", "demonstration", "completion"),
    "responses": ("completions", "candidates", "outputs", "answers"),
}


def check(mapping):
    """Return the mapping, or raise WrongMapping."""
    if not isinstance(mapping, dict) or not all(isinstance(name, str) for pair in mapping.items() for name in pair):
        raise WrongMapping("The mapping must be a JSON object, the file's key → our key.")
    unknown = sorted(set(mapping.values()) - set(OURS))
    if unknown:
        raise WrongMapping(f"“{unknown[0]}” is none of our keys. They are: {', '.join(OURS)}.")
    filled = list(mapping.values())
    twice = sorted({ours for ours in filled if filled.count(ours) > 1} - {"prompt"})
    if twice:
        raise WrongMapping(f"Two keys of the file are mapped to “{twice[0]}”.")
    return mapping


def from_options(pairs):
    """Return the mapping that the command's `--map ours=theirs` options ask for, the prompt as often as it has parts.

    >>> from_options(["author=app"])
    {'app': 'author'}
    """
    mapping = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise WrongMapping(f"“{pair}” is not of the form our_key=file_key, such as author=app.")
        if theirs in mapping:
            raise WrongMapping(f"The file's key “{theirs}” is mapped twice.")
        mapping[theirs] = ours
    return check(mapping)


def suggested(keys):
    """Return a mapping for a file with these keys, for what of ours it has only under another name.

    >>> suggested(["instruction", "App", "id"])
    {'instruction': 'prompt', 'App': 'author'}
    """
    free = {key.lower(): key for key in keys if key not in OURS}
    found = {}
    for ours in OURS:
        names = (ours, *ELSEWHERE.get(ours, ()))
        theirs = next((free.pop(name) for name in names if name in free), None) if ours not in keys else None
        if theirs:
            found[theirs] = ours
    return found


def mapped(keys, mapping):
    """Which of our keys a file with these keys fills."""
    return {mapping.get(key, key) for key in keys} & set(OURS)


def ours_and_theirs(values, mapping):
    """Split a row into what our keys hold, and the rest under the file's own names."""
    if not mapping:
        return values, {key: values[key] for key in values if key not in OURS}
    ours, rest, parts = {}, {}, {}
    for key, value in values.items():
        if mapping.get(key) == "prompt":
            parts[key] = value
        elif key in mapping:
            ours[mapping[key]] = value
        elif key in OURS and key not in mapping.values():
            ours[key] = value
        elif key not in OWNERS:  # an owner is kept as a keyed hash, or not at all
            rest[key] = value
    if parts:
        is_whole = list(mapping.values()).count("prompt") == 1
        ours["prompt"] = next(iter(parts.values())) if is_whole else _put_together(parts)
    return ours, rest


def _put_together(parts):
    r"""Return the prompt that is made of several keys of a row; what is blank is left out.

    >>> _put_together({"Topic": "Leaves", "Grade": " ", "Report": "They turn red."})
    'Topic: Leaves\n\nReport: They turn red.'
    """
    for key, text in parts.items():
        if not isinstance(text, str):
            raise Refused(f"The prompt is put together from several keys, so “{key}” must be a text.")
    return "\n\n".join(f"{key}: {text}" for key, text in parts.items() if text.strip())


def owner_keys(mapping):
    """What the file may call the author and the organization."""
    return {*OWNERS, *(theirs for theirs, ours in mapping.items() if ours in OWNERS)}
