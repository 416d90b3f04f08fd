"""What are many prompts about? Use cases and tags, each in one statement however many there are."""

from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.expressions import Combinable

from labeling.prompts.models import Prompt

TAGS = Prompt._meta.get_field("tags")


def set_use_case(*, prompts, use_case):
    """Give the queryset `prompts` a use case, or none (""); return how many have changed."""
    return prompts.exclude(use_case=use_case).update(use_case=use_case)


def change_tags(*, prompts, add=(), take_away=()):
    """Add tags behind those that are there, where they are not, and take others away; return how many have changed."""
    tags: Combinable = F("tags")
    is_changed = Q()
    for tag in take_away:
        tags = Func(tags, Value(tag), function="array_remove", output_field=TAGS)
        is_changed |= Q(tags__contains=[tag])
    for tag in add:
        more = Func(tags, Value(tag), function="array_append", output_field=TAGS)
        tags = Case(When(tags__contains=[tag], then=tags), default=more, output_field=TAGS)
        is_changed |= ~Q(tags__contains=[tag])
    return prompts.filter(is_changed).update(tags=tags)
