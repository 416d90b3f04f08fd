"""What did the models answer? Endpoints, the jobs that ask them, and the responses: theirs, a file's or a person's."""

import hashlib
import unicodedata

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.prompts.models import Import, JobState, Prompt


class EndpointRole(models.TextChoices):
    """The part a model plays in the paper's comparison."""

    GPT = "gpt", _("GPT")
    GPT_PROMPTED = "gpt_prompted", _("GPT, prompted")
    SFT = "sft", _("SFT")
    RM = "rm", _("RM")
    PPO = "ppo", _("PPO")
    PPO_PTX = "ppo_ptx", _("PPO-ptx")
    HUMAN = "human", _("human")
    OTHER = "other", _("other")


class Protocol(models.TextChoices):
    """What is spoken with a model; the last four score responses rather than write them."""

    CHAT = "chat", _("chat completions")
    COMPLETIONS = "completions", _("completions")
    SCORE = "score", _("scores: Attune's own")
    VLLM_POOLING = "vllm_pooling", _("scores: vLLM, pooling")
    VLLM_CLASSIFY = "vllm_classify", _("scores: vLLM, classify")
    TEI_PREDICT = "tei_predict", _("scores: text-embeddings-inference")


WRITING = (Protocol.CHAT, Protocol.COMPLETIONS)


class Turns(models.TextChoices):
    """How a conversation is written down for a model that only continues texts."""

    PLAIN = "plain", _("plain: the words alone")
    LABELLED = "labelled", _("labelled: User: … Assistant: …")
    CHATML = "chatml", _("ChatML")
    ALPACA = "alpaca", _("Alpaca: ### Instruction, ### Response")


class KeyHeader(models.TextChoices):
    BEARER = "bearer", _("Authorization: Bearer")
    API_KEY = "api-key", _("api-key (Azure)")


class Sampled(models.Model):
    """How answers are drawn. What is null is left to whoever comes next: the job, the model endpoint, the server."""

    temperature = models.FloatField(
        _("temperature"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(2)]
    )
    top_p = models.FloatField(_("top-p"), null=True, blank=True, validators=[MaxValueValidator(1)])
    max_tokens = models.PositiveIntegerField(
        _("most tokens of an answer"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    stop = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("stop texts"),
        default=list,
        blank=True,
        help_text=_("An answer ends before any of these."),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(temperature__isnull=True) | Q(temperature__gte=0, temperature__lte=2),
                name="%(class)s_temperature_from_0_to_2",
            ),
            models.CheckConstraint(
                condition=Q(top_p__isnull=True) | Q(top_p__gt=0, top_p__lte=1), name="%(class)s_top_p_up_to_1"
            ),
            models.CheckConstraint(
                condition=Q(max_tokens__isnull=True) | Q(max_tokens__gte=1), name="%(class)s_answers_have_room"
            ),
        ]


class EndpointQuerySet(models.QuerySet):
    def close_circuits(self):
        """Ask these again as usual: they answer, or somebody has seen to them. Returns how many were down."""
        down = self.filter(down_at__isnull=False)
        return down.update(down_at=None, down_until=None, down_reason="")


