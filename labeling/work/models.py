"""Who gets which sheet next? Projects, their tasks, and the assignments by which labelers hold them."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labeling.candidates.models import Flag, ModelEndpoint, Response
from labeling.guidelines.models import Form, FormVersion, Instructions, InstructionsVersion
from labeling.people.access import cohort_of
from labeling.people.models import Invitation, Qualification, Qualified
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import WRITTEN, WRITTEN_CHOICES, Prompt

LETTERS = "ABCDEFGHIJKLMNOP"  # K is 2 to 16


class Kind(models.TextChoices):
    DEMONSTRATION = "demonstration", _("demonstration")
    RANKING = "ranking", _("ranking")
    RATING = "rating", _("rating")


class Purpose(models.TextChoices):
    TRAINING = "training", _("training")
    EVALUATION = "evaluation", _("evaluation")
    SCREENING = "screening", _("screening")
    CALIBRATION = "calibration", _("calibration")


class Audience(models.TextChoices):
    """Whose work a project is."""

    TRAINING = "training", _("training labelers")
    HELD_OUT = "held_out", _("held-out labelers")
    ANY = "any", _("both")


class ProjectState(models.TextChoices):
    DRAFT = "draft", _("draft")
    OPEN = "open", _("open")
    PAUSED = "paused", _("paused")
    CLOSED = "closed", _("closed")


class Layout(models.TextChoices):
    CARDS = "cards", _("cards: all responses side by side")
    PAGES = "pages", _("pages: one response after the other, then the board")


class Programs(models.TextChoices):
    """Do programs label here? Where they do, they take no seat: the overlap counts people."""

    BESIDE = "beside", _("beside people: every task, without taking a seat")
    NONE = "none", _("not at all")


class ProjectQuerySet(models.QuerySet):
    def open_to(self, labeler):
        """Open projects that the labeler may work in.

        Programs: those where programs label. Researchers: all. Others: those of their cohort, and those they have been
        invited to; screening is always by invitation, and alone needs no cohort. Each asks for its qualifications.
        """
        if labeler.is_program:
            return self.filter(state=ProjectState.OPEN).exclude(programs=Programs.NONE)
        cohort = cohort_of(labeler)
        if cohort is None and labeler.stands_outside_cohorts:
            return self.filter(state=ProjectState.OPEN)
        return self.open_to_member(labeler, cohort)

    def open_to_member(self, labeler, cohort, now=None):
        """Open projects for somebody who works in `cohort`, or in none (None) as yet."""
        is_screening = Q(purpose=Purpose.SCREENING)
        is_theirs = Q(cohort__in=[cohort, Audience.ANY]) if cohort else Q(pk__in=[])
        invited = Q(pk__in=Invitee.objects.in_force(now).filter(labeler=labeler).values("project"))
        held = Qualified.objects.in_force(now).filter(labeler=labeler).values("qualification")
        wanting = Project.qualifications.through.objects.filter(project=OuterRef("pk")).exclude(qualification__in=held)
        return self.filter(
            is_screening & invited | ~is_screening & is_theirs & (Q(by_invitation=False) | invited),
            ~Exists(wanting),
            state=ProjectState.OPEN,
        )


class Project(models.Model):
    """One labeling job: what is asked, of whom, and how often."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind, default=Kind.RANKING)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose, default=Purpose.TRAINING)
    state = models.CharField(_("state"), max_length=8, choices=ProjectState, default=ProjectState.DRAFT)
    form = models.ForeignKey(Form, models.PROTECT, related_name="projects", verbose_name=_("form"))
    instructions = models.ForeignKey(
        Instructions, models.PROTECT, related_name="projects", verbose_name=_("instructions")
    )
    k = models.PositiveSmallIntegerField(_("responses per task"), default=4)
    min_k = models.PositiveSmallIntegerField(
        _("fewest responses accepted"),
        null=True,
        blank=True,
        help_text=_("Empty: exactly as many as wanted."),
    )
    rate_first = models.BooleanField(_("rate before ranking"), default=True)
    layout = models.CharField(_("layout"), max_length=8, choices=Layout, default=Layout.CARDS)
    may_arrange = models.BooleanField(_("offer “Arrange by my ratings”"), default=True)
    overlap = models.PositiveSmallIntegerField(
        _("overlap"), null=True, blank=True, default=1, help_text=_("Labelers per task. Empty: everybody.")
    )
    most_per_labeler = models.PositiveIntegerField(
        _("most tasks for one labeler"), null=True, blank=True, help_text=_("Empty: as many as there are.")
    )
    calibration_share = models.DecimalField(
        _("share of calibration"),
        max_digits=3,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_(
            "How much of each labeler's work comes from the calibration pool, which everybody gets: 0 to 0.5, such as "
            "0.15. Empty: its tasks come in the order of all others."
        ),
    )
    programs = models.CharField(
        _("programs label"), max_length=6, choices=Programs, default=Programs.BESIDE, db_default=Programs.BESIDE.value
    )
    cohort = models.CharField(_("cohort"), max_length=10, choices=Audience, default=Audience.TRAINING)
    by_invitation = models.BooleanField(
        _("by invitation only"),
        default=False,
        db_default=False,
        help_text=_("Only for those of the cohort who have been invited. Screening always is."),
    )
    invitations = models.ManyToManyField(
        Invitation, blank=True, related_name="projects", verbose_name=_("invitations that lead here")
    )
    qualifications = models.ManyToManyField(
        Qualification, blank=True, related_name="projects", verbose_name=_("qualifications that it asks for")
    )
    lease_minutes = models.PositiveIntegerField(_("lease in minutes"), default=60)
    baseline = models.ForeignKey(
        ModelEndpoint,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("baseline model"),
        help_text=_("Among the responses of every task, for win rates against it."),
    )
    most_per_model = models.PositiveSmallIntegerField(
        _("most responses of one model"), null=True, blank=True, help_text=_("In one task. Empty: as chance has it.")
    )
    with_references = models.BooleanField(
        _("mix references in"),
        default=False,
        help_text=_("What people wrote stands among the responses of models, and is not told apart from them."),
    )
    only_references = models.BooleanField(
        _("references alone"),
        default=False,
        db_default=False,
        help_text=_("What people wrote is rated by itself, whatever models have answered."),
    )
    leave_out = ArrayField(
        models.CharField(max_length=10, choices=Flag),
        verbose_name=_("leave out responses with the flag"),
        default=list,
        blank=True,
    )
    prompt_types = ArrayField(
        models.CharField(max_length=12, choices=WRITTEN_CHOICES),
        verbose_name=_("labelers write the prompt"),
        default=list,
        blank=True,
        help_text=_("The types they may choose from. None: the prompt is given."),
    )
    asks_for_tags = models.BooleanField(_("ask for the prompt's tags"), default=False)
    # Set where nothing changes any more (work/fixing.py): these are the questions that its sheets ask from then on.
    fixed_version = models.ForeignKey(
        FormVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("stays with the form version"),
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

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cohort="training") | Q(purpose="evaluation"),
                name="held_out_labelers_only_evaluate",
            ),
            # Rating is of one response by itself, so one will do; with none the questions are about the prompt alone.
            models.CheckConstraint(
                condition=Q(k__gte=2, k__lte=16) | Q(kind="rating", k__lte=1), name="k_from_2_to_16_or_rated_alone"
            ),
            models.CheckConstraint(
                condition=Q(min_k__isnull=True)
                | Q(min_k__gte=2, min_k__lte=F("k"))
                | Q(kind="rating", min_k__gte=1, min_k__lte=F("k")),
                name="min_k_from_2_to_k_or_rated_alone",
            ),
            models.CheckConstraint(condition=Q(overlap__isnull=True) | Q(overlap__gte=1), name="overlap_at_least_1"),
            models.CheckConstraint(
                condition=Q(most_per_labeler__isnull=True) | Q(most_per_labeler__gte=1),
                name="a_labeler_may_do_at_least_1",
            ),
            models.CheckConstraint(
                condition=Q(calibration_share__isnull=True)
                | Q(calibration_share__gte=0, calibration_share__lte=Decimal("0.5")),
                name="calibration_is_at_most_half_of_the_work",
            ),
            models.CheckConstraint(
                condition=Q(most_per_model__isnull=True) | Q(most_per_model__gte=1), name="a_model_may_stand_in_a_task"
            ),
            # A prompt has one reference at most in a task, so there is nothing to compare it with.
            models.CheckConstraint(
                condition=Q(only_references=False)
                | Q(kind="rating", k=1, with_references=False, baseline__isnull=True),
                name="references_alone_are_rated_one_by_one",
            ),
            models.CheckConstraint(
                condition=Q(leave_out__contained_by=["leak", "refusal", "truncated"]), name="left_out_flags_are_known"
            ),
            models.CheckConstraint(
                condition=Q(prompt_types__contained_by=WRITTEN), name="prompt_types_are_what_labelers_write"
            ),
            models.CheckConstraint(
                condition=Q(kind="demonstration") | Q(prompt_types=[], asks_for_tags=False),
                name="prompts_are_written_and_tagged_in_demonstrations",
            ),
            models.CheckConstraint(condition=Q(lease_minutes__gte=1), name="lease_at_least_a_minute"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="project_kind_is_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="project_purpose_is_known"),
            models.CheckConstraint(condition=Q(state__in=ProjectState.values), name="project_state_is_known"),
            models.CheckConstraint(condition=Q(layout__in=Layout.values), name="project_layout_is_known"),
            models.CheckConstraint(condition=Q(programs__in=Programs.values), name="project_programs_is_known"),
        ]

    def __str__(self):
        return self.name

    @property
    def fewest_responses(self):
        return self.min_k or self.k

    @property
    def is_fixed(self):
        return self.fixed_version_id is not None

    @property
    def asks_for_prompt(self):
        return bool(self.prompt_types)


