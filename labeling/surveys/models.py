"""Who are the people as a whole, and how is the work for them? Voluntary, without names, shown only as totals.

No answer knows whose it is: it has no link to an account, a random key, and a quarter of a year for a time.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.work.models import Project


class Gender(models.TextChoices):
    MALE = "male", _("male")
    FEMALE = "female", _("female")
    NONBINARY = "nonbinary", _("nonbinary / other")


class AgeBand(models.TextChoices):
    FROM_18 = "18-24", "18–24"
    FROM_25 = "25-34", "25–34"
    FROM_35 = "35-44", "35–44"
    FROM_45 = "45-54", "45–54"
    FROM_55 = "55-64", "55–64"
    FROM_65 = "65+", "65+"


class Education(models.TextChoices):
    NO_HIGH_SCHOOL = "no_high_school", _("less than high school")
    HIGH_SCHOOL = "high_school", _("high school")
    UNDERGRADUATE = "undergraduate", _("undergraduate degree")
    MASTER = "master", _("master's degree")
    DOCTORATE = "doctorate", _("doctorate")


class Ethnicity(models.TextChoices):
    """The paper's list (appendix B.3); several may be chosen."""

    WHITE = "white", _("White / Caucasian")
    SOUTHEAST_ASIAN = "southeast_asian", _("Southeast Asian")
    INDIGENOUS = "indigenous", _("Indigenous / Native American / Alaskan Native")
    EAST_ASIAN = "east_asian", _("East Asian")
    MIDDLE_EASTERN = "middle_eastern", _("Middle Eastern")
    LATINX = "latinx", _("Latinx")
    BLACK = "black", _("Black / of African descent")
    OTHER = "other", _("other")


class Demographics(models.Model):
    """One person's answers about themselves, as far as they gave any. Nothing here leads to the account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    quarter = models.CharField(_("quarter"), max_length=6, help_text=_("As in 2026Q4."))
    gender = models.CharField(_("gender"), max_length=10, choices=Gender, blank=True)
    ethnicities = ArrayField(
        models.CharField(max_length=20, choices=Ethnicity), verbose_name=_("ethnicities"), default=list, blank=True
    )
    nationality = models.CharField(_("nationality"), max_length=2, blank=True, help_text=_("ISO 3166-1 alpha-2."))
    age_band = models.CharField(_("age"), max_length=5, choices=AgeBand, blank=True)
    education = models.CharField(_("highest education"), max_length=15, choices=Education, blank=True)

    class Meta:
        verbose_name = _("demographics")
        verbose_name_plural = _("demographics")
        constraints = [
            models.CheckConstraint(condition=Q(gender="") | Q(gender__in=Gender.values), name="gender_is_known"),
            models.CheckConstraint(condition=Q(age_band="") | Q(age_band__in=AgeBand.values), name="age_band_is_known"),
            models.CheckConstraint(
                condition=Q(education="") | Q(education__in=Education.values), name="education_is_known"
            ),
            models.CheckConstraint(
                condition=Q(ethnicities__contained_by=Ethnicity.values), name="ethnicities_are_known"
            ),
        ]

    def __str__(self):
        return self.quarter


STATEMENTS = ("clear", "enjoyable", "repetitive", "paid_fairly", "glad")


def _from_1_to_5(name):
    return models.CheckConstraint(
        condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 1, f"{name}__lte": 5}),
        name=f"{name}_from_1_to_5",
    )


class Satisfaction(models.Model):
    """How the work in one project is for one person, from 1 (strongly disagree) to 5 (strongly agree).

    The five statements are those of the paper's appendix B.4. `repetitive` is worded against the others.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="satisfaction", verbose_name=_("project"))
    quarter = models.CharField(_("quarter"), max_length=6, help_text=_("As in 2026Q4."))
    clear = models.PositiveSmallIntegerField(_("the instructions were clear"), null=True, blank=True)
    enjoyable = models.PositiveSmallIntegerField(_("the task was enjoyable and engaging"), null=True, blank=True)
    repetitive = models.PositiveSmallIntegerField(_("the task was repetitive"), null=True, blank=True)
    paid_fairly = models.PositiveSmallIntegerField(_("I was paid fairly"), null=True, blank=True)
    glad = models.PositiveSmallIntegerField(_("overall, I am glad I did it"), null=True, blank=True)

    class Meta:
        verbose_name = _("satisfaction")
        verbose_name_plural = _("satisfaction")
        constraints = [_from_1_to_5(name) for name in STATEMENTS]

    def __str__(self):
        return f"{self.project}: {self.quarter}"


class Survey(models.TextChoices):
    DEMOGRAPHICS = "demographics", _("about you")
    SATISFACTION = "satisfaction", _("about the work")


class Asked(models.Model):
    """Somebody has answered or put away a survey, so that it is not offered again; which of the two is not told."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    survey = models.CharField(_("survey"), max_length=12, choices=Survey)
    project = models.ForeignKey(
        Project, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("project")
    )
    quarter = models.CharField(_("quarter"), max_length=6)

    class Meta:
        verbose_name = _("survey asked")
        verbose_name_plural = _("surveys asked")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "survey", "project", "quarter"], nulls_distinct=False, name="asked_once_a_quarter"
            ),
            models.CheckConstraint(
                condition=Q(survey="demographics", project__isnull=True)
                | Q(survey="satisfaction", project__isnull=False),
                name="satisfaction_is_with_a_project",
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.survey}"


def words_of(model, name):
    """Return what a column of `model` is called: of Satisfaction, the statement itself."""
    return next(field.verbose_name for field in model._meta.concrete_fields if field.name == name)


def quarter_of(moment=None):
    """Return the quarter of a year as the answers carry it: '2026Q4'."""
    moment = moment or timezone.now()
    return f"{moment.year}Q{(moment.month + 2) // 3}"
