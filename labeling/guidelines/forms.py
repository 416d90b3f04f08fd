"""How are questions and instructions typed in? Question by question, choices one a line, instructions in Markdown."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling.guidelines.models import Instructions, Question
from labeling.guidelines.versions import check_markdown, check_questions

FIELDS = (
    "key", "wording", "scale", "per", "is_required", "allows_na", "minimum", "maximum", "low_anchor", "high_anchor",
    "good_answer", "applies_to_tags",
)  # fmt: skip

KEY = re.compile(r"[a-z0-9_-]{1,50}")


class QuestionForm(forms.ModelForm):
    position = forms.IntegerField(
        label=_("Position"), required=False, help_text=_("Questions are asked in this order. Empty: at the end.")
    )
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line, as “key: what labelers read”. Only for the scales that offer some."),
    )

    class Meta:
        model = Question
        fields = FIELDS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update(position=self.instance.position, choices=choices_text(self.instance))

    def clean_choices(self):
        return [_choice(line) for line in self.cleaned_data["choices"].splitlines() if line.strip()]

    def _post_clean(self):
        """No row is saved from here: the formset looks at all questions together, and says what is wrong."""


class QuestionFormSet(forms.BaseInlineFormSet):
    def clean(self):
        if not any(self.errors):
            check_questions(self.questions())

    def validate_unique(self):
        """The same: two equal keys are among the faults that it names."""

    def questions(self):
        """Return the questions as `guidelines.versions` takes them, in the order of their positions."""
        asked = [
            form.cleaned_data
            for form in self.forms
            if form not in self.deleted_forms and (form.instance.pk or form.has_changed())
        ]
        asked.sort(key=lambda data: (data["position"] is None, data["position"]))
        return [{name: data[name] for name in (*FIELDS, "choices")} for data in asked]


class InstructionsForm(forms.ModelForm):
    markdown = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,  # as it stands, or saving the page unchanged would make another version
        widget=forms.Textarea(attrs={"rows": 30, "cols": 100}),
        help_text=_("In Markdown. A changed text becomes a new version; sheets that are open keep the one they show."),
    )

    class Meta:
        model = Instructions
        fields = ("name",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["markdown"] = newest_markdown(self.instance)

    def clean_markdown(self):
        markdown = self.cleaned_data["markdown"].replace("\r\n", "\n")
        check_markdown(markdown)
        return markdown


def newest_markdown(instructions):
    newest = instructions.newest()
    return newest.markdown if newest else ""


def choices_text(question):
    return "\n".join(f"{choice.key}: {choice.label}" for choice in question.choices.all())


def _choice(line):
    key, colon, label = (part.strip() for part in line.partition(":"))
    if not colon or not label or not KEY.fullmatch(key):
        raise ValidationError(
            gettext("“%(line)s” is not of the form “key: label”, with a key of small letters, digits, - and _.")
            % {"line": line.strip()}
        )
    return {"key": key, "label": label}