class InviteeQuerySet(models.QuerySet):
    def in_force(self, now=None):
        return self.exclude(until__lte=now or timezone.now())


class Invitee(models.Model):
    """Somebody may work in a project that is by invitation, for good or until a moment."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="invitees", verbose_name=_("project"))
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="invited_to", verbose_name=_("labeler")
    )
    invited_at = models.DateTimeField(_("invited at"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = InviteeQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitee")
        verbose_name_plural = _("invitees")
        constraints = [models.UniqueConstraint(fields=["project", "labeler"], name="invited_once_to_a_project")]

    def __str__(self):
        return f"{pseudonym(self.labeler.pseudonym_key)} · {self.project}"


class Membership(models.Model):
    """One labeler in one project: how far down the queue they have come."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships", verbose_name=_("project"))
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("labeler")
    )
    # Where the queue last served this labeler; null is the start. Only the queue moves it.
    cursor_priority = models.SmallIntegerField(_("cursor: priority"), null=True, blank=True)
    cursor_position = models.BigIntegerField(_("cursor: position"), null=True, blank=True)
    # Sheets that this labeler has open or has submitted here, and those among them from the calibration pool. Only the
    # queue changes them, in the transaction that changes the sheet.
    taken = models.PositiveIntegerField(_("taken"), default=0, db_default=0)
    taken_from_pool = models.PositiveIntegerField(_("taken from the pool"), default=0, db_default=0)
    acknowledged_instructions = models.ForeignKey(
        InstructionsVersion,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("instructions acknowledged"),
    )
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["project", "labeler"], name="one_membership_per_project_and_labeler"),
            models.CheckConstraint(
                condition=Q(cursor_priority__isnull=True, cursor_position__isnull=True)
                | Q(cursor_priority__isnull=False, cursor_position__isnull=False),
                name="cursor_is_whole_or_absent",
            ),
            models.CheckConstraint(
                condition=Q(taken_from_pool__lte=F("taken")), name="the_pool_is_a_part_of_what_was_taken"
            ),
        ]

    def __str__(self):
        return f"{self.labeler} · {self.project}"


