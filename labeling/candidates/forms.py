"""What does the page "Import a file" ask?"""

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.candidates.importing import checked_name, preview
from labeling.prompts import mapping as mappings
from labeling.prompts.refusals import Refused

MOST_KEYS = 100


class FileForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("JSONL, or CSV with a header, in UTF-8; also as .gz."))
    source = forms.CharField(
        label=_("Source"),
        max_length=100,
        help_text=_("Where the prompts come from. A prompt's own id is unique within its source."),
    )

    def clean_source(self):
        try:
            return checked_name(self.cleaned_data["source"])
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_file(self):
        """Look at the beginning of the file, so that one that cannot be read is refused here."""
        file = self.cleaned_data["file"]
        try:
            self.preview = preview(file=file, filename=file.name)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return file


class MappingForm(forms.Form):
    """A select for each key of the file; its name stays out of the field's, which HTML might not carry."""

    def __init__(self, *args, keys, mapping, **kwargs):
        super().__init__(*args, **kwargs)
        self.keys = keys[:MOST_KEYS]
        for number, key in enumerate(self.keys):
            as_named = _("as it is named") if key in mappings.OURS else _("kept in meta")
            choices = [("", as_named), *((ours, ours) for ours in mappings.OURS if ours != key)]
            self.fields[f"key-{number}"] = forms.ChoiceField(
                label=key, choices=choices, required=False, initial=mapping.get(key, "")
            )

    def clean(self):
        chosen = ((key, self.cleaned_data.get(f"key-{number}")) for number, key in enumerate(self.keys))
        self.mapping = {key: ours for key, ours in chosen if ours}
        try:
            mappings.check(self.mapping)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
