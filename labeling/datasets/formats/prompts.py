"""In which shape do prompts leave by themselves, for reinforcement learning?"""


def trl(prompts, left_out):
    """One prompt a line, as TRL's online trainers read it."""
    for prompt in prompts:
        yield {
            "prompt": prompt.prompt,
            "prompt_id": prompt.id,
            "source": prompt.source,
            "use_case": prompt.use_case,
            "tags": prompt.tags,
            "language": prompt.language,
            "split": prompt.split,
            "owner": prompt.owner,
            "meta": prompt.meta,
        }
