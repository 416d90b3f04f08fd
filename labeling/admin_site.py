"""In which order does the admin show the rooms? In that of the house."""

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin


class House(admin.AdminSite):
    """Django's admin, entered by the same door as everything else, its rooms in the order of INSTALLED_APPS."""

    def get_app_list(self, request, app_label=None):
        order = list(apps.app_configs)
        return sorted(super().get_app_list(request, app_label), key=lambda room: order.index(room["app_label"]))

    def login(self, request, extra_context=None):
        return secure_admin_login(super().login)(request, extra_context)
