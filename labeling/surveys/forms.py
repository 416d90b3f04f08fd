"""What is asked in the two surveys? Every question may be left out."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labeling.surveys.countries import countries
from labeling.surveys.models import STATEMENTS, AgeBand, Education, Ethnicity, Gender, Satisfaction, words_of

SKIPPED = ("", _("I would rather not say"))
# Each language has its own words for such a scale, which are not those for agreeing to a text.
AGREEMENT = [
    ("1", pgettext_lazy("scale", "strongly disagree")),
    ("2", pgettext_lazy("scale", "disagree")),
    ("3", pgettext_lazy("scale", "neither agree nor disagree")),
    ("4", pgettext_lazy("scale", "agree")),
    ("5", pgettext_lazy("scale", "strongly agree")),
]


def _one_of(choices, label):
    return forms.ChoiceField(
        label=label, choices=[*choices, SKIPPED], widget=forms.RadioSelect, required=False, initial=""
    )


class AboutYou(forms.Form):
    """Appendix B.3."""

    gender = _one_of(Gender.choices, _("What gender do you identify as?"))
    ethnicities = forms.MultipleChoiceField(
        label=_("What ethnicities do you identify as? You may choose several."),
        choices=Ethnicity.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    nationality = forms.ChoiceField(
        label=_("What is your nationality?"), choices=lambda: [SKIPPED, *countries()], required=False
    )
    age_band = _one_of(AgeBand.choices, _("What is your age?"))
    education = _one_of(Education.choices, _("What is your highest attained level of education?"))


class AboutTheWork(forms.Form):
    """Appendix B.4: five statements, from "strongly disagree" to "strongly agree"."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in STATEMENTS:
            self.fields[name] = forms.TypedChoiceField(
                label=words_of(Satisfaction, name),
                choices=[*AGREEMENT, SKIPPED],
                coerce=int,
                empty_value=None,
                widget=forms.RadioSelect,
                required=False,
                initial="",
            )
