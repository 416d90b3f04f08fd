"""What did the models answer? Endpoints, and the responses that came from them or from a person."""

import hashlib
import unicodedata

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.prompts.models import Import, Prompt


class EndpointRole(models.TextChoices):
    """The part a model plays in the paper's comparison."""

    GPT = "gpt", _("GPT")
    GPT_PROMPTED = "gpt_prompted", _("GPT, prompted")
    SFT = "sft", _("SFT")
    RM = "rm", _("RM")
    PPO = "ppo", _("PPO")
    PPO_PTX = "ppo_ptx", _("PPO-ptx")
    HUMAN = "human", _("human")
    OTHER = "other", _("other")


class ModelEndpoint(models.Model):
    """A model that answers prompts; one that only a file named has no URL yet."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    role = models.CharField(_("role"), max_length=12, choices=EndpointRole, default=EndpointRole.OTHER)
    size = models.CharField(_("size"), max_length=20, blank=True, help_text=_("For reports: 1.3B, 6B, 175B."))
    base_url = models.URLField(_("base URL"), blank=True, help_text=_("OpenAI-compatible, ending in /v1."))
    model_id = models.CharField(
        _("model id"), max_length=200, blank=True, help_text=_("What a request calls the model.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("model endpoint")
        verbose_name_plural = _("model endpoints")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=EndpointRole.values), name="endpoint_role_is_known"),
            models.CheckConstraint(condition=~Q(name=""), name="endpoint_has_a_name"),
        ]

    def __str__(self):
        return self.name


def normal_hash(text):
    """Return 64 hex digits, equal for texts that a reader cannot tell apart.

    Unicode form, line endings and white space at the ends are set aside; indentation is not, for the sake of code.
    """
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    return hashlib.sha256("\n".join(line.rstrip() for line in lines).encode()).hexdigest()


class ResponseQuerySet(models.QuerySet):
    def by_models(self):
        return self.filter(endpoint__isnull=False)

    def references(self):
        return self.filter(endpoint__isnull=True)


class Response(models.Model):
    """One answer to a prompt. Without an endpoint it is a reference: an answer that a person wrote."""

    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="responses", verbose_name=_("prompt"))
    endpoint = models.ForeignKey(
        ModelEndpoint,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="responses",
        verbose_name=_("model endpoint"),
    )
    # Which of a model's several answers to the prompt this is, from 0.
    sample = models.PositiveSmallIntegerField(_("sample"), default=0)
    text = models.TextField(_("text"), blank=True)
    text_hash = models.CharField(_("hash of the normalised text"), max_length=64)
    is_empty = models.GeneratedField(
        verbose_name=_("is empty"),
        expression=Q(text__regex=r"^\s*$"),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    sampling = models.JSONField(_("sampling"), default=dict, blank=True)
    meta = models.JSONField(_("anything else"), default=dict, blank=True)
    from_import = models.ForeignKey(
        Import, models.SET_NULL, null=True, blank=True, related_name="responses", verbose_name=_("import")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "endpoint", "sample"],
                nulls_distinct=False,
                name="one_response_per_model_and_sample",
            ),
        ]

    def __str__(self):
        return self.text[:80] or str(_("(empty response)"))

    @property
    def is_reference(self):
        return self.endpoint_id is None
