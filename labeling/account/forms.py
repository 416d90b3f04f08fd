"""What may somebody change about their own account by themselves?"""

from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.people.models import User


def time_zones():
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class OwnFacts(forms.ModelForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, help_text=_("“Today” on your desk begins at midnight there.")
    )

    class Meta:
        model = User
        fields = ("name", "time_zone")
        labels = {"name": _("Name")}
