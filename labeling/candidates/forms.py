"""What do the pages ask that import a file, set a model up, or have models answer?"""

import re
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _

from labeling.candidates import registering
from labeling.candidates.generating import check_endpoints
from labeling.candidates.importing import checked_name, preview
from labeling.candidates.models import ModelEndpoint
from labeling.candidates.recipes import SAMPLED
from labeling.prompts import mapping as mappings
from labeling.prompts.models import Prompt, Source, Split, UseCase
from labeling.prompts.refusals import Refused
from labeling.sealing import seal

MOST_KEYS = 100
LONGEST_STOP = 100  # characters
MOST_PROMPTS = 1_000_000
MOST_TOKENS = 1_000_000


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
            said = {"prompt": _("prompt, or a part of it")}
            choices = [("", as_named), *((ours, said.get(ours, ours)) for ours in mappings.OURS if ours != key)]
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


ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
MEANT = {escape: character for character, escape in ESCAPES.items()}


def escaped(text):
    r"""A text on one line, as it is typed.

    >>> escaped("\nUser:")
    '\\nUser:'
    """
    return re.sub(r"[\\\n\r\t]", lambda found: ESCAPES[found[0]], text)


def unescaped(line):
    return re.sub(r"\\[\\nrt]", lambda found: MEANT[found[0]], line)


class Lines(forms.CharField):
    r"""Texts, one a line, in which \n is a line's end. Blanks at their ends count, empty lines do not."""

    widget = forms.Textarea

    def __init__(self, **kwargs):
        super().__init__(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3, "cols": 40}), **kwargs)

    def prepare_value(self, value):
        return "\n".join(map(escaped, value)) if isinstance(value, list) else value

    def to_python(self, value):
        return [unescaped(line) for line in (value or "").replace("\r\n", "\n").split("\n") if line]

    def validate(self, value):
        super().validate(value)
        if any(len(line) > LONGEST_STOP for line in value):
            raise forms.ValidationError(_("A stop text has at most 100 characters."))
        if any("\0" in line for line in value):
            raise forms.ValidationError(_("A stop text has no U+0000 in it."))

    def has_changed(self, initial, data):
        return (initial or []) != self.to_python(data)


class AsTyped(forms.JSONField):
    """Given back as it was typed: what was typed may be nothing that a page can hold once it has been read."""

    def bound_data(self, data, initial):
        return data if data is None else InvalidJSONInput(data)


class EndpointForm(forms.ModelForm):
    """All of a model. Its key is only ever written: no page has it, not even in part."""

    # Names of one word are allowed, as containers have them, which a URLField refuses.
    base_url = forms.CharField(
        label=_("Base URL"),
        required=False,
        max_length=200,
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text=_("OpenAI-compatible, ending in /v1."),
    )
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=4_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text=_("Stored encrypted, and never shown again."),
    )
    remove_key = forms.BooleanField(label=_("Remove the stored key"), required=False)
    stop = Lines(
        label=_("Stop texts"), help_text=_(r"One a line, with \n for a line's end. An answer ends before any of these.")
    )

    class Meta:
        model = ModelEndpoint
        fields = (
            "name", "role", "size", "base_url", "protocol", "model_id", "key_header", "system_text", "few_shot_prefix",
            "suffix", "turns", "temperature", "top_p", "max_tokens", "stop", "extra", "concurrency",
            "calls_per_minute", "timeout_seconds", "price_in", "price_out",
        )  # fmt: skip
        field_classes = {"extra": AsTyped}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.fields:  # somebody may only look
            return
        if self.instance.has_key:
            self.fields["key"].widget.attrs["placeholder"] = _("A key is stored. Type another to replace it.")
        else:
            self.fields["key"].widget.attrs["placeholder"] = _("No key is stored.")
            del self.fields["remove_key"]

    def clean_key(self):
        key = self.cleaned_data["key"]
        registering.check_key(key)
        return key

    def clean_base_url(self):
        if url := self.cleaned_data["base_url"]:
            registering.check_base_url(url)
        return url

    def clean_extra(self):
        extra = {} if self.cleaned_data["extra"] is None else self.cleaned_data["extra"]
        registering.check_extra(extra)
        return extra

    def clean(self):
        super().clean()
        said = self.cleaned_data
        removed = said.get("remove_key")
        if said.get("key") and removed:
            self.add_error("key", _("Either type another key or have the stored one removed."))
        elif "base_url" in said and not said.get("key") and not removed:
            try:
                registering.check_key_stays(endpoint=self.instance, base_url=said["base_url"])
            except forms.ValidationError as refusal:
                self.add_error("key", refusal)
        return said

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"base_url"}  # type: ignore[misc]  # unknown to the stubs

    def save(self, commit=True):
        if self.cleaned_data["key"]:
            self.instance.sealed_key = seal(self.cleaned_data["key"])
        elif self.cleaned_data.get("remove_key"):
            self.instance.sealed_key = ""
        return super().save(commit)


class EndpointBoxes(forms.CheckboxSelectMultiple):
    """A box for each model; one that cannot be asked is there, and says why."""

    def create_option(self, name, value, label, *args, **kwargs):
        option = super().create_option(name, value, label, *args, **kwargs)
        if not value.instance.base_url:
            option["attrs"]["disabled"] = True
        return option


