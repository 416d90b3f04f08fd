"""What was found in what an import brought?"""

from django.db.models import Count

from labeling.prompts.models import Finding, FindingKind


def findings_by_kind(job):
    """Return [(what it is called, how many are found, how many of these wait for a decision), …], most first."""
    found = Finding.objects.filter(prompt__from_import=job).values("kind", "outcome").annotate(n=Count("pk"))
    counts: dict[str, list[int]] = {}
    for row in found:
        count = counts.setdefault(row["kind"], [0, 0])
        count[0] += row["n"]
        count[1] += 0 if row["outcome"] else row["n"]
    return sorted(((FindingKind(kind).label, *count) for kind, count in counts.items()), key=lambda row: -row[1])
