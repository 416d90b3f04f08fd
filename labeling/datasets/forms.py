"""What does a researcher say to choose a dataset?"""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from labeling.datasets import choosing
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetKind
from labeling.people.models import Cohort
from labeling.prompts.models import Split
from labeling.work.models import Kind, Project

DESCRIPTIONS = {
    ("comparisons", "grouped"): _("grouped: one ranking a line, with all its responses and pairs"),
    ("comparisons", "trl"): _("trl: one pair a line, for TRL's reward and DPO trainers"),
}


class Day(forms.DateInput):
    input_type = "date"


class ChoiceForm(forms.Form):
    """A valid form has a `choice`."""

    projects = forms.ModelMultipleChoiceField(
        label=_("Projects"),
        queryset=Project.objects.filter(kind=Kind.RANKING).exclude(purpose__in=choosing.NEVER_FROZEN),
        widget=forms.CheckboxSelectMultiple,
    )
    format = forms.ChoiceField(label=_("Format"), choices=[(name, DESCRIPTIONS[kind, name]) for kind, name in FORMATS])
    cohort = forms.ChoiceField(label=_("Cohort"), required=False, choices=[("", _("both")), *Cohort.choices])
    split = forms.ChoiceField(label=_("Split"), required=False, choices=[("", _("all, a file each")), *Split.choices])
    since = forms.DateField(
        label=_("Submitted since"), required=False, widget=Day, help_text=_("From the beginning of this day, UTC.")
    )
    until = forms.DateField(
        label=_("Submitted before"), required=False, widget=Day, help_text=_("Up to the beginning of this day, UTC.")
    )
    programs = forms.BooleanField(label=_("Programs' labels as well"), required=False)

    choice = None

    def clean(self):
        if self.errors:
            return
        try:
            self.choice = choosing.choose(**self.asked)
        except ValidationError as refused:
            for key, sentences in refused.message_dict.items():
                self.add_error(key if key in self.fields else NON_FIELD_ERRORS, sentences)

    @property
    def asked(self):
        """What was chosen, as `choose` and `request_dataset` take it."""
        said = dict(self.cleaned_data)
        return {
            "kind": DatasetKind.COMPARISONS.value,
            "format": said.pop("format"),
            "projects": list(said.pop("projects")),
            "filters": said,
        }
