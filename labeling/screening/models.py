"""Whom do we choose? Tests, the attempts at them, and what was decided."""

import secrets
import uuid
from decimal import Decimal

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labeling.people.models import Invitation
from labeling.screening.wording import shown
from labeling.work.models import Project

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is mistaken for another


class TestState(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    CLOSED = "closed", _("closed")


class Criterion(models.TextChoices):
    """What a section is for: the paper's four criteria (appendix B.1), and practice, which counts for nothing."""

    PRACTICE = "practice", _("practice")
    FLAGS = "flags", _("flagging sensitive speech")
    RANKINGS = "rankings", _("rankings")
    DEMONSTRATIONS = "demonstrations", _("demonstrations")
    SELF_ASSESSMENT = "self_assessment", _("self-assessment")


SCORED = (Criterion.FLAGS, Criterion.RANKINGS, Criterion.DEMONSTRATIONS)


class RankingVariant(models.TextChoices):
    """How pairs that either side ties count in the agreement on rankings."""

    WITHOUT_TIES = "without_ties", _("pairs that either calls a tie are left out (Stiennon et al.)")
    TIE_HALF = "tie_half", _("a tie against an order counts one half (WebGPT)")


@pghistory.track(meta={"verbose_name": _("change of a test"), "verbose_name_plural": _("history of tests")})
class Test(models.Model):
    """One screening test: its sections, its soft cut-offs, and who may take it."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    korean_name = models.CharField(_("name in Korean"), max_length=150, blank=True)
    welcome = models.TextField(_("welcome"), blank=True, help_text=_("In Markdown: what applicants read first."))
    korean_welcome = models.TextField(_("welcome in Korean"), blank=True)
    warning = models.TextField(
        _("warning"), blank=True, help_text=_("In Markdown: what sensitive content awaits them.")
    )
    korean_warning = models.TextField(_("warning in Korean"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=TestState, default=TestState.DRAFT)
    is_open = models.BooleanField(
        _("open to everybody"), default=False, help_text=_("On the application page; else by invitation only.")
    )
    invitations = models.ManyToManyField(Invitation, blank=True, related_name="tests", verbose_name=_("invitations"))
    cutoff_flags = models.DecimalField(
        _("soft cut-off: flags"), max_digits=3, decimal_places=2, default=Decimal("0.75")
    )
    cutoff_rankings = models.DecimalField(
        _("soft cut-off: rankings"), max_digits=3, decimal_places=2, default=Decimal("0.75")
    )
    cutoff_demonstrations = models.DecimalField(
        _("soft cut-off: demonstrations"), max_digits=3, decimal_places=2, default=Decimal("6")
    )
    ranking_variant = models.CharField(
        _("agreement on rankings"), max_length=12, choices=RankingVariant, default=RankingVariant.WITHOUT_TIES
    )
    graders = models.PositiveSmallIntegerField(_("graders per demonstration"), default=2)
    gives_feedback = models.BooleanField(
        _("applicants see their results"), default=False, help_text=_("After the decision.")
    )
    edition = models.PositiveSmallIntegerField(_("edition"), default=1, db_default=1)
    came_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="later_editions",
        verbose_name=_("made from"),
        help_text=_("The edition that it began as a copy of."),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("created by")
    )

    class Meta:
        verbose_name = _("test")
        verbose_name_plural = _("tests")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=TestState.values), name="test_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="draft", published_at__isnull=True)
                | (~Q(state="draft") & Q(published_at__isnull=False)),
                name="published_when_not_a_draft",
            ),
            models.CheckConstraint(
                condition=Q(cutoff_flags__gte=0, cutoff_flags__lte=1, cutoff_rankings__gte=0, cutoff_rankings__lte=1),
                name="cutoffs_are_shares",
            ),
            models.CheckConstraint(
                condition=Q(cutoff_demonstrations__gte=1, cutoff_demonstrations__lte=7), name="cutoff_is_a_grade"
            ),
            models.CheckConstraint(
                condition=Q(edition=1, came_from__isnull=True) | Q(edition__gte=2, came_from__isnull=False),
                name="later_editions_are_made_from_earlier_ones",
            ),
            models.CheckConstraint(condition=Q(graders__gte=1, graders__lte=9), name="graders_from_1_to_9"),
            models.CheckConstraint(
                condition=Q(ranking_variant__in=RankingVariant.values), name="ranking_variant_is_known"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def shown_name(self):
        return shown(self, "name")


class Section(models.Model):
    """One part of a test: a project of purpose *screening*, whose sheets applicants and researchers work through."""

    test = models.ForeignKey(Test, models.CASCADE, related_name="sections", verbose_name=_("test"))
    position = models.PositiveSmallIntegerField(_("position"))
    criterion = models.CharField(_("criterion"), max_length=15, choices=Criterion)
    title = models.CharField(_("title"), max_length=150)
    korean_title = models.CharField(_("title in Korean"), max_length=150, blank=True)
    project = models.OneToOneField(Project, models.PROTECT, related_name="section", verbose_name=_("project"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), null=True, blank=True, help_text=_("From its start. Empty: no time limit.")
    )

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["test", "position"]
        constraints = [
            models.UniqueConstraint(fields=["test", "position"], name="sections_stand_in_order"),
            models.CheckConstraint(condition=Q(criterion__in=Criterion.values), name="criterion_is_known"),
            models.CheckConstraint(condition=Q(minutes__isnull=True) | Q(minutes__gte=1), name="a_section_takes_time"),
        ]

    def __str__(self):
        return f"{self.test}: {self.title}"

    @property
    def shown_title(self):
        return shown(self, "title")


def new_applicant_code():
    return "".join(secrets.choice(CODE_LETTERS) for _place in range(6))


class AttemptQuerySet(models.QuerySet):
    def decided(self):
        """Those with a final decision: the newest is more than a place on the waiting list, which puts it off."""
        return self._with_newest_outcome().exclude(newest_outcome=None).exclude(newest_outcome=Outcome.WAITING)

    def undecided(self):
        return self._with_newest_outcome().filter(Q(newest_outcome=None) | Q(newest_outcome=Outcome.WAITING))

    def _with_newest_outcome(self):
        newest = Decision.objects.filter(attempt=OuterRef("pk")).order_by("-decided_at", "-pk")
        return self.alias(newest_outcome=Subquery(newest.values("outcome")[:1]))


class Attempt(models.Model):
    """One person at one test. Researchers know it by its code; who it is stays behind it until the decision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    test = models.ForeignKey(Test, models.PROTECT, related_name="attempts", verbose_name=_("test"))
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="attempts", verbose_name=_("applicant")
    )
    code = models.CharField(_("code"), max_length=6, unique=True, default=new_applicant_code, editable=False)
    began_at = models.DateTimeField(_("began at"), default=timezone.now)
    handed_in_at = models.DateTimeField(_("handed in at"), null=True, blank=True)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True, help_text=_("Given up by the applicant."))
    left_reason = models.CharField(_("why left"), max_length=500, blank=True, db_default="")

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = pgettext_lazy("test", "attempts")
        constraints = [
            models.UniqueConstraint(fields=["test", "applicant"], name="one_attempt_per_test_and_applicant"),
            models.CheckConstraint(
                condition=Q(handed_in_at__isnull=True) | Q(left_at__isnull=True), name="handed_in_or_left"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=False) | Q(left_reason=""), name="a_reason_is_of_those_who_left"
            ),
        ]

    def __str__(self):
        return self.code

    @property
    def is_under_way(self):
        return self.handed_in_at is None and self.left_at is None


