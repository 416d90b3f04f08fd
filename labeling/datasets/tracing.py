"""Which prompts did a frozen version come from? They are tagged, so that models can be asked what they were trained on.

Their ids were kept when it was frozen: not every format names them in its lines.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.datasets import freezing
from labeling.datasets.models import DatasetKind
from labeling.prompts.models import Prompt
from labeling.prompts.tagging import change_tags

TRACED = (DatasetKind.SFT, DatasetKind.COMPARISONS, DatasetKind.UNPAIRED, DatasetKind.RATINGS)
MOST = 100_000  # so that the page answers in time
KEPT_SINCE = 2  # by the manifest's schema_version


def is_traced(version):
    return version.is_frozen and version.kind in TRACED


@transaction.atomic
def tag_prompts(*, version, tag):
    """Give the prompts of a frozen version's lines a tag. Raises ValidationError.

    Returns (how many did not have it, how many of its prompts are no longer there).
    """
    found = prompts_of(version)
    if len(found) > MOST:
        told = {"number": len(found), "most": MOST}
        raise ValidationError(
            _("This version is made of %(number)d prompts, and up to %(most)d are tagged at once.") % told
        )
    there = Prompt.objects.filter(pk__in=found)
    return change_tags(prompts=there, add=[tag]), len(found) - there.count()


def prompts_of(version):
    """Return the ids of the prompts of a frozen version's lines. Raises ValidationError."""
    if version.manifest["schema_version"] < KEPT_SINCE:
        raise ValidationError(
            _("When this version was frozen, its prompts were not kept yet: freeze the same choice again.")
        )
    with freezing.opened(version, freezing.PROMPTS) as kept:
        return {int(prompt) for prompt in kept.read().split()}
