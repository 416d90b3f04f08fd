"""Where do words come from? Sources, their imports, the owners of prompts, the prompts, and what is wrong with them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Split(models.TextChoices):
    TRAIN = "train", _("train")
    VALID = "valid", _("valid")
    TEST = "test", _("test")


class Origin(models.TextChoices):
    """Who wrote the prompt, and how (protocol, section 4)."""

    CUSTOMER = "customer", _("customer")
    PLAIN = "plain", _("plain, by a labeler")
    FEW_SHOT = "few_shot", _("few-shot, by a labeler")
    USER_BASED = "user_based", _("user-based, by a labeler")


# What labelers write; the rest comes from customers.
WRITTEN = [Origin.PLAIN.value, Origin.FEW_SHOT.value, Origin.USER_BASED.value]
WRITTEN_CHOICES = [(value, label) for value, label in Origin.choices if value in WRITTEN]


class UseCase(models.TextChoices):
    """The ten of table 1 in Ouyang et al. 2022."""

    GENERATION = "generation", _("generation")
    OPEN_QA = "open_qa", _("open QA")
    BRAINSTORMING = "brainstorming", _("brainstorming")
    CHAT = "chat", _("chat")
    REWRITE = "rewrite", _("rewrite")
    SUMMARIZATION = "summarization", _("summarization")
    CLASSIFICATION = "classification", _("classification")
    OTHER = "other", _("other")
    CLOSED_QA = "closed_qa", _("closed QA")
    EXTRACT = "extract", _("extract")


class PromptTag(models.TextChoices):
    """The eleven of table 7 in Ouyang et al. 2022, as labelers choose them."""

    AMBIGUOUS = "ambiguous", _("ambiguous")
    SENSITIVE_CONTENT = "sensitive_content", _("sensitive content")
    IDENTITY_DEPENDENT = "identity_dependent", _("identity dependent")
    CLOSED_DOMAIN = "closed_domain", _("closed domain")
    CONTINUATION_STYLE = "continuation_style", _("continuation style")
    OPINIONATED = "requests_opinionated_content", _("requests opinionated content")
    ADVICE = "requests_advice", _("requests advice")
    MORAL_JUDGMENT = "requests_moral_judgment", _("requests moral judgment")
    SAFETY_CONSTRAINTS = "contains_explicit_safety_constraints", _("contains explicit safety constraints")
    OTHER_CONSTRAINTS = "contains_other_explicit_constraints", _("contains other explicit constraints")
    INTENT_UNCLEAR = "intent_unclear", _("intent unclear")


class SetAside(models.TextChoices):
    """Why a prompt is kept and not used."""

    SAME_TEXT = "same_text", _("the same text as another")
    SAME_BEGINNING = "same_beginning", _("begins like another")
    OVER_CAP = "over_cap", _("its owner has enough prompts")
    PERSONAL = "personal", _("personal data")
    BY_HAND = "by_hand", _("by hand")
    REVISED = "revised", _("revised by whoever wrote it")


class FindingKind(models.TextChoices):
    """What may say who somebody is, or let others in."""

    EMAIL = "email", _("e-mail address")
    PHONE = "phone", _("phone number")
    CARD = "card", _("card number")
    IBAN = "iban", _("bank account")
    IP = "ip", _("IP address")
    RESIDENT = "resident", _("resident registration number")
    PATH = "path", _("name in a file path")
    SECRET = "secret", _("key or token")


class StandsIn(models.TextChoices):
    """In which other text a finding may stand, besides the prompt itself: those that go into files with it."""

    RESPONSE = "response", _("response")
    DEMONSTRATION = "demonstration", _("demonstration")


class Outcome(models.TextChoices):
    """What was decided about a finding; nothing yet while it is empty."""

    REDACTED = "redacted", _("redacted")
    SET_ASIDE = "set_aside", _("set aside")
    KEPT = "kept", _("kept")


class JobState(models.TextChoices):
    """What a piece of background work says of itself; shared by imports, which are never paused, and generation."""

    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Source(models.Model):
    """A named place that prompts come from; a prompt's own id is unique within it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    license = models.CharField(
        _("license"),
        max_length=60,
        blank=True,
        db_default="",
        validators=[
            RegexValidator(
                r"^[a-z0-9.+-]+$", _("Write a license by its short name, as in apache-2.0, cc-by-4.0 or other.")
            )
        ],
        help_text=_("Under which its words may be passed on, as in apache-2.0 or cc-by-4.0. Cards of datasets say it."),
    )
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
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self):
        return self.name


