from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LabelsConfig(AppConfig):
    name = "labeling.labels"
    verbose_name = _("Labels")

    def ready(self):
        from labeling.labels import looked_at
        from labeling.prompts.hygiene.beside import ROOMS, Kept
        from labeling.prompts.models import StandsIn

        ROOMS[StandsIn.DEMONSTRATION] = Kept(looked_at.read, looked_at.write)
