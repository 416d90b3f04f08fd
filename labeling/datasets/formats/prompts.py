"""In which shape do prompts leave by themselves, for reinforcement learning?"""

from labeling.datasets.reading.records import as_text


def trl(prompts, left_out):
    """One prompt a line, as TRL's online trainers read it."""
    for prompt in prompts:
        yield {
            "prompt": prompt.prompt,
            "prompt_id": prompt.prompt_id,
            "source": prompt.source,
            "use_case": prompt.use_case or "",
            "tags": prompt.tags,
            "language": prompt.language or "",
            "split": prompt.split,
            "owner": prompt.owner,
            "meta": as_text(prompt.meta),
        }
