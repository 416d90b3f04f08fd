"""What is asked of a labeler, and how should they judge? Forms and instructions, in versions that never change."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Scale(models.TextChoices):
    LIKERT = "likert", _("Likert scale")
    BINARY = "binary", _("yes / no")
    CHOICE = "choice", _("one of several")
    CHOICES = "choices", _("any of several")
    TEXT = "text", _("free text")


class Per(models.TextChoices):
    RESPONSE = "response", _("each response")
    PROMPT = "prompt", _("the prompt")


class Good(models.TextChoices):
    """Which answer speaks for the response; nothing for questions that only describe."""

    HIGH = "high", _("a high number")
    LOW = "low", _("a low number")
    YES = "yes", _("yes")
    NO = "no", _("no")
    NEUTRAL = "neutral", _("neither")


class Form(models.Model):
    """A set of questions under one name."""

    key = models.SlugField(_("key"), unique=True)
    title = models.CharField(_("title"), max_length=100)

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")

    def __str__(self):
        return self.title

    def newest(self):
        return self.versions.order_by("-number").first()


class FormVersion(models.Model):
    """The questions of a form as they stood at one time; labels point here, so it never changes."""

    form = models.ForeignKey(Form, models.PROTECT, related_name="versions", verbose_name=_("form"))
    number = models.PositiveIntegerField(_("number"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )

    class Meta:
        verbose_name = _("form version")
        verbose_name_plural = _("form versions")
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="form_versions_are_numbered")]

    def __str__(self):
        return f"{self.form} {self.number}"


class Question(models.Model):
    """One question of one form version."""

    version = models.ForeignKey(FormVersion, models.CASCADE, related_name="questions", verbose_name=_("form version"))
    position = models.PositiveSmallIntegerField(_("position"))
    key = models.SlugField(_("key"), help_text=_("What exports call the answer, as in overall_quality."))
    wording = models.CharField(_("wording"), max_length=300)
    scale = models.CharField(_("scale"), max_length=10, choices=Scale)
    per = models.CharField(_("asked of"), max_length=10, choices=Per, default=Per.RESPONSE)
    is_required = models.BooleanField(_("must be answered"), default=True)
    allows_na = models.BooleanField(_("may be not applicable"), default=False)
    minimum = models.SmallIntegerField(_("lowest number"), null=True, blank=True)
    maximum = models.SmallIntegerField(_("highest number"), null=True, blank=True)
    low_anchor = models.CharField(_("what the lowest means"), max_length=60, blank=True)
    high_anchor = models.CharField(_("what the highest means"), max_length=60, blank=True)
    good_answer = models.CharField(_("good answer"), max_length=8, choices=Good, blank=True)
    applies_to_tags = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("only for prompts tagged"),
        default=list,
        blank=True,
        help_text=_("Empty: asked of every prompt."),
    )

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="one_question_per_key"),
            models.UniqueConstraint(fields=["version", "position"], name="questions_stand_in_order"),
            models.CheckConstraint(
                condition=~Q(scale="likert") | Q(minimum__isnull=False, maximum__gt=F("minimum")),
                name="likert_has_a_range",
            ),
            models.CheckConstraint(
                condition=Q(scale="likert", minimum__gte=-100, maximum__lte=100, maximum__isnull=False)
                | (~Q(scale="likert") & Q(minimum__isnull=True, maximum__isnull=True)),
                name="only_likert_has_a_range_and_within_100",
            ),
            models.CheckConstraint(
                condition=~Q(key="overall_quality") | Q(scale="likert", minimum=1, maximum=7, per="response"),
                name="overall_quality_is_asked_from_1_to_7",
            ),
            # What was said of a response by itself is a number or nothing: there is no place for a third.
            models.CheckConstraint(
                condition=~Q(key="overall_quality") | Q(allows_na=False), name="overall_quality_always_applies"
            ),
            models.CheckConstraint(
                condition=Q(good_answer__in=["", "neutral"])
                | Q(good_answer__in=["high", "low"], scale="likert")
                | Q(good_answer__in=["yes", "no"], scale="binary"),
                name="good_answer_is_one_of_the_scale",
            ),
            models.CheckConstraint(condition=Q(scale__in=Scale.values), name="question_scale_is_known"),
            models.CheckConstraint(condition=Q(per__in=Per.values), name="question_is_of_response_or_prompt"),
        ]

    def __str__(self):
        return self.wording

    @property
    def shown_wording(self):
        """The wording in the reader's language, where the product ships a translation."""
        return gettext(self.wording)

    @property
    def is_overall(self):
        return self.key == "overall_quality"


class Choice(models.Model):
    """One answer that a question offers."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="choices", verbose_name=_("question"))
    position = models.PositiveSmallIntegerField(_("position"))
    key = models.SlugField(_("key"))
    label = models.CharField(_("label"), max_length=200)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["question", "position"]
        constraints = [
            models.UniqueConstraint(fields=["question", "key"], name="one_choice_per_key"),
            models.UniqueConstraint(fields=["question", "position"], name="choices_stand_in_order"),
        ]

    def __str__(self):
        return self.label

    @property
    def shown_label(self):
        """The label in the reader's language, where the product ships a translation."""
        return gettext(self.label)


class Instructions(models.Model):
    """What labelers are told, under one name."""

    name = models.CharField(_("name"), max_length=150, unique=True)

    class Meta:
        verbose_name = _("instructions")
        verbose_name_plural = _("instructions")

    def __str__(self):
        return self.name

    def newest(self):
        return self.versions.order_by("-number").first()


class InstructionsVersion(models.Model):
    """The instructions as they stood at one time, in Markdown."""

    instructions = models.ForeignKey(
        Instructions, models.PROTECT, related_name="versions", verbose_name=_("instructions")
    )
    number = models.PositiveIntegerField(_("number"))
    markdown = models.TextField(_("text"), help_text=_("In Markdown."))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )

    class Meta:
        verbose_name = _("version of instructions")
        verbose_name_plural = _("versions of instructions")
        constraints = [
            models.UniqueConstraint(fields=["instructions", "number"], name="instructions_versions_are_numbered")
        ]

    def __str__(self):
        return f"{self.instructions} {self.number}"
