"""Which responses go on a sheet, and which tasks does a project get?"""

import random
from dataclasses import dataclass, field
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.candidates.models import Response
from labeling.prompts.models import Origin, Prompt, SetAside
from labeling.work import fixing, queue
from labeling.work.matching import by_text, different
from labeling.work.models import Kind, Project, ProjectState, Task

BATCH = 1000  # prompts in memory at once


@dataclass
class Drawn:
    """What came of adding tasks: how many were made, and why each of the others was not."""

    created: int = 0
    refused: list[dict] = field(default_factory=list)

    def refuse(self, prompt, reason):
        self.refused.append({"prompt": prompt, "reason": reason})


def add_tasks(*, project, prompts, limit=None, priority=0, to_pool=0, seed=None):
    """Make a task of each of `prompts` and draw its candidates; return a `Drawn`.

    `prompts` is either a queryset (a filter: prompts that are tasks already are passed over, so that drawing again
    adds only what is new) or ids (each id is answered for: created or refused). `limit` is how many tasks to add.
    Everything random comes from `random.Random(seed)`: the same seed, prompts and responses give the same tasks.
    Prompts that are set aside, or wait for a decision before they may train anything, become no tasks.
    Demonstrations are written to any prompt, and have no candidates. So many of the tasks, drawn by lot, go `to_pool`,
    the calibration pool that everybody gets; None for all of them.
    """
    if project.asks_for_prompt:
        raise ValidationError(
            _("“%(project)s” asks labelers for its prompts: add tasks without a prompt.") % {"project": project}
        )
    drawn = Drawn()
    randomness = random.Random(seed)  # noqa: S311  a fair draw that can be repeated, not a secret
    with transaction.atomic():
        _lock(project)
        last = _last_task() if to_pool != 0 else None
        ids = _by_filter(project, prompts) if isinstance(prompts, QuerySet) else _named(project, prompts, drawn)
        while batch := list(islice(ids, BATCH)):
            room = None if limit is None else limit - drawn.created
            if room == 0:
                break
            _draw_batch(project, batch, drawn, randomness, room, priority)
        if drawn.created:
            _fill_the_pool(project, last, to_pool)
            queue.start_over(project=project)
    return drawn


def _last_task():
    return Task.objects.aggregate(last=Max("pk", default=0))["last"]


def _fill_the_pool(project, last, to_pool):
    """Put `to_pool` of the tasks made after the `last` into it: those that chance has placed first."""
    if to_pool != 0:
        tasks = project.tasks.filter(pk__gt=last)
        chosen = tasks.order_by("-position").values("pk")[:to_pool]
        tasks.filter(pk__in=chosen).update(is_calibration=True, seats=None)


def add_unwritten_tasks(*, project, number=0, use_cases=(), priority=0, to_pool=0, seed=None):
    """Make `number` tasks for which labelers write the prompt, and one from each of `use_cases`; return how many.

    Everything random comes from `random.Random(seed)`. Raises ValidationError.
    """
    _check_unwritten(project, use_cases)
    randomness = random.Random(seed)  # noqa: S311  as above
    tasks = [_new_task(project, None, randomness, priority, use_case) for use_case in [*[""] * number, *use_cases]]
    with transaction.atomic():
        _lock(project)
        last = _last_task()
        Task.objects.bulk_create(tasks, batch_size=BATCH)
        _fill_the_pool(project, last, to_pool)
        queue.start_over(project=project)
    return len(tasks)


def _check_unwritten(project, use_cases):
    if not project.asks_for_prompt:
        raise ValidationError(
            _("“%(project)s” does not ask labelers for prompts: name the prompts of its tasks.") % {"project": project}
        )
    if use_cases and Origin.USER_BASED not in project.prompt_types:
        raise ValidationError(_("“%(project)s” asks for no user-based prompts.") % {"project": project})
    if not all(use_case.strip() for use_case in use_cases):
        raise ValidationError(_("A use case is blank."))


def draw(answers, *, k, baseline=None, most_per_model=None, seed):
    """Return up to `k` of `answers`, of which no two have the same text: a fair draw from `random.Random(seed)`.

    `answers` are (id, endpoint id, text hash) in the order of their ids. Where several models gave the same text,
    chance says whose answer stands for it, as far as `most_per_model` leaves it a choice; one of the baseline's always
    stands for itself. A reference (no endpoint) is drawn like any other answer, and at most one of them. As many
    as can stand together are found, if they are not more than `k`.
    """
    randomness = random.Random(seed)  # noqa: S311  as above
    texts = by_text(answers)
    randomness.shuffle(texts)
    for same in texts:
        randomness.shuffle(same)
    chosen = different(texts, enough=k, most_per_model=most_per_model, baseline=baseline)
    randomness.shuffle(chosen)
    return chosen


