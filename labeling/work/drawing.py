"""Which responses go on a sheet, and which tasks does a project get?"""

import random
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.candidates.models import Response
from labeling.prompts.models import Prompt
from labeling.work import queue
from labeling.work.models import Project, ProjectState, Task

BATCH = 1000  # prompts in memory at once


@dataclass
class Drawn:
    """What came of adding tasks: how many were made, and why each of the others was not."""

    created: int = 0
    refused: list[dict] = field(default_factory=list)

    def refuse(self, prompt, reason):
        self.refused.append({"prompt": prompt, "reason": reason})


def add_tasks(*, project, prompts, limit=None, priority=0, seed=None):
    """Make a task of each of `prompts` and draw its candidates; return a `Drawn`.

    `prompts` is either a queryset (a filter: prompts that are tasks already are passed over, so that drawing again
    adds only what is new) or ids (each id is answered for: created or refused). `limit` is how many tasks to add.
    Everything random comes from `random.Random(seed)`: the same seed, prompts and responses give the same tasks.
    """
    drawn = Drawn()
    randomness = random.Random(seed)  # noqa: S311  a fair draw that can be repeated, not a secret
    with transaction.atomic():
        _lock(project)
        ids = _by_filter(project, prompts) if isinstance(prompts, QuerySet) else _named(project, prompts, drawn)
        while batch := list(islice(ids, BATCH)):
            room = None if limit is None else limit - drawn.created
            if room == 0:
                break
            _draw_batch(project, batch, drawn, randomness, room, priority)
        if drawn.created:
            queue.start_over(project=project)
    return drawn


def draw(answers, *, k, baseline=None, seed):
    """Return up to `k` of `answers`, of which no two have the same text: a fair draw from `random.Random(seed)`.

    `answers` are (id, endpoint id, text hash) in the order of their ids. Where several models gave the same text,
    chance says whose answer stands for it; the baseline's always stands for itself.
    """
    randomness = random.Random(seed)  # noqa: S311  as above
    own = [answer for answer in answers if baseline is not None and answer[1] == baseline]
    first = [randomness.choice(own)] if own else []
    texts: dict[str, list] = {}
    for answer in answers:
        texts.setdefault(answer[2], []).append(answer)
    for answer in first:
        del texts[answer[2]]
    others = randomness.sample(list(texts.values()), min(k - len(first), len(texts)))
    chosen = first + [randomness.choice(same) for same in others]
    randomness.shuffle(chosen)
    return chosen


def why_not(answers, project):
    """Return the sentence that keeps a prompt with these answers out of the project, or None."""
    if project.baseline_id and all(endpoint != project.baseline_id for __, endpoint, __ in answers):
        return _("The baseline model %(model)s has no non-empty answer to this prompt.") % {
            "model": project.baseline.name
        }
    found, needed = len({text_hash for *__, text_hash in answers}), project.fewest_responses
    if found >= needed:
        return None
    if not found:
        return _("No model has given a non-empty response; %(needed)d are needed.") % {"needed": needed}
    return ngettext(
        "Only %(found)d different non-empty response; %(needed)d are needed.",
        "Only %(found)d different non-empty responses; %(needed)d are needed.",
        found,
    ) % {"found": found, "needed": needed}


def foresee(*, project, prompts):
    """Count, without drawing, what adding the queryset `prompts` would do.

    Returns {"prompts", "already": tasks of the project, "drawable", "refused"}.
    """
    usable = Q(responses__endpoint__isnull=False, responses__is_empty=False)
    texts = Count("responses__text_hash", distinct=True, filter=usable)
    drawable = Q(is_task=False, texts__gte=project.fewest_responses)
    if project.baseline_id:
        drawable &= Q(has_baseline=True)
    by_baseline = Response.objects.filter(prompt=OuterRef("pk"), endpoint=project.baseline_id, is_empty=False)
    counts = (
        prompts.order_by()
        .annotate(texts=texts, is_task=_is_task(project), has_baseline=Exists(by_baseline))
        .aggregate(
            prompts=Count("pk"),
            already=Count("pk", filter=Q(is_task=True)),
            drawable=Count("pk", filter=drawable),
        )
    )
    return counts | {"refused": counts["prompts"] - counts["already"] - counts["drawable"]}


def _lock(project):
    """Draw one at a time into a project; labelers at work are not held up (FOR NO KEY UPDATE)."""
    state = Project.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=project.pk)
    if state == ProjectState.CLOSED:
        raise ValidationError(_("“%(project)s” is closed and takes no more tasks.") % {"project": project})


def _is_task(project):
    return Exists(Task.objects.filter(project=project, prompt=OuterRef("pk")))


def _by_filter(project, prompts):
    ids = prompts.filter(~_is_task(project)).order_by("pk").values_list("pk", flat=True)
    return ids.iterator(chunk_size=BATCH)


def _named(project, prompts, drawn):
    ids = iter(dict.fromkeys(prompts))
    while batch := list(islice(ids, BATCH)):
        known = dict(
            Prompt.objects.filter(pk__in=batch).annotate(is_task=_is_task(project)).values_list("pk", "is_task")
        )
        for prompt in batch:
            if prompt not in known:
                drawn.refuse(prompt, _("There is no such prompt."))
            elif known[prompt]:
                drawn.refuse(prompt, _("This prompt is already a task of this project."))
            else:
                yield prompt


def _answers(prompts):
    """Return prompt id → its usable answers, as `draw` wants them."""
    rows = (
        Response.objects.by_models()
        .filter(prompt__in=prompts, is_empty=False)
        .order_by("prompt", "pk")
        .values_list("prompt", "pk", "endpoint", "text_hash")
    )
    return {prompt: [row[1:] for row in group] for prompt, group in groupby(rows, key=itemgetter(0))}


def _draw_batch(project, prompts, drawn, randomness, room, priority):
    answers = _answers(prompts)
    tasks: list[Task] = []
    for prompt in prompts:
        if len(tasks) == room:
            break
        if reason := why_not(answers.get(prompt, []), project):
            drawn.refuse(prompt, reason)
        else:
            tasks.append(_new_task(project, prompt, randomness, priority))
    Task.objects.bulk_create(tasks)
    _store_candidates(
        (task.pk, answer[0], ordinal)
        for task in tasks
        for ordinal, answer in enumerate(
            draw(answers[task.prompt_id], k=project.k, baseline=project.baseline_id, seed=task.seed)
        )
    )
    drawn.created += len(tasks)


def _store_candidates(rows):
    """By COPY: there are K of them for every task, and building a model for each took half of the time."""
    copying = "COPY work_taskcandidate (task_id, response_id, ordinal) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for row in rows:
            copy.write_row(row)


def _new_task(project, prompt, randomness, priority):
    return Task(
        project=project,
        prompt_id=prompt,
        seats=project.overlap,
        priority=priority,
        position=randomness.getrandbits(62),
        seed=randomness.getrandbits(62),
    )
