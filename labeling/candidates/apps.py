from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CandidatesConfig(AppConfig):
    name = "labeling.candidates"
    verbose_name = _("Candidates")

    def ready(self):
        from labeling.candidates import looked_at
        from labeling.prompts.hygiene.beside import ROOMS, Kept
        from labeling.prompts.models import StandsIn

        ROOMS[StandsIn.RESPONSE] = Kept(looked_at.read, looked_at.write)
