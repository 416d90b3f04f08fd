"""How are questions and instructions typed in? Question by question, choices one a line, instructions in Markdown."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling.guidelines.changes import choices_text
from labeling.guidelines.models import Instructions, Question
from labeling.guidelines.versions import check_markdown, check_not_fixed, check_questions
from labeling.prompts.models import PromptTag

FIELDS = (
    "key", "wording", "scale", "per", "is_required", "allows_na", "minimum", "maximum", "low_anchor", "high_anchor",
    "good_answer",
)  # fmt: skip

KEY = re.compile(r"[a-z0-9_-]{1,50}")
LONGEST_TAG = 60


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
    tags = forms.MultipleChoiceField(
        label=_("Only for prompts tagged"),
        choices=PromptTag,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With any of these. None: asked of every prompt."),
    )
    other_tags = forms.CharField(
        label=_("Or with another tag"), required=False, help_text=_("Tags of your own, separated by commas.")
    )

    class Meta:
        model = Question
        fields = FIELDS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial |= beyond_fields(self.instance)

    def clean_other_tags(self):
        tags = [tag.strip() for tag in self.cleaned_data["other_tags"].split(",") if tag.strip()]
        if any(len(tag) > LONGEST_TAG for tag in tags):
            raise ValidationError(gettext("A tag has at most 60 characters."))
        return tags

    def clean_choices(self):
        return [_choice(line) for line in self.cleaned_data["choices"].splitlines() if line.strip()]

    def _post_clean(self):
        """No row is saved from here: the formset looks at all questions together, and says what is wrong."""


class QuestionFormSet(forms.BaseInlineFormSet):
    def __init__(self, *args, is_edited=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_edited = is_edited

    def is_valid(self):
        """While its buttons are pressed, nothing is to be saved yet."""
        return not self.is_edited and super().is_valid()

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
        return [
            {name: data[name] for name in (*FIELDS, "choices")}
            | {"applies_to_tags": list(dict.fromkeys([*data["tags"], *data["other_tags"]]))}
            for data in asked
        ]


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
        if self.instance.pk and markdown != self.initial["markdown"]:
            check_not_fixed(self.instance)
        return markdown


def newest_markdown(instructions):
    newest = instructions.newest()
    return newest.markdown if newest else ""


def beyond_fields(question):
    """Return what the page asks of a question that is no column of its table."""
    return {
        "position": question.position + 1,
        "choices": choices_text(question),
        "tags": [tag for tag in question.applies_to_tags if tag in PromptTag.values],
        "other_tags": ", ".join(tag for tag in question.applies_to_tags if tag not in PromptTag.values),
    }


def _choice(line):
    key, colon, label = (part.strip() for part in line.partition(":"))
    if not colon or not label or not KEY.fullmatch(key):
        raise ValidationError(
            gettext("“%(line)s” is not of the form “key: label”, with a key of small letters, digits, - and _.")
            % {"line": line.strip()}
        )
    return {"key": key, "label": label}
