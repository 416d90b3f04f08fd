"""What did a person say? Labels, and the demonstrations, rankings, ratings and answers that they consist of."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from labeling.guidelines.models import Question
from labeling.prompts.models import WRITTEN, WRITTEN_CHOICES, Prompt, PromptTag
from labeling.work.models import Assignment, Purpose, Slot

# After a day a judgement is made from another mood than the one it belongs to; and researchers count on it by then.
# Tests are taken over many sittings, and are counted when they are handed in: their labels wait for that.
CHANGEABLE_FOR = timedelta(hours=24)


class Lock(models.TextChoices):
    """Why a label no longer changes, besides its age."""

    FROZEN = "frozen", _("frozen into a dataset")
    REVIEWED = "reviewed", _("reviewed")
    HANDED_IN = "handed_in", _("handed in with a test")
    KEY = "key", _("in the key of a test")


class LabelQuerySet(models.QuerySet):
    def standing(self):
        """The newest revision of each; the others are kept for the record."""
        return self.filter(superseded_at__isnull=True)

    def open_to_change(self):
        """Those whose sheets may be reopened, as far as the label decides it."""
        is_young = Q(submitted_at__gt=timezone.now() - CHANGEABLE_FOR)
        return self.standing().filter(is_young | Q(assignment__purpose=Purpose.SCREENING), locked_at__isnull=True)


class Label(models.Model):
    """One submission for one assignment. Revisions append; the one not superseded is the label.

    The versions of form and instructions that it was made under are the assignment's.
    """

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="labels", verbose_name=_("assignment"))
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    seconds = models.PositiveIntegerField(_("active seconds"))
    submitted_at = models.DateTimeField(_("submitted at"), default=timezone.now)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)
    # A locked label does not change any more: a trigger refuses it.
    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True)
    locked_because = models.CharField(_("why locked"), max_length=9, choices=Lock, blank=True, db_default="")

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        constraints = [
            models.UniqueConstraint(fields=["assignment", "revision"], name="label_revisions_are_numbered"),
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(superseded_at__isnull=True),
                name="one_standing_label_per_assignment",
            ),
            models.CheckConstraint(condition=Q(revision__gte=1), name="revisions_count_from_1"),
            models.CheckConstraint(
                condition=Q(locked_at__isnull=True, locked_because="")
                | Q(locked_at__isnull=False, locked_because__in=Lock.values),
                name="locked_for_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.assignment_id} r{self.revision}"


class Demonstration(models.Model):
    """What a labeler wrote in answer to a prompt, and the prompt itself where they wrote that, too.

    With a few-shot prompt the responses of its examples (`prompt.meta["examples"]`) are demonstrations already, so that
    the text may be empty: an instruction with K pairs gives K examples, each with the other K - 1 in context.
    """

    label = models.OneToOneField(Label, models.CASCADE, related_name="demonstration", verbose_name=_("label"))
    text = models.TextField(_("text"), blank=True)
    prompt = models.ForeignKey(
        Prompt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="demonstrations",
        verbose_name=_("prompt"),
        help_text=_("Written by the labeler. Empty: the prompt was given."),
    )
    # The prompt's origin, here so that the database can hold the text to it.
    prompt_type = models.CharField(_("prompt type"), max_length=12, choices=WRITTEN_CHOICES, blank=True)
    tags = ArrayField(
        models.CharField(max_length=60, choices=PromptTag),
        verbose_name=_("tags of the prompt"),
        null=True,
        blank=True,
        help_text=_("Empty: it was not asked for them."),
    )

    class Meta:
        verbose_name = _("demonstration")
        verbose_name_plural = _("demonstrations")
        constraints = [
            models.CheckConstraint(
                condition=Q(text__regex=r"\S") | Q(prompt_type="few_shot"), name="a_demonstration_is_not_blank"
            ),
            models.CheckConstraint(
                condition=Q(prompt__isnull=True, prompt_type="") | Q(prompt__isnull=False, prompt_type__in=WRITTEN),
                name="a_written_prompt_has_its_type",
            ),
            models.CheckConstraint(
                condition=Q(tags__isnull=True) | Q(tags__contained_by=PromptTag.values),
                name="demonstration_tags_are_known",
            ),
        ]

    def __str__(self):
        return Truncator(self.text).chars(80) or str(self.prompt)


class Ranking(models.Model):
    """An order of the responses, best first, with ties."""

    label = models.OneToOneField(Label, models.CASCADE, related_name="ranking", verbose_name=_("label"))
    # The labeler let the board be laid out by their ratings at some point.
    was_arranged = models.BooleanField(_("arranged by ratings"), default=False)

    class Meta:
        verbose_name = _("ranking")
        verbose_name_plural = _("rankings")

    def __str__(self):
        return str(self.label)


class Place(models.Model):
    """One response's rank: 1 is best, equal ranks are a tie."""

    ranking = models.ForeignKey(Ranking, models.CASCADE, related_name="places", verbose_name=_("ranking"))
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="+", verbose_name=_("slot"))
    rank = models.PositiveSmallIntegerField(_("rank"))

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["ranking", "rank", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["ranking", "slot"], name="one_rank_per_response"),
            models.CheckConstraint(condition=Q(rank__gte=1, rank__lte=16), name="rank_from_1_to_16"),
        ]

    def __str__(self):
        return f"{self.slot}: {self.rank}"


