"""What does a researcher say of many prompts at once?"""

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.prompts.models import PromptTag, UseCase


class UseCaseForm(forms.Form):
    use_case = forms.ChoiceField(label=_("Use case"), choices=[("", _("none")), *UseCase.choices], required=False)


class TagsForm(forms.Form):
    add = forms.MultipleChoiceField(
        label=_("Add the tags"), choices=PromptTag, required=False, widget=forms.CheckboxSelectMultiple
    )
    take_away = forms.MultipleChoiceField(
        label=_("Take the tags away"), choices=PromptTag, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self):
        chosen = super().clean() or {}
        if set(chosen.get("add", ())) & set(chosen.get("take_away", ())):
            raise forms.ValidationError(_("A tag cannot be added and taken away at once."))
        if not (chosen.get("add") or chosen.get("take_away")):
            raise forms.ValidationError(_("Choose at least one tag."))
        return chosen
