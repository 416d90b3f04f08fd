"""Files of prompts, made small and true for tests."""

import io
import json

from labeling.candidates.importing import request_import, run_import
from labeling.prompts.models import Import


def jsonl(*rows):
    return io.BytesIO("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def requested(*rows, source="questions", filename="prompts.jsonl", **options):
    """An import that waits for a worker, which is not woken."""
    file = rows[0] if isinstance(rows[0], io.BytesIO) else jsonl(*rows)
    return request_import(file=file, filename=filename, source_name=source, wake_worker=False, **options)


def imported(*rows, **options):
    """An import that has been run."""
    job = requested(*rows, **options)
    run_import(import_id=job.pk)
    return Import.objects.get(pk=job.pk)


def counts(job):
    """(created, seen, refused, responses)"""
    job.refresh_from_db()
    return job.created_count, job.seen_count, job.refused_count, job.response_count


def refusals(job):
    return [(row.line, row.reason) for row in job.refused.all()]
