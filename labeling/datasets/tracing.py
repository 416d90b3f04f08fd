"""Which prompts did a frozen version come from? They are tagged, so that models can be asked what they were trained on.

What was chosen is read again as it stood at that moment, and a record counts if one of its lines is in the files.
"""

from collections import Counter
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.datasets import freezing, reading
from labeling.datasets.differences import digest, lines_by_split
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetKind
from labeling.datasets.writing import encoded
from labeling.prompts.models import Prompt
from labeling.prompts.tagging import change_tags

TRACED = (DatasetKind.SFT, DatasetKind.COMPARISONS, DatasetKind.UNPAIRED, DatasetKind.RATINGS)
MOST_ROWS = 100_000  # so that the page answers in time


def is_traced(version):
    return version.is_frozen and version.kind in TRACED


@transaction.atomic
def tag_prompts(*, version, tag):
    """Give the prompts of a frozen version's lines a tag; return how many did not have it. Raises ValidationError."""
    if version.manifest["rows"] > MOST_ROWS:
        raise ValidationError(
            ngettext(
                "Of a version with more than %(most)d line the prompts are not looked up here: its lines name them.",
                "Of a version with more than %(most)d lines the prompts are not looked up here: its lines name them.",
                MOST_ROWS,
            )
            % {"most": MOST_ROWS}
        )
    found = prompts_of(version)
    if not found:
        raise ValidationError(_("What this version was made from is no longer there."))
    return change_tags(prompts=Prompt.objects.filter(pk__in=found), add=[tag])


def prompts_of(version):
    """Return the ids of the prompts of a frozen version's lines. To be called in a transaction."""
    kept = set().union(*lines_by_split(version).values())
    shape = FORMATS[version.kind, version.format]
    return {
        int(record.prompt_id)
        for batch in reading.batches(_as_it_stood(version))
        for record in batch
        if any(digest(encoded(line)) in kept for line in shape.lines([record], Counter()))
    }


def _as_it_stood(version):
    """The choice, without the labels that were submitted after the version was frozen."""
    choice, moment = freezing.choice_of(version), version.manifest["snapshot_at"]
    return replace(choice, filters=choice.filters | {"until": min(moment, choice.filters.get("until", moment))})
