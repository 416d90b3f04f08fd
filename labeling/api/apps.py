from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "labeling.api"
    verbose_name = _("API")

    def ready(self):
        # The OpenAPI document learns of our tokens by the class being there.
        from labeling.api import schema  # noqa: F401
