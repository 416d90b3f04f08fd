"""In which shape do responses leave that are good or bad by themselves?"""


def trl(judged, left_out):
    """One response a line, as TRL's KTO trainer reads it."""
    for response in judged:
        yield {
            "prompt": response.prompt,
            "completion": [{"role": "assistant", "content": response.completion}],
            "label": response.is_good,
            "rating": response.rating,
            "ratings": response.n,
            "model": response.model or "",
            "prompt_id": response.prompt_id,
            "response_id": response.id,
            "split": response.split,
            "owner": response.owner,
        }
