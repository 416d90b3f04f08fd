"""What does a screening test ask? Whether speech is sensitive, and what applicants say they can judge.

Ouyang et al. 2022, appendix B.1: sensitive is what could elicit strong negative feelings; and “For what topics or
cultural groups are you comfortable identifying sensitive speech?” The lists of topics and groups are ours.
"""

from django.utils.translation import gettext_noop as _

SPEECH = "sensitive_speech", _("Sensitive speech")
SPEECH_QUESTIONS = [
    {"key": "prompt_sensitive", "wording": _("Is the prompt sensitive?"), "per": "prompt", "scale": "binary"},
    {"key": "sensitive", "wording": _("Is the response sensitive?"), "scale": "binary"},
]

ASSESSMENT = "self_assessment", _("Self-assessment")
TOPICS = {
    "hate": _("hate and harassment"),
    "sexual": _("sexual content"),
    "violence": _("violence and threats"),
    "self_harm": _("self-harm and eating disorders"),
    "drugs": _("drugs and crime"),
    "politics": _("politics and conflict"),
    "faith": _("religion and belief"),
    "advice": _("medical, legal and financial advice"),
    "privacy": _("private information about people"),
    "misinformation": _("rumours and misinformation"),
}
GROUPS = {
    "women": _("women and girls"),
    "men": _("men and boys"),
    "lgbtq": _("sexual and gender minorities"),
    "ethnic": _("ethnic and national minorities"),
    "migrants": _("migrants and refugees"),
    "religious": _("religious groups"),
    "disabled": _("people with disabilities or illnesses"),
    "old": _("older people"),
    "young": _("children and young people"),
    "regional": _("people of a region, a dialect or a class"),
}
ASSESSMENT_QUESTIONS = [
    {
        "key": "topics",
        "wording": _("For what topics are you comfortable identifying sensitive speech?"),
        "per": "prompt",
        "scale": "choices",
        "is_required": False,
        "choices": TOPICS,
    },
    {
        "key": "groups",
        "wording": _("For what cultural groups are you comfortable identifying sensitive speech?"),
        "per": "prompt",
        "scale": "choices",
        "is_required": False,
        "choices": GROUPS,
    },
    {
        "key": "remarks",
        "wording": _("Is there anything else that you can judge well, or would rather not read?"),
        "per": "prompt",
        "scale": "text",
        "is_required": False,
    },
]
FORMS = [(SPEECH, SPEECH_QUESTIONS), (ASSESSMENT, ASSESSMENT_QUESTIONS)]