class ImportQuerySet(models.QuerySet):
    def waiting(self):
        """Those that a worker should look at now: queued, or running under a lease that has passed."""
        return self.filter(Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=timezone.now()))


class Import(models.Model):
    """One file on its way in: how far it has come, and what came of its rows."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="imports", verbose_name=_("source"))
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/")
    filename = models.CharField(_("file name"), max_length=255)
    mapping = models.JSONField(
        _("mapping"),
        default=dict,
        blank=True,
        help_text=_("The file's key for each of ours that differs: file key → our key."),
    )
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    error = models.TextField(_("error"), blank=True)
    bytes_total = models.BigIntegerField(_("bytes"), default=0)
    bytes_read = models.BigIntegerField(_("bytes read"), default=0)
    # The last line whose rows are stored: a resumed run reads on from the next.
    lines_done = models.BigIntegerField(_("lines done"), default=0)
    created_count = models.BigIntegerField(_("prompts created"), default=0)
    seen_count = models.BigIntegerField(_("already there"), default=0)
    refused_count = models.BigIntegerField(_("refused"), default=0)
    response_count = models.BigIntegerField(_("responses created"), default=0)
    # Of the prompts created: what was set aside at once, and what waits for a decision before it may train anything.
    same_text_count = models.BigIntegerField(_("set aside: same text"), default=0)
    same_beginning_count = models.BigIntegerField(_("set aside: same beginning"), default=0)
    over_cap_count = models.BigIntegerField(_("set aside: owner has enough"), default=0)
    finding_count = models.BigIntegerField(_("findings"), default=0)
    held_back_count = models.BigIntegerField(_("prompts with findings"), default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [
            # Which imports should a worker look at?
            models.Index(fields=["lease_until"], condition=Q(state__in=["queued", "running"]), name="import_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | (~Q(state__in=["queued", "running"]) & Q(finished_at__isnull=False)),
                name="import_finished_when_over",
            ),
            models.CheckConstraint(condition=Q(bytes_read__lte=F("bytes_total")), name="import_reads_its_own_bytes"),
            models.CheckConstraint(
                condition=Q(created_count__gte=0, seen_count__gte=0, refused_count__gte=0, response_count__gte=0),
                name="import_counts_are_counts",
            ),
            models.CheckConstraint(
                condition=Q(
                    same_text_count__gte=0,
                    same_beginning_count__gte=0,
                    over_cap_count__gte=0,
                    held_back_count__gte=0,
                    finding_count__gte=F("held_back_count"),
                    created_count__gte=F("same_text_count") + F("same_beginning_count") + F("over_cap_count"),
                ),
                name="import_sets_aside_what_it_created",
            ),
        ]

    def __str__(self):
        return f"{self.filename} → {self.source}"

    @property
    def is_over(self):
        return self.state not in {JobState.QUEUED, JobState.RUNNING}

    @property
    def set_aside_count(self):
        return self.same_text_count + self.same_beginning_count + self.over_cap_count

    @property
    def percent(self):
        """How much of the file has been read, 0 to 100."""
        if self.state == JobState.DONE:
            return 100
        return int(100 * self.bytes_read / self.bytes_total) if self.bytes_total else 0


class RefusedRow(models.Model):
    """A line of a file that did not become a prompt, and why."""

    of_import = models.ForeignKey(Import, models.CASCADE, related_name="refused", verbose_name=_("import"))
    line = models.BigIntegerField(_("line"))
    reason = models.TextField(_("reason"))
    excerpt = models.CharField(_("beginning of the row"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        ordering = ["of_import", "line"]
        constraints = [models.UniqueConstraint(fields=["of_import", "line"], name="one_refusal_per_line")]

    def __str__(self):
        return f"{self.line}: {self.reason}"


class Owner(models.Model):
    """Whoever a prompt belongs to, known only by a keyed hash; pins the split of all of theirs."""

    key_hash = models.CharField(_("key, hashed"), max_length=64)
    split = models.CharField(_("split"), max_length=5, choices=Split)
    # False for a prompt that came without an author and so is its own owner.
    is_author = models.BooleanField(_("is an author"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("owner")
        verbose_name_plural = _("owners")
        constraints = [
            # Not unique=True, which would add a second index, for LIKE, that nobody asks.
            models.UniqueConstraint(fields=["key_hash"], name="one_owner_per_key"),
            models.CheckConstraint(condition=Q(split__in=Split.values), name="owner_split_is_known"),
        ]

    def __str__(self):
        return self.key_hash[:12]


class PromptQuerySet(models.QuerySet):
    def standing(self):
        """Those that are not set aside."""
        return self.filter(set_aside_as="")

    def with_findings(self):
        """Those in which anything was found, decided or not."""
        return self.filter(Exists(Finding.objects.filter(prompt=OuterRef("pk"))))

    def with_open_findings(self):
        return self.filter(Exists(Finding.objects.open().filter(prompt=OuterRef("pk"))))

    def fit_to_train(self):
        """Those that stand, and of which every finding is decided."""
        return self.standing().filter(~Exists(Finding.objects.open().filter(prompt=OuterRef("pk"))))

    def unfit(self, *, unless=()):
        """What no sheet and no file shall hold: set aside, or of the training split with a finding that is open.

        `unless` names reasons (of SetAside) that do not count.
        """
        is_open = Exists(Finding.objects.open().filter(prompt=OuterRef("pk")))
        return self.filter(~Q(set_aside_as__in=["", *unless]) | (Q(owner__split=Split.TRAIN) & is_open))

    def fit(self):
        """The others: in training splits those that are fit to train, elsewhere all that stand."""
        is_open = Exists(Finding.objects.open().filter(prompt=OuterRef("pk")))
        return self.standing().filter(~Q(owner__split=Split.TRAIN) | ~is_open)


class Prompt(models.Model):
    """What a user asked: a list of chat messages, of which the last is the user's."""

    # The constraint's index begins with the source, so that it needs none of its own.
    source = models.ForeignKey(Source, models.PROTECT, related_name="prompts", db_index=False, verbose_name=_("source"))
    external_id = models.CharField(
        _("the source's own id"),
        max_length=200,
        help_text=_("Or a hash of the text, where the source gave none."),
    )
    # An index below begins with the owner.
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="prompts", db_index=False, verbose_name=_("owner"))
    origin = models.CharField(_("origin"), max_length=12, choices=Origin, default=Origin.CUSTOMER)
    messages = models.JSONField(_("messages"), help_text=_("A list of {role, content}; the last is the user's."))
    # The file gave a plain text rather than messages: exports may say it so again.
    is_text = models.BooleanField(_("came as a text"), default=True)
    use_case = models.CharField(_("use case"), max_length=20, choices=UseCase, blank=True)
    tags = ArrayField(models.CharField(max_length=60), verbose_name=_("tags"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    language_is_guessed = models.BooleanField(_("the language is guessed"), default=False, db_default=False)
    meta = models.JSONField(_("anything else"), default=dict, blank=True)
    from_import = models.ForeignKey(
        Import, models.SET_NULL, null=True, blank=True, related_name="prompts", verbose_name=_("import")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    # Hashes of the text as it came, 128 bits each: of all of it in its normal form, and of its beginning.
    text_hash = models.UUIDField(_("hash of the text"), null=True, blank=True, editable=False)
    beginning_hash = models.UUIDField(_("hash of the beginning"), null=True, blank=True, editable=False)
    set_aside_as = models.CharField(
        _("set aside"), max_length=14, choices=SetAside, blank=True, default="", db_default=""
    )
    set_aside_at = models.DateTimeField(_("set aside at"), null=True, blank=True)
    # Nobody, where the import did it.
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("set aside by"),
    )
    duplicate_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="duplicates",
        verbose_name=_("duplicate of"),
    )

    objects = PromptQuerySet.as_manager()

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        indexes = [
            # Whose is it, and how many has the owner that stand?
            models.Index(fields=["owner", "set_aside_as"], name="prompt_of_owner"),
            # Has this text, or this beginning, come before, and where first? Only originals are compared with.
            models.Index(fields=["text_hash", "id"], condition=Q(duplicate_of__isnull=True), name="prompt_by_text"),
            models.Index(
                fields=["beginning_hash", "id"],
                condition=Q(duplicate_of__isnull=True, beginning_hash__isnull=False),
                name="prompt_by_beginning",
            ),
            # What is set aside as a duplicate of this one?
            models.Index(fields=["duplicate_of"], condition=Q(duplicate_of__isnull=False), name="prompt_duplicates_of"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_prompt_per_source_and_id"),
            models.CheckConstraint(condition=~Q(messages=[]), name="prompt_has_messages"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="prompt_origin_is_known"),
            models.CheckConstraint(
                condition=Q(set_aside_as="", set_aside_at__isnull=True, set_aside_by__isnull=True)
                | Q(set_aside_as__in=SetAside.values, set_aside_at__isnull=False),
                name="prompt_set_aside_names_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(duplicate_of__isnull=True)
                | (Q(set_aside_as__in=[SetAside.SAME_TEXT, SetAside.SAME_BEGINNING]) & ~Q(duplicate_of=F("id"))),
                name="prompt_duplicate_is_set_aside_as_one",
            ),
        ]

    def __str__(self):
        text = self.messages[-1]["content"]
        return text if len(text) <= 80 else f"{text[:79]}…"


class FindingQuerySet(models.QuerySet):
    def open(self):
        """Those that nobody has decided yet."""
        return self.filter(outcome="")


class Finding(models.Model):
    """Where in a prompt, or in what goes with it, something personal seems to stand; the text stands there alone."""

    prompt = models.ForeignKey(
        Prompt, models.CASCADE, related_name="findings", db_index=False, verbose_name=_("prompt")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=FindingKind)
    # Empty: in the prompt itself. Else in the row of that table, which takes its findings along when it goes.
    stands_in = models.CharField(_("stands in"), max_length=13, choices=StandsIn, blank=True, db_default="")
    row = models.PositiveBigIntegerField(_("row"), default=0, db_default=0)
    # Its messages come first, then its few-shot examples, then what else a file said beside it: hygiene/parts.py.
    part = models.PositiveIntegerField(_("part"))
    start = models.PositiveIntegerField(_("from character"))
    end = models.PositiveIntegerField(_("to character"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        indexes = [
            # Which prompts wait for a decision?
            models.Index(fields=["prompt"], condition=Q(outcome=""), name="finding_is_open"),
            # What was found in this response, or in this demonstration?
            models.Index(fields=["row"], condition=~Q(stands_in=""), name="finding_beside"),
        ]
        constraints = [
            # Findings do not overlap, so that each can be replaced by itself.
            # Checked behind each statement, and not within: redacting moves several at once.
            models.UniqueConstraint(
                fields=["prompt", "stands_in", "row", "part", "start"],
                name="one_finding_per_place",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="finding_spans_characters"),
            models.CheckConstraint(condition=Q(kind__in=FindingKind.values), name="finding_kind_is_known"),
            models.CheckConstraint(
                condition=Q(stands_in="", row=0) | Q(stands_in__in=StandsIn.values, row__gt=0, part=0),
                name="finding_names_the_text_it_stands_in",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True, decided_by__isnull=True)
                | Q(outcome__in=Outcome.values, decided_at__isnull=False),
                name="finding_is_decided_with_an_outcome",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.part}: {self.start}–{self.end}"
