"""What is asked of whoever makes an account, beside an address and a password? What to call them."""

from allauth.core import context
from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from labeling.people.admitting import take_role
from labeling.people.joining import known_of
from labeling.people.models import Role, User


def fill_in(user, *, name):
    """Fill in what a new account is beyond its address: an applicant, who reads what the browser asked for."""
    user.name = name
    user.locale = get_language() if get_language() in dict(settings.LANGUAGES) else ""
    user.save(update_fields=["name", "locale"])
    take_role(user, Role.APPLICANT)


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

    def __init__(self, *args, **kwargs):
        kwargs["initial"] = known_of(context.request) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def signup(self, request, user):
        fill_in(user, name=self.cleaned_data["name"])