class TaskQuerySet(models.QuerySet):
    def in_play(self):
        return self.filter(set_aside_at__isnull=True)

    def wanting_hands(self):
        """Those that still have a seat free (everyone has a seat where `seats` is null)."""
        return self.in_play().filter(Q(seats__isnull=True) | Q(taken__lt=F("seats")))

    def open_to(self, labeler):
        """Programs take no seats, so they need none to be free."""
        return self.in_play() if labeler.is_program else self.wanting_hands()

    def unseen_by(self, labeler):
        return self.exclude(assignments__labeler=labeler)


class Task(models.Model):
    """One prompt with its candidates in one project, wanting `seats` labelers.

    Where the project asks labelers for the prompt (and there only, as a trigger sees to), there is none yet.
    """

    # Its own index would be a third that begins with the project.
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="tasks", verbose_name=_("project"), db_index=False
    )
    prompt = models.ForeignKey(
        Prompt, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("prompt")
    )
    use_case_text = models.TextField(
        _("use case"),
        blank=True,
        db_default="",
        help_text=_("Anonymised: what a user-based prompt is to be written from."),
    )
    seats = models.PositiveSmallIntegerField(
        _("seats"), null=True, blank=True, help_text=_("The overlap. Empty: everybody.")
    )
    # Seats taken by people's open or submitted assignments. Only the queue changes it, in the statement that changes
    # them. Programs take none.
    taken = models.PositiveIntegerField(_("taken"), default=0)
    # All seats were taken once, and one was given back: labelers may have passed the task by. Set by the queue alone.
    came_free = models.BooleanField(_("a seat came free"), default=False, db_default=False)
    is_calibration = models.BooleanField(
        _("in the calibration pool"), default=False, db_default=False, help_text=_("Everybody gets it.")
    )
    priority = models.SmallIntegerField(_("priority"), default=0, help_text=_("Higher comes first."))
    position = models.BigIntegerField(_("position"), help_text=_("Random: the order among equals."))
    # What the candidates and every labeler's order of them were drawn from.
    seed = models.BigIntegerField(_("seed"))
    set_aside_at = models.DateTimeField(_("set aside at"), null=True, blank=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("set aside by"),
    )
    set_aside_reason = models.CharField(_("why set aside"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = [
            # Which task comes next in this project? Exactly the tasks that want hands; the queue reads it backwards.
            models.Index(
                fields=["project", "priority", "position"],
                condition=Q(set_aside_at__isnull=True) & (Q(seats__isnull=True) | Q(taken__lt=F("seats"))),
                name="task_wanting_hands",
            ),
            # Which have labelers passed by that want hands again?
            models.Index(
                fields=["project", "priority", "position"],
                condition=Q(set_aside_at__isnull=True, came_free=True, taken__lt=F("seats")),
                name="task_that_came_free",
            ),
            # Which comes next for a program, to which it does not matter who else has a seat?
            models.Index(
                fields=["project", "priority", "position"], condition=Q(set_aside_at__isnull=True), name="task_in_play"
            ),
            # Which comes next from the calibration pool?
            models.Index(
                fields=["project", "priority", "position"],
                condition=Q(set_aside_at__isnull=True, is_calibration=True),
                name="task_in_the_pool",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "prompt"], name="one_task_per_project_and_prompt"),
            models.CheckConstraint(
                condition=Q(seats__isnull=True) | Q(taken__lte=F("seats")), name="seats_not_overfilled"
            ),
            models.CheckConstraint(
                condition=Q(is_calibration=False) | Q(seats__isnull=True), name="everybody_gets_the_calibration_pool"
            ),
            models.CheckConstraint(
                condition=Q(set_aside_at__isnull=True, set_aside_reason="")
                | (Q(set_aside_at__isnull=False) & ~Q(set_aside_reason="")),
                name="set_aside_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(prompt__isnull=True) | Q(use_case_text=""), name="a_use_case_asks_for_a_prompt"
            ),
        ]

    def __str__(self):
        return f"{self.project}: {self.title}"

    @property
    def title(self):
        """A line to know it by: its prompt, else the use case that one is to be written from."""
        return str(self.prompt or Truncator(self.use_case_text).chars(80) or _("a prompt of the labeler's own"))


class TaskCandidate(models.Model):
    """One response that labelers of the task compare."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="candidates", verbose_name=_("task"))
    response = models.ForeignKey(Response, models.PROTECT, related_name="candidacies", verbose_name=_("response"))
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["task", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["task", "response"], name="a_response_is_a_candidate_once"),
            models.UniqueConstraint(fields=["task", "ordinal"], name="candidates_stand_in_order"),
        ]

    def __str__(self):
        return f"{self.ordinal}: {self.response}"


class AssignmentState(models.TextChoices):
    OPEN = "open", _("open")
    SUBMITTED = "submitted", _("submitted")
    SKIPPED = "skipped", _("skipped")
    EXPIRED = "expired", _("expired")


class Assignment(models.Model):
    """One labeler holding one task, for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, models.PROTECT, related_name="assignments", verbose_name=_("task"))
    project = models.ForeignKey(Project, models.PROTECT, related_name="assignments", verbose_name=_("project"))
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments", verbose_name=_("labeler")
    )
    state = models.CharField(_("state"), max_length=10, choices=AssignmentState, default=AssignmentState.OPEN)
    # Copies of facts at the time of the lease: the database can hold labels to them.
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    cohort = models.CharField(_("cohort"), max_length=10, blank=True, help_text=_("Empty for researchers."))
    by_program = models.BooleanField(_("by a program"), default=False)
    form_version = models.ForeignKey(FormVersion, models.PROTECT, related_name="+", verbose_name=_("form version"))
    instructions_version = models.ForeignKey(
        InstructionsVersion, models.PROTECT, related_name="+", verbose_name=_("version of instructions")
    )
    prompt_tags = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("tags of the prompt"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("Those that it had at the lease: which questions were asked depends on them."),
    )
    leased_at = models.DateTimeField(_("leased at"), default=timezone.now)
    lease_until = models.DateTimeField(_("leased until"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # A sheet that was submitted and is open again: its label stands until it is submitted anew, and its seat is kept.
    was_closed_at = models.DateTimeField(
        _("submitted before at"), null=True, blank=True, help_text=_("Only while it is reopened.")
    )
    skip_reason = models.CharField(_("why skipped"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        indexes = [
            # Which leases have passed?
            models.Index(fields=["lease_until"], condition=Q(state="open"), name="assignment_open_leases"),
            # What has this labeler done here, and does an expired sheet wait for them?
            models.Index(fields=["labeler", "project", "state", "closed_at"], name="assignment_of_labeler"),
            # What has this labeler done, in all projects, newest first?
            models.Index(
                fields=["labeler", "closed_at", "id"], condition=Q(closed_at__isnull=False), name="assignment_history"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task", "labeler"], name="one_look_per_labeler"),
            models.UniqueConstraint(
                fields=["labeler", "project"],
                condition=Q(state="open", by_program=False),
                name="one_open_sheet_per_desk",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="closed_when_not_open",
            ),
            models.CheckConstraint(
                condition=Q(was_closed_at__isnull=True) | Q(state="open"), name="only_open_sheets_are_reopened"
            ),
            models.CheckConstraint(
                condition=~Q(cohort="held_out") | Q(purpose="evaluation"), name="held_out_work_is_evaluation"
            ),
            models.CheckConstraint(condition=Q(state__in=AssignmentState.values), name="assignment_state_is_known"),
        ]

    def __str__(self):
        return str(self.id)

    @property
    def is_open(self):
        return self.state == AssignmentState.OPEN

    @property
    def is_reopened(self):
        return self.was_closed_at is not None


class Slot(models.Model):
    """A candidate as one labeler sees it: a place on the page, and so a letter; no model name."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="slots", verbose_name=_("assignment"))
    candidate = models.ForeignKey(TaskCandidate, models.PROTECT, related_name="slots", verbose_name=_("candidate"))
    place = models.PositiveSmallIntegerField(_("place"), help_text=_("1 is shown first, as Response A."))

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["assignment", "place"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "place"], name="one_response_per_place"),
            models.UniqueConstraint(fields=["assignment", "candidate"], name="one_place_per_response"),
            models.CheckConstraint(condition=Q(place__gte=1, place__lte=16), name="place_from_1_to_16"),
        ]

    def __str__(self):
        return self.letter

    @property
    def letter(self):
        return LETTERS[self.place - 1]


class Draft(models.Model):
    """What a labeler has put on a sheet so far; an older revision never overwrites a newer one."""

    assignment = models.OneToOneField(Assignment, models.CASCADE, related_name="draft", verbose_name=_("assignment"))
    revision = models.PositiveIntegerField(_("revision"))
    body = models.JSONField(_("body"), help_text=_("In the shape of a submission, as far as it goes."))
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")

    def __str__(self):
        return f"{self.assignment_id} r{self.revision}"


class Concern(models.TextChoices):
    """What may be wrong with a sheet itself, whatever is said on it."""

    PII = "pii", _("names or private details of a real person")
    HARMFUL = "harmful", _("harmful content")
    BROKEN = "broken", _("broken or unreadable")
    OTHER = "other", _("something else")


class SheetFlag(models.Model):
    """A labeler's word to the researchers about the sheet in front of them; the sheet goes on."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="flags", verbose_name=_("assignment"))
    kind = models.CharField(_("kind"), max_length=10, choices=Concern)
    note = models.TextField(_("note"), blank=True)
    flagged_at = models.DateTimeField(_("flagged at"), default=timezone.now)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resolved by"),
    )
    resolution = models.CharField(_("resolution"), max_length=500, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("sheet", "flag")
        verbose_name_plural = pgettext_lazy("sheet", "flags")
        indexes = [
            # Which flags wait for somebody to look at them?
            models.Index(fields=["flagged_at"], condition=Q(resolved_at__isnull=True), name="flags_that_wait"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "kind"], condition=Q(resolved_at__isnull=True), name="flagged_once_for_each_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=Concern.values), name="flag_kind_is_known"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=False) | Q(resolved_by__isnull=True, resolution=""),
                name="resolved_when_somebody_says_how",
            ),
        ]

    def __str__(self):
        return self.get_kind_display()
