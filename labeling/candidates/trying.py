"""Does a model answer, how fast, and what does it say? One call, which is not stored."""

import asyncio
from dataclasses import dataclass

from labeling.candidates import recipes
from labeling.candidates.models import ModelEndpoint
from labeling.sealing import CannotOpen
from models_api.endpoint import EndpointError

SECONDS = 20  # a person, and a process of the site, are waiting
QUESTION = "Name three rivers, one a line."
ANSWER = "The Rhine\nThe Han\nThe Nile"


@dataclass(frozen=True)
class Trial:
    """What came of it: a sample or a score with its latency in seconds, or the sentence that says why not."""

    question: str
    sample: str = ""
    score: float | None = None
    seconds: float | None = None
    served_by: str = ""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    error: str = ""


def try_out(*, endpoint, question=QUESTION):
    """Ask once, and return the `Trial`. A model that was thought to be down and answers is asked again by jobs."""
    try:
        trial = asyncio.run(_ask(endpoint, question))
    except (EndpointError, CannotOpen, ValueError) as error:
        return Trial(question, error=str(error))
    ModelEndpoint.objects.filter(pk=endpoint.pk).close_circuits()
    return trial


async def _ask(endpoint, question):
    client = recipes.client(endpoint, timeout=min(SECONDS, endpoint.timeout_seconds))
    messages = [{"role": "user", "content": question}]
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        if endpoint.is_scorer:
            score = await client.score(messages, ANSWER)
            return Trial(question, sample=ANSWER, score=score, seconds=loop.time() - began)
        said = await client.complete(messages, recipes.sampling(recipes.recipe(endpoint)))
    finally:
        await client.aclose()
    return Trial(
        question,
        sample=said.text,
        seconds=said.seconds,
        served_by=said.served_by,
        finish_reason=said.finish_reason,
        prompt_tokens=said.prompt_tokens,
        completion_tokens=said.completion_tokens,
    )
