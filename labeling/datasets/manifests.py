"""What does a dataset say of itself? The manifest: what was chosen, counted, left out, and under which versions."""

import tomllib
from collections import Counter
from functools import cache
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.db import connection

from labeling.datasets import choosing, silent
from labeling.datasets.agreeing import agreement
from labeling.datasets.models import UNITS, DatasetKind
from labeling.guidelines.models import FormVersion, InstructionsVersion
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import Split

SCHEMA_VERSION = 2


def manifest(*, version, choice, files, tally, snapshot_at):
    """Return the manifest as a dict that JSON can hold."""
    unit = UNITS[choice.kind]
    return {
        "kind": version.kind,
        "format": version.format,
        "number": version.number,
        "choice_sha256": version.choice_hash,
        "projects": [
            {"id": project.pk, "name": project.name, "purpose": project.purpose} for project in choice.projects
        ],
        "filters": choice.filters,
        "snapshot_at": snapshot_at.isoformat(),
        "schema_version": SCHEMA_VERSION,
        "code_version": code_version(),
        "instructions_versions": _instructions(tally.instructions, unit),
        "form_versions": _forms(tally.forms, unit),
        "labelers": len(tally.labelers),
        **_origins(tally.prompts),
        "agreement": agreement(choice) if choice.kind == DatasetKind.COMPARISONS else None,
        "programs": _programs(choice),
        unit: {split: tally.records[split] for split in Split.values if tally.records[split]},
        "rows": sum(file.rows for file in files),
        "left_out": {reason: n for reason, n in sorted(tally.left_out.items()) if n},
        "warnings": silent.warnings(choice, files),
        "lengths": {
            "unit": "characters",
            "prompt": distribution(tally.prompt_lengths),
            "completion": distribution(tally.completion_lengths),
        },
        "files": [described(file) for file in files],
    }


def described(file):
    return {"name": file.name, "split": file.split, "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256}


def distribution(lengths):
    """Return {"p50", "p90", "p99", "max"} of a Counter of lengths, each one that occurred (nearest rank); else None."""
    found = sorted(lengths.items())
    if not found:
        return None
    reached = list(accumulate(n for _, n in found))
    total = reached[-1]

    def percentile(p):
        return next(length for (length, _), n in zip(found, reached, strict=True) if n * 100 >= total * p)

    return {"p50": percentile(50), "p90": percentile(90), "p99": percentile(99), "max": found[-1][0]}


@cache
def code_version():
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


ORIGINS = """
SELECT s.name, s.license, p.language, count(*)
FROM prompts_prompt p JOIN prompts_source s ON s.id = p.source_id
WHERE p.id = ANY(%s) GROUP BY s.name, s.license, p.language ORDER BY s.name
"""


def _origins(prompts):
    """Where the prompts of the lines come from, and in which languages they are, as far as that is said."""
    sources: dict[str, dict[str, Any]] = {}
    languages: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(ORIGINS, [sorted(set(prompts))])
        for name, license, language, number in cursor.fetchall():
            source = sources.setdefault(name, {"name": name, "license": license, "prompts": 0})
            source["prompts"] += number
            languages[language] += number
    del languages[""]
    return {"sources": list(sources.values()), "languages": dict(sorted(languages.items()))}


def _programs(choice):
    """The pseudonyms of programs whose labels were asked for, to tell them apart by; None where they are left out."""
    if not choice.filters.get("programs"):
        return None
    asked_for = choosing.labels(choice).filter(assignment__by_program=True)
    keys = asked_for.order_by().values_list("assignment__labeler__pseudonym_key", flat=True).distinct()
    return sorted(map(pseudonym, keys))


def _instructions(counted, unit):
    found = InstructionsVersion.objects.filter(pk__in=counted).select_related("instructions")
    return [
        {"instructions": one.instructions.name, "version": one.number, unit: counted[one.pk]}
        for one in found.order_by("instructions__name", "number")
    ]


def _forms(counted, unit):
    found = FormVersion.objects.filter(pk__in=counted).select_related("form")
    return [
        {"form": one.form.key, "version": one.number, unit: counted[one.pk]}
        for one in found.order_by("form__key", "number")
    ]
