"""How will a form look to a labeler, before a sheet asks it?"""

from django import template

from labeling.guidelines.models import Per
from labeling.labels.sheets import as_asked
from labeling.labels.templatetags.drawing import questions as drawn

register = template.Library()


@register.inclusion_tag("labels/_preview.html")
def form_preview(questions):
    """Draw the questions (a list of Question) as a fresh sheet would, each beside what it is asked of."""
    of_response = [question for question in questions if question.per == Per.RESPONSE]
    return {
        "overall": _drawn([question for question in of_response if question.is_overall], letter="A"),
        "of_response": _drawn([question for question in of_response if not question.is_overall], letter="A"),
        "of_prompt": _drawn([question for question in questions if question.per == Per.PROMPT]),
        "limited": [question for question in questions if question.applies_to_tags],
    }


def _drawn(questions, *, letter=""):
    return drawn(as_asked(questions, letter=letter)) if questions else ""
