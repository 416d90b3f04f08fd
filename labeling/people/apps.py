from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "labeling.people"
    verbose_name = _("People")

    def ready(self):
        # Whatever process this is, its messages go to the house's own broker.
        import labeling.celery  # noqa: F401
        from labeling.people.roles import grant_permissions

        post_migrate.connect(grant_permissions, dispatch_uid="grant_permissions")