class Sitting(models.Model):
    """One section of one attempt: when it was begun, until when it may be worked on, and when it was finished."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="sittings", verbose_name=_("attempt"))
    section = models.ForeignKey(Section, models.PROTECT, related_name="sittings", verbose_name=_("section"))
    began_at = models.DateTimeField(_("began at"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("sitting")
        verbose_name_plural = _("sittings")
        constraints = [models.UniqueConstraint(fields=["attempt", "section"], name="one_sitting_per_section")]

    def __str__(self):
        return f"{self.attempt}: {self.section}"


class Result(models.Model):
    """What an attempt came to by one criterion; worked out anew whenever a label or a grade comes in."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="results", verbose_name=_("attempt"))
    criterion = models.CharField(_("criterion"), max_length=15, choices=Criterion)
    # Agreement as a share from 0 to 1; for demonstrations the mean grade from 1 to 7. Null when it is undefined.
    value = models.FloatField(_("value"), null=True, blank=True)
    # xgettext:no-python-format
    low = models.FloatField(_("lower end of the 95 % interval"), null=True, blank=True)
    # xgettext:no-python-format
    high = models.FloatField(_("upper end of the 95 % interval"), null=True, blank=True)
    n = models.PositiveIntegerField(_("items"), default=0)
    # The other measures by name (recall, precision, kappa, positive_agreement, tau_b, graders_agreement …), each
    # {"value", "low", "high", "n"} or {"why": a sentence}; for the self-assessment what was chosen, by question.
    measures = models.JSONField(_("measures"), default=dict, blank=True)
    why_undefined = models.CharField(_("why there is none"), max_length=300, blank=True)
    worked_out_at = models.DateTimeField(_("worked out at"), default=timezone.now)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        constraints = [
            models.UniqueConstraint(fields=["attempt", "criterion"], name="one_result_per_criterion"),
            models.CheckConstraint(
                condition=Q(low__isnull=True, high__isnull=True) | Q(low__lte=models.F("high")),
                name="intervals_have_two_ends",
            ),
        ]

    def __str__(self):
        return f"{self.attempt}: {self.criterion}"


class Outcome(models.TextChoices):
    TRAINING = "training", _("admitted to the training cohort")
    HELD_OUT = "held_out", _("admitted to the held-out cohort")
    DECLINED = "declined", _("declined")
    WAITING = "waiting", _("on the waiting list")


class Decision(models.Model):
    """What people decided about an attempt, and why. The newest counts; a trigger keeps every one as it is."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="decisions", verbose_name=_("attempt"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=1000)
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-decided_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="outcome_is_known"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="decided_for_a_reason"),
        ]

    def __str__(self):
        return f"{self.attempt}: {self.get_outcome_display()}"
