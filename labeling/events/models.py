"""What must be told outside? Rows written in the transaction of the fact that they tell."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.people.models import Invitation


class MailState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class Mail(models.Model):
    """One letter to one person, or to whoever an invitation is for. It is worded when it is sent, in their language."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="mails", verbose_name=_("to")
    )
    invitation = models.ForeignKey(
        Invitation, models.CASCADE, null=True, blank=True, related_name="mails", verbose_name=_("invitation")
    )
    letter = models.SlugField(_("letter"), help_text=_("The template that words it."))
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = [
            # Which letters are to be sent now?
            models.Index(fields=["not_before"], condition=Q(state="waiting"), name="mails_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="mail_is_sent_at_a_time",
            ),
            models.CheckConstraint(condition=Q(state__in=MailState.values), name="mail_state_is_known"),
            models.CheckConstraint(
                condition=Q(to__isnull=False, invitation__isnull=True) | Q(to__isnull=True, invitation__isnull=False),
                name="mail_is_for_one",
            ),
        ]

    def __str__(self):
        return f"{self.letter} → {self.reader}"

    @property
    def reader(self):
        """Whoever it is for: an account or an invitation, both of which have an email, a name and a locale."""
        return self.to or self.invitation


class Event(models.TextChoices):
    TASK_COMPLETED = "task.completed", _("a task has all the labels it wants")
    DATASET_FROZEN = "dataset.frozen", _("a dataset version is frozen")
    DATASET_FAILED = "dataset.failed", _("freezing a dataset version failed")
    JOB_FINISHED = "job.finished", _("an import or a generation job is done")
    JOB_FAILED = "job.failed", _("an import or a generation job failed")


class WebhookEndpoint(models.Model):
    """An address outside that hears of events by signed POSTs."""

    url = models.CharField(_("URL"), max_length=500)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=20, choices=Event), verbose_name=_("events"))
    # Encrypted by labeling/sealing.py. The earlier one signs too for a day, so that receivers can change theirs.
    sealed_secret = models.TextField(_("encrypted secret"), editable=False)
    sealed_earlier_secret = models.TextField(_("encrypted earlier secret"), editable=False, blank=True)
    rotated_at = models.DateTimeField(_("secret changed at"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    stopped_because = models.CharField(_("stopped because"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(events__len__gt=0), name="webhook_hears_of_something"),
            models.CheckConstraint(condition=Q(is_active=False) | Q(stopped_because=""), name="active_or_stopped"),
        ]

    def __str__(self):
        return self.url


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")


class WebhookDelivery(models.Model):
    """One message to one endpoint. Its key stays the same however often it is sent, so that a receiver knows it."""

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.CharField(_("event"), max_length=20)
    payload = models.JSONField(_("payload"))
    state = models.CharField(_("state"), max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try at"), default=timezone.now)
    status = models.PositiveSmallIntegerField(_("answered"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        indexes = [
            # Which messages are to be sent now?
            models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="deliveries_waiting"),
            # What was sent to this endpoint, newest first? And what is old enough to be forgotten?
            models.Index(fields=["endpoint", "-created_at"], name="deliveries_of_an_endpoint"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at__isnull=True)),
                name="delivered_at_a_time",
            ),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_is_known"),
        ]

    def __str__(self):
        return f"{self.event} → {self.endpoint}"

    @property
    def webhook_id(self):
        return f"msg_{self.key.hex}"
