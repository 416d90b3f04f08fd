"""How is an account written down? By its e-mail address, which nobody else has in any spelling."""

import zoneinfo

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling.people.models import User


def _time_zones():
    return [(zone, zone) for zone in sorted(zoneinfo.available_timezones())]


class _Account(forms.ModelForm):
    locale = forms.ChoiceField(label=_("Language"), choices=[("", "—"), *settings.LANGUAGES], required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_time_zones, initial="UTC")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            self.fields["groups"].label = _("Roles")
            self.fields["groups"].help_text = _("Researchers and admins may open these pages; the others may not.")

    def clean_email(self):
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(gettext("There is already an account with this e-mail address."))
        return email


class NewAccount(_Account, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "locale", "time_zone", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}


class Account(_Account, UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "password", "name", "locale", "time_zone", "is_active", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}
