"""Jobs against a real model server, run in this very process: planned, then asked until nothing is due."""

import secrets

from labeling.candidates import planning
from labeling.candidates.engine import Engine
from labeling.candidates.generating import bring_on, request_generation
from labeling.candidates.models import GenerationJob
from tests.factories import EndpointFactory, PromptFactory, SourceFactory


def questions(count, **facts):
    """A source with so many prompts."""
    source = SourceFactory()
    for number in range(count):
        PromptFactory(source=source, messages=[{"role": "user", "content": f"Question {number} of {source}?"}], **facts)
    return source


def model(server, **facts):
    """An endpoint at the server, known there by its name."""
    name = facts.pop("name", None) or f"model-{secrets.token_hex(3)}"
    return EndpointFactory(**{"name": name, "model_id": name, "base_url": server.url, "concurrency": 16} | facts)


def asked_of(*endpoints, source, **wishes):
    return request_generation(endpoints=list(endpoints), selection={"source": source.name}, **wishes)


def answer(job, **options):
    """Plan and ask until the job is over or stands still; return it as it is then."""
    for _round in range(12):
        planning.plan(job_id=job.pk)
        Engine(**options).run()
        bring_on()
        job.refresh_from_db()
        if job.is_over or job.state == "paused" or (job.planned_at and not left(job)):
            break
    return job


def left(job):
    return sum(part.total - part.done - part.failed for part in job.parts.all())


def counts(job):
    """(calls, answered, failed) of the whole job."""
    parts = GenerationJob.objects.get(pk=job.pk).parts.all()
    return tuple(sum(getattr(part, name) for part in parts) for name in ("total", "done", "failed"))