class Endpoints(forms.ModelMultipleChoiceField):
    widget = EndpointBoxes

    def label_from_instance(self, endpoint):
        said = [endpoint.name, endpoint.get_role_display(), endpoint.size]
        if not endpoint.base_url:
            said.append(_("has no base URL, so it cannot be asked"))
        elif endpoint.is_scorer:
            said.append(_("gives scores"))
        if endpoint.down_at:
            said.append(_("does not answer at present"))
        return " · ".join(str(part) for part in said if part)


class Ids(forms.CharField):
    """Ids of prompts, apart by blanks, commas or lines."""

    widget = forms.Textarea

    def to_python(self, value):
        words = re.split(r"[\s,;]+", (value or "").strip())
        if words == [""]:
            return []
        for word in words:
            if not re.fullmatch(r"[0-9]{1,18}", word):
                raise forms.ValidationError(_("“%(word)s” is no id of a prompt.") % {"word": word[:40]})
        return [int(word) for word in words]


def _projects():
    """Of a room behind this one, found by way of the keys that point here."""
    tasks: Any = Prompt._meta.get_field("tasks").related_model
    return tasks._meta.get_field("project").related_model._default_manager.order_by("name")


class GenerateForm(forms.Form):
    """Which models, which prompts, how many answers, and how they are drawn: what `request_generation` takes."""

    models = Endpoints(ModelEndpoint.objects.all(), label=_("Models"))
    source = forms.ModelChoiceField(
        Source.objects.order_by("name"), label=_("Source"), required=False, empty_label=_("all sources")
    )
    split = forms.ChoiceField(label=_("Split"), choices=[("", _("all splits")), *Split.choices], required=False)
    project: forms.ModelChoiceField = forms.ModelChoiceField(
        None,
        label=_("Project"),
        required=False,
        empty_label=_("all prompts"),
        help_text=_("Only prompts that are tasks of it."),
    )
    use_case = forms.ChoiceField(
        label=_("Use case"), choices=[("", _("all use cases")), *UseCase.choices], required=False
    )
    language = forms.CharField(label=_("Language"), max_length=35, required=False, help_text=_("As en or ko."))
    tag = forms.CharField(label=_("Tag"), max_length=100, required=False)
    limit = forms.IntegerField(
        label=_("At most"),
        min_value=1,
        max_value=MOST_PROMPTS,
        required=False,
        help_text=_("How many prompts, the oldest first. Empty: all."),
    )
    prompts = Ids(
        label=_("Only these prompts"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=_("Their ids, apart by blanks, commas or lines. Empty: all that the choices above leave."),
    )
    n = forms.IntegerField(label=_("Answers of each model"), min_value=1, max_value=64, initial=1)
    k = forms.IntegerField(
        label=_("Different answers wanted"),
        min_value=2,
        max_value=16,
        required=False,
        help_text=_("Of each prompt, over all models. Prompts that have them are passed over; where they are fewer, "
                    "models are asked again."),
    )  # fmt: skip
    temperature = forms.FloatField(label=_("Temperature"), min_value=0, max_value=2, required=False)
    top_p = forms.FloatField(label=_("Top-p"), max_value=1, required=False)
    max_tokens = forms.IntegerField(
        label=_("Most tokens of an answer"), min_value=1, max_value=MOST_TOKENS, required=False
    )
    stop = Lines(
        label=_("Stop texts"), help_text=_(r"One a line, with \n for a line's end. An answer ends before any of these.")
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text=_("The n-th answer of a model is asked for with seed + n."),
    )

    ABOUT = [
        (_("Which models?"), ["models"]),
        (_("Which prompts?"), ["source", "split", "project", "use_case", "language", "tag", "limit", "prompts"]),
        (_("How many answers?"), ["n", "k"]),
        (_("How are they drawn?"), ["temperature", "top_p", "max_tokens", "stop", "seed"]),
    ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = _projects()  # type: ignore[attr-defined]
        for name in ("temperature", "top_p"):
            self.fields[name].widget.attrs["step"] = "any"

    def fieldsets(self):
        return [(legend, [self[name] for name in names]) for legend, names in self.ABOUT]

    def clean_models(self):
        endpoints = list(self.cleaned_data["models"])
        try:
            check_endpoints(endpoints)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return endpoints

    def clean_top_p(self):
        top_p = self.cleaned_data["top_p"]
        if top_p is not None and top_p <= 0:
            raise forms.ValidationError(_("Top-p is more than 0."))
        return top_p

    @property
    def asked(self):
        """What was chosen, as `request_generation` and `estimate` take it; but for the seed."""
        said = self.cleaned_data
        selection = {key: said[key] for key in self.ABOUT[1][1] if said[key]}
        if source := selection.get("source"):
            selection["source"] = source.name
        if project := selection.get("project"):
            selection["project"] = project.pk
        return {
            "endpoints": said["models"],
            "selection": selection,
            "n": said["n"],
            "k": None if said["models"][0].is_scorer else said["k"],
            "sampling": {key: said[key] for key in SAMPLED if said[key] not in (None, [])},
        }
