from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountConfig(AppConfig):
    name = "labeling.account"
    label = "own_account"  # allauth's is "account"
    verbose_name = _("Account")
