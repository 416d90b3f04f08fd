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
    of_prompt = [question for question in questions if question.per == Per.PROMPT]
    return {
        "overall": drawn(as_asked([one for one in of_response if one.is_overall], letter="A")),
        "of_response": drawn(as_asked([one for one in of_response if not one.is_overall], letter="A")),
        "of_prompt": drawn(as_asked(of_prompt)),
        "limited": [question for question in questions if question.applies_to_tags],
    }