def why_not(answers, project, left_out=()):
    """Return the sentence that keeps a prompt with these answers out of the project, or None.

    `left_out` are further answers of the prompt, with a flag that the project leaves out.
    """
    if project.baseline_id and not _has(answers, project.baseline_id):
        return _without_baseline(project, flagged=_has(left_out, project.baseline_id))
    if project.only_references and not answers:
        return _without_reference(flagged=bool(left_out))
    texts, needed = by_text(answers), project.fewest_responses
    limits = {"most_per_model": project.most_per_model, "baseline": project.baseline_id}
    found = len(different(texts, enough=needed, **limits))
    if found >= needed:
        return None
    without_limit = len(different(texts, enough=len(texts)))
    if without_limit >= needed:
        return _too_alike(project, found, without_limit)
    return _too_few(without_limit, needed, flagged=bool(left_out))


def _has(answers, endpoint):
    return any(answer[1] == endpoint for answer in answers)


def _without_baseline(project, *, flagged):
    if flagged:
        sentence = _(
            "Every non-empty answer of the baseline model %(model)s to this prompt has a flag that is left out."
        )
    else:
        sentence = _("The baseline model %(model)s has no non-empty answer to this prompt.")
    return sentence % {"model": project.baseline.name}


def _without_reference(*, flagged):
    if flagged:
        return _("What a person wrote to this prompt has a flag that is left out.")
    return _("Nobody has written an answer to this prompt.")


def _too_alike(project, found, texts):
    return ngettext(
        "With at most %(most)d response of one model, only %(found)d of %(texts)d different ones can stand together; "
        "%(needed)d are needed.",
        "With at most %(most)d responses of one model, only %(found)d of %(texts)d different ones can stand together; "
        "%(needed)d are needed.",
        project.most_per_model,
    ) % {"most": project.most_per_model, "found": found, "texts": texts, "needed": project.fewest_responses}


def _too_few(found, needed, *, flagged):
    if not found and flagged:
        return _("Every non-empty response has a flag that is left out; %(needed)d are needed.") % {"needed": needed}
    if not found:
        return _("No model has given a non-empty response; %(needed)d are needed.") % {"needed": needed}
    numbers = {"found": found, "needed": needed}
    if flagged:
        return (
            ngettext(
                "Only %(found)d different non-empty response has no flag that is left out; %(needed)d are needed.",
                "Only %(found)d different non-empty responses have no flag that is left out; %(needed)d are needed.",
                found,
            )
            % numbers
        )
    return (
        ngettext(
            "Only %(found)d different non-empty response; %(needed)d are needed.",
            "Only %(found)d different non-empty responses; %(needed)d are needed.",
            found,
        )
        % numbers
    )


def foresee(*, project, prompts):
    """Count, without drawing, what adding the queryset `prompts` would do.

    Returns {"prompts", "already": tasks of the project, "drawable", "refused"}. PostgreSQL counts texts, but does not
    match them with models: where a model may stand in a task only so often, every prompt's answers are looked at.
    """
    counts = {"prompts": Count("pk"), "already": Count("pk", filter=Q(is_task=True))}
    asked = prompts.fit().order_by().annotate(is_task=_is_task(project))
    if project.kind == Kind.DEMONSTRATION:
        told = asked.aggregate(**counts, drawable=Count("pk", filter=Q(is_task=False)))
    elif project.most_per_model is None:
        told = _with_facts(asked, project).aggregate(
            **counts, drawable=Count("pk", filter=Q(is_task=False) & _is_drawable(project))
        )
    else:
        told = asked.aggregate(**counts) | {"drawable": _count_drawable(project, prompts)}
    return told | {"refused": told["prompts"] - told["already"] - told["drawable"]}


def _with_facts(prompts, project):
    usable = _eligible(project, "responses__") & ~_flagged(project, "responses__")
    answers = Response.objects.filter(_eligible(project) & ~_flagged(project))
    of_prompt = answers.filter(prompt=OuterRef("pk"))
    the_same = answers.by_models().filter(prompt=OuterRef("prompt"), text_hash=OuterRef("text_hash"))
    return prompts.annotate(
        texts=Count("responses__text_hash", distinct=True, filter=usable & Q(responses__endpoint__isnull=False)),
        has_baseline=Exists(of_prompt.filter(endpoint=project.baseline_id)),
        has_reference=Exists(of_prompt.references().filter(~Exists(the_same))),
    )


def _is_drawable(project):
    """What `why_not` says where no model is limited: a reference is one text more, unless a model gave it too."""
    drawable = Q(texts__gte=project.fewest_responses)
    if project.with_references or project.only_references:
        drawable |= Q(texts=project.fewest_responses - 1, has_reference=True)
    return drawable & Q(has_baseline=True) if project.baseline_id else drawable