class ModelEndpoint(Sampled):
    """A model that answers prompts; one that only a file named has no URL yet."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    role = models.CharField(_("role"), max_length=12, choices=EndpointRole, default=EndpointRole.OTHER)
    size = models.CharField(_("size"), max_length=20, blank=True, help_text=_("For reports: 1.3B, 6B, 175B."))
    # What may stand here is said by candidates/registering.py: a URLField would refuse hosts of one word.
    base_url = models.CharField(
        _("base URL"), max_length=200, blank=True, help_text=_("OpenAI-compatible, ending in /v1.")
    )
    protocol = models.CharField(_("protocol"), max_length=15, choices=Protocol, default=Protocol.CHAT)
    model_id = models.CharField(
        _("model id"), max_length=200, blank=True, help_text=_("What a request calls the model.")
    )
    # Encrypted by labeling/sealing.py; nothing else reads it, and no page, log or history shows it.
    sealed_key = models.TextField(_("key, encrypted"), blank=True, editable=False)
    key_header = models.CharField(_("key is sent as"), max_length=10, choices=KeyHeader, default=KeyHeader.BEARER)
    system_text = models.TextField(_("system text"), blank=True)
    few_shot_prefix = models.TextField(
        _("few-shot prefix"), blank=True, help_text=_("Put before the prompt, as for the paper's “GPT (prompted)”.")
    )
    suffix = models.TextField(_("suffix"), blank=True, help_text=_("Put after the prompt."))
    turns = models.CharField(
        _("conversations as text"),
        max_length=10,
        choices=Turns,
        default=Turns.PLAIN,
        help_text=_("For the completions protocol."),
    )
    extra = models.JSONField(
        _("more of the request"),
        default=dict,
        blank=True,
        help_text=_("A JSON object that goes into every request as it is."),
    )
    concurrency = models.PositiveIntegerField(
        _("calls at once"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(1024)],
        help_text=_("Over all workers together."),
    )
    calls_per_minute = models.PositiveIntegerField(
        _("calls a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Over all workers together. Empty: as many as there can be."),
    )
    timeout_seconds = models.PositiveIntegerField(
        _("seconds for an answer"), default=120, validators=[MinValueValidator(1), MaxValueValidator(1800)]
    )
    price_in = models.DecimalField(
        _("price of prompts"),
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Dollars for a million tokens."),
    )
    price_out = models.DecimalField(
        _("price of answers"),
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Dollars for a million tokens."),
    )
    # The circuit: while it is open, only one call at a time asks whether the model answers again.
    down_at = models.DateTimeField(_("down since"), null=True, blank=True, editable=False)
    down_until = models.DateTimeField(_("asked again at"), null=True, blank=True, editable=False)
    down_reason = models.CharField(_("why down"), max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("model endpoint")
        verbose_name_plural = _("model endpoints")
        ordering = ["name"]
        constraints = [
            *Sampled.Meta.constraints,
            models.CheckConstraint(condition=Q(role__in=EndpointRole.values), name="endpoint_role_is_known"),
            models.CheckConstraint(condition=~Q(name=""), name="endpoint_has_a_name"),
            models.CheckConstraint(condition=Q(protocol__in=Protocol.values), name="endpoint_protocol_is_known"),
            models.CheckConstraint(condition=Q(turns__in=Turns.values), name="endpoint_turns_are_known"),
            models.CheckConstraint(condition=Q(key_header__in=KeyHeader.values), name="endpoint_key_header_is_known"),
            models.CheckConstraint(
                condition=Q(concurrency__gte=1, concurrency__lte=1024), name="endpoint_takes_1_to_1024_calls"
            ),
            models.CheckConstraint(
                condition=Q(calls_per_minute__isnull=True) | Q(calls_per_minute__gte=1),
                name="endpoint_takes_a_call_a_minute",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__gte=1, timeout_seconds__lte=1800), name="endpoint_has_time_to_answer"
            ),
            models.CheckConstraint(
                condition=Q(price_in__isnull=True) | Q(price_in__gte=0), name="endpoint_price_in_is_a_price"
            ),
            models.CheckConstraint(
                condition=Q(price_out__isnull=True) | Q(price_out__gte=0), name="endpoint_price_out_is_a_price"
            ),
            models.CheckConstraint(
                condition=Q(down_at__isnull=True, down_until__isnull=True, down_reason="")
                | (Q(down_at__isnull=False, down_until__isnull=False) & ~Q(down_reason="")),
                name="endpoint_is_down_for_a_reason",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def has_key(self):
        return bool(self.sealed_key)

    @property
    def is_scorer(self):
        return self.protocol not in WRITING


class GenerationJobQuerySet(models.QuerySet):
    def under_way(self):
        return self.filter(state__in=[JobState.QUEUED, JobState.RUNNING])

    def unplanned(self):
        return self.under_way().filter(planned_at__isnull=True)


class GenerationJob(Sampled):
    """Endpoints × prompts × samples, asked in the background; or, for reward models, every response scored."""

    endpoints = models.ManyToManyField(
        ModelEndpoint, through="JobEndpoint", related_name="jobs", verbose_name=_("model endpoints")
    )
    prompts = models.JSONField(
        _("prompts"), default=dict, help_text=_("The filter by which they were chosen, as in REST.")
    )
    n = models.PositiveSmallIntegerField(_("answers of each model"), default=1)
    k = models.PositiveSmallIntegerField(
        _("different answers wanted"),
        null=True,
        blank=True,
        help_text=_("Of each prompt, over all models; where they are fewer, models are asked again."),
    )
    seed = models.BigIntegerField(
        _("seed"), null=True, blank=True, help_text=_("The n-th answer of a model is asked for with seed + n.")
    )
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    # Why it stands still or has failed, for people.
    reason = models.TextField(_("reason"), blank=True)
    # The last prompt whose calls are there: planning goes on behind it.
    planned_to = models.BigIntegerField(_("planned up to prompt"), default=0)
    planned_at = models.DateTimeField(_("planned at"), null=True, blank=True)
    rounds = models.PositiveSmallIntegerField(_("rounds"), default=0)
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

    objects = GenerationJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("generation job")
        verbose_name_plural = _("generation jobs")
        indexes = [
            # Which jobs should a worker look at?
            models.Index(fields=["requested_at"], condition=Q(state__in=["queued", "running"]), name="job_under_way"),
        ]
        constraints = [
            *Sampled.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "paused"], finished_at__isnull=True)
                | (~Q(state__in=["queued", "running", "paused"]) & Q(finished_at__isnull=False)),
                name="job_finished_when_over",
            ),
            models.CheckConstraint(condition=Q(n__gte=1, n__lte=64), name="job_asks_1_to_64_times"),
            models.CheckConstraint(condition=Q(k__isnull=True) | Q(k__gte=2, k__lte=16), name="job_k_from_2_to_16"),
        ]

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def is_over(self):
        return self.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


class JobEndpoint(models.Model):
    """One endpoint's part of a job: how it is asked, and how far it has come.

    The counters change only in the statement that changes the calls; a test of the house recounts them.
    """

    job = models.ForeignKey(GenerationJob, models.CASCADE, related_name="parts", verbose_name=_("generation job"))
    endpoint = models.ForeignKey(ModelEndpoint, models.PROTECT, related_name="parts", verbose_name=_("model endpoint"))
    # What decides the answers' words, as it stood when the job was planned (candidates/recipes.py).
    recipe = models.JSONField(_("how it is asked"), default=dict)
    total = models.PositiveIntegerField(_("calls"), default=0)
    done = models.PositiveIntegerField(_("answered"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    prompt_tokens = models.BigIntegerField(_("tokens of prompts"), default=0)
    completion_tokens = models.BigIntegerField(_("tokens of answers"), default=0)

    class Meta:
        verbose_name = _("part of a job")
        verbose_name_plural = _("parts of jobs")
        constraints = [
            models.UniqueConstraint(fields=["job", "endpoint"], name="an_endpoint_has_one_part_of_a_job"),
            models.CheckConstraint(condition=Q(total__gte=F("done") + F("failed")), name="part_adds_up"),
        ]

    def __str__(self):
        return f"{self.job} · {self.endpoint}"


class CallState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    LEASED = "leased", _("being asked")
    DONE = "done", _("answered")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Call(models.Model):
    """One question to one endpoint: a sample of its answer to a prompt, or its score of a response."""

    part = models.ForeignKey(
        JobEndpoint, models.CASCADE, related_name="calls", db_index=False, verbose_name=_("part of a job")
    )
    # The part's, for the constraints below, whose indexes also serve these keys.
    endpoint = models.ForeignKey(
        ModelEndpoint, models.PROTECT, db_index=False, related_name="calls", verbose_name=_("model endpoint")
    )
    prompt = models.ForeignKey(Prompt, models.PROTECT, db_index=False, related_name="calls", verbose_name=_("prompt"))
    sample = models.PositiveSmallIntegerField(_("sample"), default=0)
    scored = models.ForeignKey(
        "Response",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="scorings",
        verbose_name=_("response to be scored"),
    )
    state = models.CharField(_("state"), max_length=9, choices=CallState, default=CallState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    # Which worker's engine holds it, and until when unless it says so again.
    holder = models.UUIDField(_("held by"), null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    cause = models.CharField(_("kind of failure"), max_length=12, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    response = models.OneToOneField(
        "Response", models.PROTECT, null=True, blank=True, related_name="call", verbose_name=_("response")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes = [
            # Which calls of this part should be asked next?
            models.Index(fields=["part", "not_before", "id"], condition=Q(state="waiting"), name="call_waiting"),
            # Which calls does nobody hold any more?
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="call_leased"),
            # Which calls of a part failed, and why?
            models.Index(fields=["part", "cause"], condition=Q(state="failed"), name="call_failed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "endpoint", "sample"],
                condition=Q(scored__isnull=True, state__in=["waiting", "leased", "done"]),
                name="nothing_is_asked_twice",
            ),
            models.UniqueConstraint(
                fields=["scored", "endpoint"],
                condition=Q(scored__isnull=False, state__in=["waiting", "leased", "done"]),
                name="nothing_is_scored_twice",
            ),
            models.CheckConstraint(condition=Q(state__in=CallState.values), name="call_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="leased", holder__isnull=False, lease_until__isnull=False)
                | (~Q(state="leased") & Q(holder__isnull=True, lease_until__isnull=True)),
                name="call_leased_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state="done") & (Q(response__isnull=False) | Q(scored__isnull=False)))
                | (~Q(state="done") & Q(response__isnull=True)),
                name="call_done_with_an_answer",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(cause=""), name="call_failed_for_a_reason"),
        ]

    def __str__(self):
        return f"{self.endpoint}: {self.prompt}"


def normal_hash(text):
    """Return 64 hex digits, equal for texts that a reader cannot tell apart.

    Unicode form, line endings and white space at the ends are set aside; indentation is not, for the sake of code.
    """
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    return hashlib.sha256("\n".join(line.rstrip() for line in lines).encode()).hexdigest()


# What str.strip() takes away, where PostgreSQL's \s leaves no-break spaces and the separators of ASCII.
WHITE = r"\s\u001c-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


class Flag(models.TextChoices):
    """What a labeler should perhaps not see, found by candidates/flags.py when the response was stored."""

    LEAK = "leak", _("gives its identity away")
    REFUSAL = "refusal", _("a refusal")
    TRUNCATED = "truncated", _("cut short")


class ResponseQuerySet(models.QuerySet):
    def by_models(self):
        return self.filter(endpoint__isnull=False)

    def references(self):
        return self.filter(endpoint__isnull=True)


class Response(models.Model):
    """One answer to a prompt. Without an endpoint it is a reference: an answer that a person wrote."""

    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="responses", verbose_name=_("prompt"))
    endpoint = models.ForeignKey(
        ModelEndpoint,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="responses",
        verbose_name=_("model endpoint"),
    )
    # Which of a model's several answers to the prompt this is, from 0.
    sample = models.PositiveSmallIntegerField(_("sample"), default=0)
    text = models.TextField(_("text"), blank=True)
    text_hash = models.CharField(_("hash of the normalised text"), max_length=64)
    is_empty = models.GeneratedField(
        verbose_name=_("is empty"),
        expression=Q(text__regex=rf"^[{WHITE}]*$"),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    flags = ArrayField(models.CharField(max_length=10, choices=Flag), verbose_name=_("flags"), default=list, blank=True)
    sampling = models.JSONField(_("sampling"), default=dict, blank=True)
    meta = models.JSONField(_("anything else"), default=dict, blank=True)
    from_import = models.ForeignKey(
        Import, models.SET_NULL, null=True, blank=True, related_name="responses", verbose_name=_("import")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "endpoint", "sample"],
                nulls_distinct=False,
                name="one_response_per_model_and_sample",
            ),
            models.CheckConstraint(
                condition=Q(flags__contained_by=["leak", "refusal", "truncated"]), name="response_flags_are_known"
            ),
        ]

    def __str__(self):
        return self.text[:80] or str(_("(empty response)"))

    @property
    def is_reference(self):
        return self.endpoint_id is None


class Score(models.Model):
    """How good a reward model finds a response; higher is better, and only comparable within one model."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="scores", verbose_name=_("response"))
    endpoint = models.ForeignKey(ModelEndpoint, models.PROTECT, related_name="scores", verbose_name=_("model endpoint"))
    value = models.FloatField(_("score"))
    scored_at = models.DateTimeField(_("scored at"), default=timezone.now)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(fields=["response", "endpoint"], name="a_model_scores_a_response_once"),
        ]

    def __str__(self):
        return f"{self.value:.3f}"
