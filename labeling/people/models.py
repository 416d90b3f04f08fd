"""Who works here, and who may do what?"""

import secrets
import uuid

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.people.pseudonyms import pseudonym


class Role(models.TextChoices):
    """The groups of `domain.md`'s table; a person may be in several."""

    APPLICANT = "applicant", _("applicant")
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
        user.vouch_for_address()
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

    def vouch_for_address(self):
        """Count the address as verified and theirs: whoever makes an account for somebody knows where they read."""
        from allauth.account.models import EmailAddress  # its tables refer to this one

        EmailAddress.objects.filter(user=self, primary=True).exclude(email=self.email.lower()).update(primary=False)
        EmailAddress.objects.update_or_create(
            user=self, email=self.email.lower(), defaults={"primary": True, "verified": True}
        )

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


class Standing(models.TextChoices):
    """Does a labeler work at the moment?"""

    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    RETIRED = "retired", _("retired")


@pghistory.track(
    meta={
        "verbose_name": _("change of a cohort membership"),
        "verbose_name_plural": _("history of cohort memberships"),
    }
)
class CohortMembership(models.Model):
    """Which cohort a labeler is in: one, and never both; and whether they work at the moment."""

    labeler = models.OneToOneField(User, models.CASCADE, related_name="cohort_membership", verbose_name=_("labeler"))
    cohort = models.CharField(_("cohort"), max_length=10, choices=Cohort)
    admitted_at = models.DateTimeField(_("admitted at"), default=timezone.now)
    admitted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("admitted by")
    )
    standing = models.CharField(
        _("standing"), max_length=10, choices=Standing, default=Standing.ACTIVE, db_default=Standing.ACTIVE.value
    )
    standing_reason = models.CharField(_("why"), max_length=500, blank=True, db_default="")
    standing_at = models.DateTimeField(_("since"), null=True, blank=True)
    standing_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("changed by")
    )

    class Meta:
        verbose_name = _("cohort membership")
        verbose_name_plural = _("cohort memberships")
        constraints = [
            models.CheckConstraint(condition=models.Q(cohort__in=Cohort.values), name="cohort_is_known"),
            models.CheckConstraint(condition=models.Q(standing__in=Standing.values), name="standing_is_known"),
            models.CheckConstraint(
                condition=models.Q(standing="active") | ~models.Q(standing_reason=""), name="out_of_work_for_a_reason"
            ),
        ]

    def __str__(self):
        return f"{self.labeler}: {self.get_cohort_display()}"


class Qualification(models.Model):
    """Something that a labeler may be found able to do, for projects to ask for: a language, a domain, a kind."""

    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    korean_name = models.CharField(_("name in Korean"), max_length=100, blank=True)
    description = models.TextField(_("description"), blank=True)

    class Meta:
        verbose_name = _("qualification")
        verbose_name_plural = _("qualifications")
        ordering = ["name"]

    def __str__(self):
        return self.name


class QualifiedQuerySet(models.QuerySet):
    def in_force(self, now=None):
        return self.filter(revoked_at__isnull=True).exclude(expires_at__lte=now or timezone.now())


@pghistory.track(
    meta={"verbose_name": _("change of a qualification"), "verbose_name_plural": _("history of qualifications")}
)
class Qualified(models.Model):
    """A labeler has a qualification, for good or until a day."""

    labeler = models.ForeignKey(User, models.CASCADE, related_name="qualified", verbose_name=_("labeler"))
    qualification = models.ForeignKey(
        Qualification, models.PROTECT, related_name="holders", verbose_name=_("qualification")
    )
    reason = models.CharField(_("why"), max_length=500, blank=True)
    granted_at = models.DateTimeField(_("granted at"), default=timezone.now)
    granted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("granted by")
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("revoked by")
    )

    objects = QualifiedQuerySet.as_manager()

    class Meta:
        verbose_name = _("qualification of a labeler")
        verbose_name_plural = _("qualifications of labelers")
        constraints = [
            models.UniqueConstraint(
                fields=["labeler", "qualification"],
                condition=models.Q(revoked_at__isnull=True),
                name="qualified_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=models.F("granted_at")),
                name="qualified_for_some_time",
            ),
        ]

    def __str__(self):
        # As everywhere where researchers meet work: the admin writes this beside its lists' rows and into its log.
        return f"{pseudonym(self.labeler.pseudonym_key)}: {self.qualification}"


class ConsentText(models.Model):
    """What people agree to before they work here, as it stood at one time; a trigger keeps it as it is."""

    number = models.PositiveIntegerField(_("number"), unique=True)
    english = models.TextField(_("text in English"), help_text=_("In Markdown."))
    korean = models.TextField(_("text in Korean"), blank=True, help_text=_("Empty: the English one is shown."))
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    published_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("published by")
    )

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["-number"]

    def __str__(self):
        return _("Consent text %(number)d") % {"number": self.number}


class Consent(models.Model):
    """Somebody agreed to a text, in a language, until they withdraw."""

    person = models.ForeignKey(User, models.CASCADE, related_name="consents", verbose_name=_("person"))
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="consents", verbose_name=_("text"))
    language = models.CharField(_("language"), max_length=10)
    agreed_at = models.DateTimeField(_("agreed at"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "text"], condition=models.Q(withdrawn_at__isnull=True), name="agreed_once_to_a_text"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True) | models.Q(withdrawn_at__gte=models.F("agreed_at")),
                name="withdrawn_after_agreeing",
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.text_id}"


def new_code():
    return secrets.token_urlsafe(18)


class Invitation(models.Model):
    """A link by which people join: to take a test, or straight into a cohort."""

    code = models.CharField(_("code"), max_length=40, unique=True, default=new_code, editable=False)
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("For your own memory; nobody else sees it.")
    )
    cohort = models.CharField(
        _("cohort"),
        max_length=10,
        choices=Cohort,
        blank=True,
        help_text=_("Whoever comes by the link joins it at once. Empty: they take the test first."),
    )
    email = models.EmailField(_("only for"), blank=True, help_text=_("Empty: for whoever has the link."))
    # Of whoever it is for, as the roster that they came from says: how their letter greets them, and in which language.
    name = models.CharField(_("name"), max_length=150, blank=True)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    most_uses = models.PositiveIntegerField(
        _("most uses"), null=True, blank=True, default=1, help_text=_("Empty: any number.")
    )
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    qualifications = models.ManyToManyField(
        Qualification, blank=True, related_name="+", verbose_name=_("qualifications that it gives")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("created by")
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("revoked by")
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most_uses__isnull=True) | models.Q(uses__lte=models.F("most_uses")),
                name="invitations_are_not_overused",
            ),
            models.CheckConstraint(
                condition=models.Q(cohort="") | models.Q(cohort__in=Cohort.values), name="invited_into_a_known_cohort"
            ),
        ]

    def __str__(self):
        return self.note or self.email or self.code


class InvitationUse(models.Model):
    """Who came by which link."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="users", verbose_name=_("invitation"))
    person = models.ForeignKey(User, models.CASCADE, related_name="invitations", verbose_name=_("person"))
    used_at = models.DateTimeField(_("used at"), default=timezone.now)

    class Meta:
        verbose_name = _("use of an invitation")
        verbose_name_plural = _("uses of invitations")
        constraints = [models.UniqueConstraint(fields=["invitation", "person"], name="one_use_per_person")]

    def __str__(self):
        return f"{self.person}: {self.invitation}"
