"""What is asked of whoever makes an account, beside an address and a password? What to call them."""

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from labeling.people.admitting import take_role
from labeling.people.models import Role, User


class SignUp(forms.Form):
    """What allauth's own form is built upon."""

    field_order = ("email", "name", "password1", "password2")

    name = forms.CharField(
        label=_("Name"),
        max_length=User._meta.get_field("name").max_length,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        help_text=_("What we may call you. Optional."),
    )

    def signup(self, request, user):
        """Fill in what the new account is beyond its address: an applicant, who reads what the browser asked for."""
        user.name = self.cleaned_data["name"]
        user.locale = get_language() if get_language() in dict(settings.LANGUAGES) else ""
        user.save(update_fields=["name", "locale"])
        take_role(user, Role.APPLICANT)
