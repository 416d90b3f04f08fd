"""Who works here, and who may do what?"""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The groups of `domain.md`'s table; a person may be in several."""

    LABELER = "labeler", _("labeler")
    PROGRAM = "program", _("program")
    ENGINEER = "engineer", _("engineer")
    RESEARCHER = "researcher", _("researcher")
    ADMIN = "admin", _("admin")


class UserManager(BaseUserManager["User"]):
    """Accounts are made with an e-mail address, never with a user name."""

    use_in_migrations = True

    def create_user(self, email, password=None, **fields):
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]
    """One account: a person, or a program that labels."""

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    pseudonym_key = models.UUIDField(
        _("pseudonym key"),
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text=_("What datasets know this person by, hashed; replaced when the person leaves."),
    )
    is_program = models.BooleanField(_("is a program"), default=False)
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    date_joined = models.DateTimeField(_("joined at"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_email")]

    def __str__(self):
        return self.name or self.email

    def plays(self, role):
        """Is this account in the group of `role`? Superusers play every part but the program's."""
        return (self.is_superuser and role != Role.PROGRAM) or role in self.role_names

    @property
    def stands_outside_cohorts(self):
        """Researchers and programs work on any open project, whatever its cohort."""
        return self.is_program or self.plays(Role.RESEARCHER) or self.plays(Role.ADMIN)

    @property
    def role_names(self):
        if not hasattr(self, "_role_names"):
            self._role_names = set(self.groups.values_list("name", flat=True))
        return self._role_names


class Cohort(models.TextChoices):
    """Screened labelers make training data; held-out ones only ever evaluate."""

    TRAINING = "training", _("training")
    HELD_OUT = "held_out", _("held-out")


class CohortMembership(models.Model):
    """Which cohort a labeler is in: one, and never both."""

    labeler = models.OneToOneField(User, models.CASCADE, related_name="cohort_membership", verbose_name=_("labeler"))
    cohort = models.CharField(_("cohort"), max_length=10, choices=Cohort)
    admitted_at = models.DateTimeField(_("admitted at"), default=timezone.now)
    admitted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("admitted by")
    )

    class Meta:
        verbose_name = _("cohort membership")
        verbose_name_plural = _("cohort memberships")
        constraints = [
            models.CheckConstraint(condition=models.Q(cohort__in=Cohort.values), name="cohort_is_known"),
        ]

    def __str__(self):
        return f"{self.labeler}: {self.get_cohort_display()}"
