"""What do trainers get? Numbered versions of a choice of labels, frozen into hashed files."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.prompts.models import Split
from labeling.work.models import Project


class DatasetKind(models.TextChoices):
    SFT = "sft", _("examples to imitate (SFT)")
    COMPARISONS = "comparisons", _("comparisons")
    UNPAIRED = "unpaired", _("good and bad responses, unpaired")
    PROMPTS = "prompts", _("prompts alone")
    RATINGS = "ratings", _("ratings")
    RAW = "raw", _("every label as given")


# What a dataset of each kind counts.
UNITS = {
    DatasetKind.SFT: "examples",
    DatasetKind.COMPARISONS: "rankings",
    DatasetKind.UNPAIRED: "responses",
    DatasetKind.PROMPTS: "prompts",
    DatasetKind.RATINGS: "ratings",
    DatasetKind.RAW: "labels",
}


class DatasetState(models.TextChoices):
    FREEZING = "freezing", _("freezing")
    FROZEN = "frozen", _("frozen")
    FAILED = "failed", _("failed")


class DatasetVersionQuerySet(models.QuerySet):
    def waiting(self):
        """Those that a worker should look at now: being frozen, and in nobody's hands."""
        return self.filter(state=DatasetState.FREEZING).filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())
        )


class DatasetVersion(models.Model):
    """One immutable export: what was chosen, how it went, and its manifest."""

    kind = models.CharField(_("kind"), max_length=20, choices=DatasetKind)
    format = models.CharField(_("format"), max_length=20)
    projects = models.ManyToManyField(Project, related_name="dataset_versions", verbose_name=_("projects"))
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    # Packing only, and so not part of the choice: Parquet beside the JSONL.
    with_parquet = models.BooleanField(_("Parquet as well"), default=False)
    # A hash of kind, format, projects and filters: versions of the same choice are numbered together.
    choice_hash = models.CharField(_("hash of the choice"), max_length=64)
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=DatasetState, default=DatasetState.FREEZING)
    error = models.TextField(_("error"), blank=True)
    rows_total = models.PositiveBigIntegerField(_("rows expected"), null=True, blank=True)
    rows_done = models.PositiveBigIntegerField(_("rows done"), default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    manifest = models.JSONField(_("manifest"), null=True, blank=True)
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    frozen_at = models.DateTimeField(_("frozen at"), null=True, blank=True)

    objects = DatasetVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("dataset version")
        verbose_name_plural = _("dataset versions")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["choice_hash", "number"], name="versions_of_a_choice_are_numbered"),
            models.CheckConstraint(
                condition=Q(state="frozen", frozen_at__isnull=False, manifest__isnull=False)
                | (~Q(state="frozen") & Q(frozen_at__isnull=True, manifest__isnull=True)),
                name="frozen_with_a_manifest",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(error=""), name="failed_with_an_error"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} · {self.format} · {self.number}"

    @property
    def is_frozen(self):
        return self.state == DatasetState.FROZEN

    @property
    def percent(self):
        if self.is_frozen:
            return 100
        return min(99, int(100 * self.rows_done / self.rows_total)) if self.rows_total else 0


class File(models.Model):
    """One file of a version: the rows of one split."""

    version = models.ForeignKey(DatasetVersion, models.PROTECT, related_name="files", verbose_name=_("dataset version"))
    name = models.CharField(_("name"), max_length=60)
    split = models.CharField(_("split"), max_length=5, choices=Split)
    rows = models.PositiveBigIntegerField(_("rows"))
    bytes = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    path = models.CharField(_("path"), max_length=300, help_text=_("Below the data directory."))

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["version", "name"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="one_file_per_name")]

    def __str__(self):
        return self.name

    @property
    def on_disk(self):
        return Path(settings.MEDIA_ROOT) / self.path
