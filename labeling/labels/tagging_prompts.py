"""What do labelers say that a prompt is about? The tags that they chose beside it may become the prompt's own."""

from django.db import transaction

from labeling.prompts.models import Prompt, PromptTag
from labeling.prompts.tagging import change_tags


@transaction.atomic
def tag_prompts(*, demonstrations):
    """Add the tags of those of the queryset `demonstrations` that stand to the prompts that were given; return how many
    were added. A prompt that the labeler wrote has them already.
    """
    standing = demonstrations.filter(prompt__isnull=True, label__superseded_at__isnull=True).order_by()
    added = 0
    for tag in PromptTag.values:
        prompts = standing.filter(tags__contains=[tag]).values("label__assignment__task__prompt")
        added += change_tags(prompts=Prompt.objects.filter(pk__in=prompts), add=[tag])
    return added
