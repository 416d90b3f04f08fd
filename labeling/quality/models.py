"""Can we trust it? Right answers, and grades of what was written."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.labels.models import Label
from labeling.work.models import Task


class Gold(models.Model):
    """The right answer to a task: a researcher's own label, made on the same sheet as everybody's."""

    task = models.OneToOneField(Task, models.PROTECT, related_name="gold", verbose_name=_("task"))
    label = models.OneToOneField(Label, models.PROTECT, related_name="gold", verbose_name=_("label"))
    explanation = models.TextField(_("explanation"), blank=True, help_text=_("Why this is right, in Markdown."))
    korean_explanation = models.TextField(_("explanation in Korean"), blank=True)
    set_at = models.DateTimeField(_("set at"), default=timezone.now)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("set by")
    )

    class Meta:
        verbose_name = _("right answer")
        verbose_name_plural = _("right answers")

    def __str__(self):
        return str(self.task)


class Grade(models.Model):
    """What a researcher thinks of a demonstration, from 1 (worst) to 7 (best), without knowing whose it is."""

    label = models.ForeignKey(Label, models.PROTECT, related_name="grades", verbose_name=_("label"))
    score = models.PositiveSmallIntegerField(_("grade"), help_text=_("1 is worst, 7 is best."))
    comment = models.TextField(_("comment"), blank=True)
    graded_at = models.DateTimeField(_("graded at"), default=timezone.now)
    graded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="grades", verbose_name=_("graded by")
    )

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        constraints = [
            models.UniqueConstraint(fields=["label", "graded_by"], name="one_grade_per_grader"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=7), name="grade_from_1_to_7"),
        ]

    def __str__(self):
        return f"{self.label}: {self.score}"
