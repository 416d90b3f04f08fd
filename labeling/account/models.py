"""Who wants to leave, and what became of it?"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DeletionRequest(models.Model):
    """Somebody asked for their account to be deleted."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="deletion_requests", verbose_name=_("person")
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    taken_back_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )
    # What it did: how many labels stayed or went, and which dataset versions had been issued with the person's labels.
    outcome = models.JSONField(_("outcome"), default=dict, blank=True)

    class Meta:
        verbose_name = _("request for deletion")
        verbose_name_plural = _("requests for deletion")
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(done_at__isnull=True, taken_back_at__isnull=True),
                name="one_request_waits_per_person",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(taken_back_at__isnull=True), name="taken_back_or_done"
            ),
        ]

    def __str__(self):
        return str(self.person)