def _count_drawable(project, prompts):
    ids, drawable = _by_filter(project, prompts), 0
    while batch := list(islice(ids, BATCH)):
        answers = _answers(project, batch)
        drawable += sum(why_not(one.usable, project, one.left_out) is None for one in answers.values())
    return drawable


def _lock(project):
    """Draw one at a time into a project; labelers at work are not held up (FOR NO KEY UPDATE)."""
    locked = Project.objects.select_for_update(no_key=True).only("name", "state", "fixed_version").get(pk=project.pk)
    fixing.check(locked)
    if locked.state == ProjectState.CLOSED:
        raise ValidationError(_("“%(project)s” is closed and takes no more tasks.") % {"project": project})


def _is_task(project):
    return Exists(Task.objects.filter(project=project, prompt=OuterRef("pk")))


def _by_filter(project, prompts):
    ids = prompts.fit().filter(~_is_task(project)).order_by("pk").values_list("pk", flat=True)
    return ids.iterator(chunk_size=BATCH)


def _named(project, prompts, drawn):
    ids = iter(dict.fromkeys(prompts))
    while batch := list(islice(ids, BATCH)):
        named = Prompt.objects.filter(pk__in=batch)
        known = dict(named.annotate(is_task=_is_task(project)).values_list("pk", "is_task"))
        unfit = dict(named.unfit().values_list("pk", "set_aside_as"))
        for prompt in batch:
            if prompt not in known:
                drawn.refuse(prompt, _("There is no such prompt."))
            elif known[prompt]:
                drawn.refuse(prompt, _("This prompt is already a task of this project."))
            elif prompt in unfit:
                drawn.refuse(prompt, _why_unfit(unfit[prompt]))
            else:
                yield prompt


def _why_unfit(set_aside_as):
    if set_aside_as:
        return _("This prompt is set aside: %(reason)s.") % {"reason": SetAside(set_aside_as).label}
    return _("Something in this prompt looks personal and waits for a decision.")


def _eligible(project, path=""):
    """Non-empty answers: of models, and where they are mixed in, of people; or of people alone."""
    by_whom = {} if project.with_references else {f"{path}endpoint__isnull": project.only_references}
    return Q(**{f"{path}is_empty": False}, **by_whom)


def _flagged(project, path=""):
    return Q(**{f"{path}flags__overlap": project.leave_out})


@dataclass
class Answers:
    """What was answered to one prompt, as `draw` wants it."""

    usable: list = field(default_factory=list)
    left_out: list = field(default_factory=list)


def _answers(project, prompts):
    """Return prompt id → Answers, of each of `prompts`."""
    found = {prompt: Answers() for prompt in prompts}
    rows = (
        Response.objects.filter(_eligible(project), prompt__in=prompts)
        .annotate(is_left_out=_flagged(project))
        .order_by("prompt", "pk")
        .values_list("prompt", "is_left_out", "pk", "endpoint", "text_hash")
    )
    for prompt, is_left_out, *answer in rows:
        (found[prompt].left_out if is_left_out else found[prompt].usable).append(tuple(answer))
    return found


def _draw_batch(project, prompts, drawn, randomness, room, priority):
    if project.kind == Kind.DEMONSTRATION:
        tasks = [_new_task(project, prompt, randomness, priority) for prompt in prompts[:room]]
        drawn.created += len(Task.objects.bulk_create(tasks))
    else:
        _draw_candidates(project, prompts, drawn, randomness, room, priority)


def _draw_candidates(project, prompts, drawn, randomness, room, priority):
    answers = _answers(project, prompts)
    tasks: list[Task] = []
    for prompt in prompts:
        if len(tasks) == room:
            break
        if reason := why_not(answers[prompt].usable, project, answers[prompt].left_out):
            drawn.refuse(prompt, reason)
        else:
            tasks.append(_new_task(project, prompt, randomness, priority))
    Task.objects.bulk_create(tasks)
    _store_candidates(
        (task.pk, answer[0], ordinal)
        for task in tasks
        for ordinal, answer in enumerate(
            draw(
                answers[task.prompt_id].usable,
                k=project.k,
                baseline=project.baseline_id,
                most_per_model=project.most_per_model,
                seed=task.seed,
            )
        )
    )
    drawn.created += len(tasks)


def _store_candidates(rows):
    """By COPY: there are K of them for every task, and building a model for each took half of the time."""
    copying = "COPY work_taskcandidate (task_id, response_id, ordinal) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for row in rows:
            copy.write_row(row)


def _new_task(project, prompt, randomness, priority, use_case=""):
    return Task(
        project=project,
        prompt_id=prompt,
        use_case_text=use_case,
        seats=project.overlap,
        priority=priority,
        position=randomness.getrandbits(62),
        seed=randomness.getrandbits(62),
    )
