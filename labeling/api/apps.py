from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "labeling.api"
    verbose_name = _("API")

    def ready(self):
        # The OpenAPI document learns of our tokens by the class being there.
        from labeling.account.gathering import Held, hold
        from labeling.account.leaving import left
        from labeling.api import schema  # noqa: F401

        # A token's digest is its secret.
        hold(Held("api.Token", "user", but=("digest",)), Held("api.KeptAnswer", "user", but=("request_hash",)))
        left.connect(forget, dispatch_uid="forget_who_left")


def forget(sender, person, **kwargs):
    """Whoever leaves takes their tokens and the answers kept for them along."""
    from labeling.api.models import KeptAnswer, Token

    Token.objects.filter(user=person).delete()
    KeptAnswer.objects.filter(user=person).delete()
