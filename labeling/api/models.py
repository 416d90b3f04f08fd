"""Who calls over REST? Tokens with a scope, and the answers kept for repeated requests."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken


class Scope(models.TextChoices):
    READ = "read", _("read")
    WRITE = "write", _("read and write")
    LABEL = "label", _("take sheets and submit")


class Token(AbstractAuthToken):
    """A key to REST, hashed, expiring, good for one scope."""

    scope = models.CharField(_("scope"), max_length=5, choices=Scope, default=Scope.READ)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        constraints = [models.CheckConstraint(condition=Q(scope__in=Scope.values), name="token_scope_is_known")]


class KeptAnswer(models.Model):
    """The first answer to a request with an Idempotency-Key; the same key with another body is an error."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    key = models.CharField(_("key"), max_length=255)
    request_hash = models.CharField(_("hash of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.JSONField(_("body"), null=True, help_text=_("Empty where the answer had none."))
    kept_at = models.DateTimeField(_("kept at"), default=timezone.now)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        indexes = [
            # Which may be forgotten?
            models.Index(fields=["kept_at"], name="kept_answer_age"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_idempotency_key")]

    def __str__(self):
        return self.key
