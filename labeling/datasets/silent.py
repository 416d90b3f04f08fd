"""What would trainers swallow without a word? Files that train to nothing are refused, and others warned of.

What is wrong with single lines, the formats leave out and count; here it is about a file as a whole.
"""

from labeling.prompts.models import Split

FEWEST_FOR_OPENAI = 10  # examples in a file, by its documentation


def why_it_teaches_nothing(tally):
    """Return the sentence that refuses a file of good responses alone, or of bad ones alone; else None."""
    sides = {split: [side for side in (True, False) if tally.sides[split, side]] for split in Split.values}
    teaching = " or ".join(f"“{split}”" for split, found in sides.items() if len(found) == 2)
    way_out = f", or freeze {teaching} alone by the filter “split”" if teaching else ""
    for split, found in sides.items():
        if len(found) == 1:
            which = "good" if found == [True] else "bad"
            return (
                f"Every response of “{split}” would be {which}, and from one label alone nothing is learned: choose "
                f"another threshold, or more projects{way_out}."
            )
    return None


def warnings(choice, files):
    """Return sentences about what is no fault of the files, but would stop or disappoint their trainer."""
    if choice.format != "openai":
        return []
    return [
        f"{file.name} has {file.rows} rows; OpenAI's fine-tuning takes no file of fewer than {FEWEST_FOR_OPENAI}."
        for file in files
        if file.rows < FEWEST_FOR_OPENAI
    ]
