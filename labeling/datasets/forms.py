"""What does a researcher say to choose a dataset?"""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from labeling.datasets import choosing, parquet
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetKind
from labeling.people.models import Cohort
from labeling.prompts.models import Source, Split
from labeling.work.models import Project


def _offered():
    """Every format, by kind: (kind's label, [("kind/format", description), …])."""
    return [
        (label, [(f"{kind}/{name}", one.description) for (of, name), one in FORMATS.items() if of == kind])
        for kind, label in DatasetKind.choices
    ]


class Day(forms.DateInput):
    input_type = "date"


class ChoiceForm(forms.Form):
    """A valid form has a `choice`."""

    projects = forms.ModelMultipleChoiceField(
        label=_("Projects"),
        queryset=Project.objects.exclude(purpose__in=choosing.NEVER_FROZEN),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Prompts alone may be chosen by their source instead."),
    )
    format = forms.ChoiceField(label=_("Format"), choices=_offered, initial="comparisons/grouped")
    cohort = forms.ChoiceField(label=_("Cohort"), required=False, choices=[("", _("both")), *Cohort.choices])
    split = forms.ChoiceField(label=_("Split"), required=False, choices=[("", _("all, a file each")), *Split.choices])
    since = forms.DateField(
        label=_("Submitted since"), required=False, widget=Day, help_text=_("From the beginning of this day, UTC.")
    )
    until = forms.DateField(
        label=_("Submitted before"), required=False, widget=Day, help_text=_("Up to the beginning of this day, UTC.")
    )
    programs = forms.BooleanField(label=_("Programs' labels as well"), required=False)
    source = forms.ModelChoiceField(
        label=_("Source of the prompts"), queryset=Source.objects.order_by("name"), required=False, to_field_name="name"
    )
    references = forms.BooleanField(
        label=_("References as well"),
        required=False,
        help_text=_(
            "SFT: what people had written to the prompts before anybody was asked. Of those rated here, the number "
            "below decides, where there is one."
        ),
    )
    minimum_rating = forms.FloatField(
        label=_("Responses rated at least"),
        required=False,
        help_text=_("SFT: responses, and references, whose median rating reaches this are imitated as well."),
    )
    threshold = forms.FloatField(
        label=_("Threshold between good and bad"),
        required=False,
        help_text=_("Unpaired: medians above it are good, below it bad. The middle of the scale unless said."),
    )
    question = forms.SlugField(
        label=_("Rated by the question"),
        required=False,
        help_text=_(
            "The key of the Likert question that the two numbers above are about. Empty: the overall quality, or the "
            "form's only one."
        ),
    )
    parquet = forms.BooleanField(
        label=_("Parquet as well"), required=False, help_text=_("Tables beside the lines, for those who read columns.")
    )

    choice = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not parquet.is_here():
            del self.fields["parquet"]

    def clean(self):
        if self.errors:
            return
        try:
            self.choice = choosing.choose(**{key: said for key, said in self.asked.items() if key != "parquet"})
        except ValidationError as refused:
            for key, sentences in refused.message_dict.items():
                self.add_error(key if key in self.fields else NON_FIELD_ERRORS, sentences)

    @property
    def asked(self):
        """What was chosen, as `request_dataset` takes it."""
        said = dict(self.cleaned_data)
        kind, _slash, format = said.pop("format").partition("/")
        projects, packing = list(said.pop("projects")), said.pop("parquet", False)
        filters = {key: _plain(value) for key, value in said.items() if value not in (None, "", False)}
        return {"kind": kind, "format": format, "projects": projects, "filters": filters, "parquet": packing}


class TagForm(forms.Form):
    """Under which name should the prompts of a version be found again?"""

    tag = forms.CharField(
        label=_("Tag"),
        max_length=60,
        help_text=_("Tasks and answers of models can then be asked for by this tag alone."),
    )


def _plain(value):
    return value.name if isinstance(value, Source) else value
