"""What may be said about a sheet from the sheet itself?"""

from django import template

from labeling.work.models import Concern

register = template.Library()


@register.simple_tag
def concerns():
    """Return (value, label) of every kind of flag."""
    return Concern.choices