class Rating(models.Model):
    """What was said of one response by itself."""

    label = models.ForeignKey(Label, models.CASCADE, related_name="ratings", verbose_name=_("label"))
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="+", verbose_name=_("slot"))
    overall_quality = models.PositiveSmallIntegerField(_("overall quality"), null=True, blank=True)
    notes = models.TextField(_("notes"), blank=True)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        ordering = ["label", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["label", "slot"], name="one_rating_per_response"),
            models.CheckConstraint(
                condition=Q(overall_quality__isnull=True) | Q(overall_quality__gte=1, overall_quality__lte=7),
                name="overall_quality_from_1_to_7",
            ),
        ]

    def __str__(self):
        return f"{self.slot}: {self.overall_quality}"


class Answer(models.Model):
    """The answer to one question, of one response or (without a rating) of the prompt.

    A question that was not answered has no row; "not applicable" is an answer of its own.
    """

    label = models.ForeignKey(Label, models.CASCADE, related_name="answers", verbose_name=_("label"))
    rating = models.ForeignKey(
        Rating, models.CASCADE, null=True, blank=True, related_name="answers", verbose_name=_("rating")
    )
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers", verbose_name=_("question"))
    is_na = models.BooleanField(_("not applicable"), default=False)
    yes = models.BooleanField(_("yes"), null=True, blank=True)
    number = models.SmallIntegerField(_("number"), null=True, blank=True)
    chosen = ArrayField(models.SlugField(), verbose_name=_("chosen"), null=True, blank=True)
    text = models.TextField(_("text"), null=True, blank=True)  # noqa: DJ001  null is "not a text answer"

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(
                fields=["label", "rating", "question"], nulls_distinct=False, name="one_answer_per_question"
            ),
            models.CheckConstraint(
                condition=Q(is_na=True, yes__isnull=True, number__isnull=True, chosen__isnull=True, text__isnull=True)
                | Q(
                    is_na=False,
                    yes__isnull=False,
                    number__isnull=True,
                    chosen__isnull=True,
                    text__isnull=True,
                )
                | Q(
                    is_na=False,
                    yes__isnull=True,
                    number__isnull=False,
                    chosen__isnull=True,
                    text__isnull=True,
                )
                | Q(
                    is_na=False,
                    yes__isnull=True,
                    number__isnull=True,
                    chosen__isnull=False,
                    text__isnull=True,
                )
                | Q(
                    is_na=False,
                    yes__isnull=True,
                    number__isnull=True,
                    chosen__isnull=True,
                    text__isnull=False,
                ),
                name="an_answer_is_one_thing",
            ),
        ]

    def __str__(self):
        return f"{self.question.key}: {self.value}"

    @property
    def value(self):
        """The answer as exports and REST write it: bool, int, key, list of keys, text, or None for not applicable."""
        if self.is_na:
            return None
        if self.chosen is not None:
            return self.chosen[0] if self.question.scale == "choice" else self.chosen
        return next(value for value in (self.yes, self.number, self.text) if value is not None)
