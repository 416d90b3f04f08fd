"""What does a researcher fill in to set a project up, to give it tasks, or to steer them?"""

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from django.utils.translation import gettext_lazy as _

from labeling.candidates.models import Flag
from labeling.prompts.models import WRITTEN_CHOICES, Prompt, Source, Split, UseCase
from labeling.work.checks import check_project
from labeling.work.models import Project

MOST_AT_ONCE = 20_000  # tasks that one press of the button may add, so that it answers in time


class ProjectForm(forms.ModelForm):
    """All of a project on one page, its instructions included."""

    markdown = forms.CharField(
        label=_("Instructions"),
        required=False,
        strip=False,  # as it stands, or saving the page unchanged would make another version
        widget=forms.Textarea(attrs={"rows": 20, "cols": 100}),
        help_text=_("In Markdown. A changed text becomes a new version, which sheets leased from then on show."),
    )

    leave_out = forms.MultipleChoiceField(
        label=_("Leave out responses with the flag"),
        choices=Flag.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They are drawn into no task added from now on; a prompt without enough others is refused."),
    )

    prompt_types = forms.MultipleChoiceField(
        label=_("Labelers write the prompt, too"),
        choices=WRITTEN_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The types they choose from. None: the prompts are given."),
    )

    class Meta:
        model = Project
        fields = (
            "name", "kind", "purpose", "cohort", "form", "k", "min_k", "baseline", "most_per_model", "with_references",
            "only_references", "leave_out", "prompt_types", "asks_for_tags", "rate_first", "layout", "may_arrange",
            "overlap", "lease_minutes", "most_per_labeler", "calibration_share", "programs", "by_invitation",
            "qualifications",
        )  # fmt: skip
        help_texts = {
            "k": _(
                "2 to 16; ratings take 1 as well, or 0 for questions about the prompt alone. "
                "Holds for tasks added from now on."
            ),
            "cohort": _("Held-out labelers only ever evaluate."),
            "qualifications": _(
                "Only who has all of them is given sheets. None: no more than the cohort is asked for."
            ),
            "programs": _("Their labels are told apart everywhere, and stay out of datasets unless asked for."),
            "with_references": _(
                "What a person wrote can be drawn like the response of a model, at most once in a task, and is not "
                "told apart from it."
            ),
            "only_references": _(
                "Every task is one answer that a person had written, to be rated by itself: 1 response per task."
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["markdown"] = self.instance.instructions.newest().markdown
        if self.instance.is_fixed:
            for name in self.fields.keys() - {"name"}:
                self.fields[name].disabled = True

    def clean_markdown(self):
        if self.instance.is_fixed:
            return self.initial["markdown"]
        return self.cleaned_data["markdown"].replace("\r\n", "\n")

    def _post_clean(self):
        """One check for all ways in, in place of the model's own: its sentences say more than names of constraints."""
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            check_project(self.instance, markdown=self.cleaned_data.get("markdown", ""))
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                field = "markdown" if name == "instructions" else name
                if field not in self.errors:
                    self.add_error(field if field in self.fields else None, sentences)


class AddTasksForm(forms.Form):
    """Which prompts should become tasks?"""

    source = forms.ModelChoiceField(
        Source.objects.order_by("name"), label=_("Source"), required=False, empty_label=_("all sources")
    )
    split = forms.ChoiceField(label=_("Split"), choices=[("", _("all splits")), *Split.choices], required=False)
    use_case = forms.ChoiceField(
        label=_("Use case"), choices=[("", _("all use cases")), *UseCase.choices], required=False
    )
    tag = forms.CharField(label=_("Tag"), max_length=60, required=False)
    limit = forms.IntegerField(
        label=_("At most"),
        min_value=1,
        max_value=MOST_AT_ONCE,
        required=False,
        help_text=_("How many tasks to add. Empty: all, up to 20,000 at a time."),
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=-32_768,
        max_value=32_767,
        initial=0,
        required=False,
        help_text=_("Higher comes first."),
    )
    to_pool = forms.IntegerField(
        label=_("For calibration"),
        min_value=0,
        max_value=MOST_AT_ONCE,
        initial=0,
        required=False,
        help_text=_("So many of them, drawn by lot, go into the calibration pool, which everybody gets."),
    )

    def prompts(self):
        chosen = {
            "source": self.cleaned_data["source"],
            "owner__split": self.cleaned_data["split"],
            "use_case": self.cleaned_data["use_case"],
            "tags__contains": [tag] if (tag := self.cleaned_data["tag"].strip()) else None,
        }
        return Prompt.objects.filter(**{field: value for field, value in chosen.items() if value})

    def at_most(self):
        return self.cleaned_data["limit"] or MOST_AT_ONCE


class UnwrittenTasksForm(forms.Form):
    """How many tasks should there be for which labelers write the prompt, and from what?"""

    number = forms.IntegerField(
        label=_("Without a use case"), min_value=0, max_value=MOST_AT_ONCE, required=False, initial=10
    )
    use_cases = forms.CharField(
        label=_("Use cases"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "cols": 80}),
        help_text=_("One on each line, anonymised: each becomes a task, for a user-based prompt written from it."),
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=-32_768,
        max_value=32_767,
        initial=0,
        required=False,
        help_text=_("Higher comes first."),
    )

    def clean_use_cases(self):
        lines = [line.strip() for line in self.cleaned_data["use_cases"].splitlines()]
        return [line for line in lines if line]

    def clean(self):
        asked = (self.cleaned_data.get("number") or 0) + len(self.cleaned_data.get("use_cases") or ())
        if not self.errors and not 1 <= asked <= MOST_AT_ONCE:
            raise ValidationError(_("Add between 1 and 20,000 tasks at a time."))


class CloneForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the copy"), max_length=150, required=False, help_text=_("Empty: “Copy of …”.")
    )


class SetAsideForm(forms.Form):
    reason = forms.CharField(label=_("Why are they set aside?"), max_length=300)


class ResolveForm(forms.Form):
    resolution = forms.CharField(label=_("What came of it? (optional)"), max_length=500, required=False)


class PriorityForm(forms.Form):
    priority = forms.IntegerField(
        label=_("New priority"), min_value=-32_768, max_value=32_767, help_text=_("Higher comes first.")
    )
