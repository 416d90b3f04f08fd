"""How do researchers see what a text hides?"""

from django import template

from labeling import unseen

register = template.Library()


@register.filter
def visible(text):
    """Return the text with invisible and bidirectional characters written out, as labelers see it."""
    return unseen.visible(str(text))
