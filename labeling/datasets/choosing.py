"""Which labels belong in a dataset? A choice is checked, hashed, counted, and turned into a query."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from labeling.candidates.models import Response
from labeling.datasets import parquet, scales
from labeling.datasets.formats import FORMATS
from labeling.datasets.models import UNITS, DatasetKind
from labeling.datasets.scales import JUDGING
from labeling.labels.models import Label, Rating
from labeling.people.models import Cohort
from labeling.prompts.models import Origin, Prompt, SetAside, Source, Split
from labeling.work.models import AssignmentState, Kind, Project, Purpose, Task

# What trainers must never read: a test's and a calibration pool's labels are about the labelers, not the models.
NEVER_FROZEN = {Purpose.SCREENING, Purpose.CALIBRATION}


@dataclass(frozen=True)
class Choice:
    """A checked choice: the same labels in the same format always have the same hash."""

    kind: str
    format: str
    projects: tuple[Project, ...]
    filters: dict

    @property
    def hash(self):
        said = [self.kind, self.format, [project.pk for project in self.projects], self.filters]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def choose(*, kind, format, projects=(), filters=None):
    """Return the Choice. `projects` are rows or ids; a ValidationError names the key and says what is wrong with it.

    Prompts alone may be chosen by their source, without a project.
    """
    _check_format(kind, format)
    found, normal = _found(projects), _normal(kind, filters or {})
    if not found and not (kind == DatasetKind.PROMPTS and "source" in normal):
        raise _refusal("projects", "Choose at least one project.")
    _check_projects(kind, found, normal)
    return Choice(kind, format, found, _scaled(kind, found, normal))


def check_packing(*, with_parquet):
    """Refuse what this installation cannot write."""
    if with_parquet and not parquet.is_here():
        raise _refusal(
            "parquet", "Parquet needs pyarrow, which is not installed here: install Attune's extra “parquet”."
        )


def labels(choice, *, of_unfit_too=False):
    """Return the labels chosen: the standing ones of submitted assignments, as far as the filters let them in.

    Of raw labels, every revision. Each knows its prompt, given or written (`prompt_said`), and that one's owner.
    Prompts that are set aside, or of the training split and with something personal that nobody has decided, are in
    no file, nor is a task that is set aside; `of_unfit_too` for what a file that is already there may hold of them.
    """
    chosen = Label.objects.filter(assignment__project__in=[project.pk for project in choice.projects])
    if choice.kind != DatasetKind.RAW:
        chosen = chosen.standing().filter(assignment__state=AssignmentState.SUBMITTED)
    if choice.kind == DatasetKind.COMPARISONS:
        chosen = chosen.filter(ranking__isnull=False)
    if choice.kind == DatasetKind.RAW:
        chosen = _with_prompt_said(chosen)
    columns = WRITTEN_COLUMNS if choice.kind == DatasetKind.RAW else COLUMNS
    return _narrowed(chosen if of_unfit_too else chosen.filter(IN_PLAY, ~_of_unfit(columns)), choice, columns)


def demonstrations(choice, *, of_unfit_too=False):
    """Return the standing labels chosen that were written, each with its prompt, given or written."""
    chosen = Label.objects.standing().filter(
        demonstration__isnull=False,
        assignment__state=AssignmentState.SUBMITTED,
        assignment__project__in=[project.pk for project in choice.projects],
    )
    chosen = _with_prompt_said(chosen)
    fit = chosen if of_unfit_too else chosen.filter(IN_PLAY, ~_of_unfit(WRITTEN_COLUMNS))
    return _narrowed(fit, choice, WRITTEN_COLUMNS)


def kept_back(choice):
    """Return a Counter of what was chosen and leaves in no format, by reason: what `labels` and `prompts` pass over."""
    if choice.kind == DatasetKind.PROMPTS:
        return _prompts_kept_back(choice)
    found: Counter[str] = Counter()
    for chosen, columns in _chosen_of_any(choice):
        found[OF_SET_ASIDE.format(unit="labels")] += chosen.exclude(IN_PLAY).count()
        found[OF_UNFIT] += chosen.filter(IN_PLAY, _of_unfit(columns)).count()
    return found


def _prompts_kept_back(choice):
    set_aside = Task.objects.filter(project__in=[project.pk for project in choice.projects]).exclude(prompt=None)
    of_set_aside = Prompt.objects.fit().filter(pk__in=set_aside.values("prompt")).exclude(pk__in=_of_tasks(choice))
    return Counter(
        {
            OF_SET_ASIDE.format(unit="prompts"): _narrowed_prompts(of_set_aside, choice, of_tasks=False).count(),
            UNFIT: _narrowed_prompts(Prompt.objects.unfit(), choice).count(),
        }
    )


def _chosen_of_any(choice):
    """Yield (labels that a kind is made of, the fit and the others; their columns)."""
    if choice.kind == DatasetKind.SFT:
        yield demonstrations(choice, of_unfit_too=True), WRITTEN_COLUMNS
        if "minimum_rating" in choice.filters:
            yield labels(choice, of_unfit_too=True).filter(demonstration__isnull=True), COLUMNS
    elif choice.kind != DatasetKind.PROMPTS:
        yield labels(choice, of_unfit_too=True), WRITTEN_COLUMNS if choice.kind == DatasetKind.RAW else COLUMNS


def _of_unfit(columns):
    # What was said of a prompt's earlier wording stays true of it.
    return Exists(Prompt.objects.unfit(unless=[SetAside.REVISED]).filter(pk=OuterRef(columns["prompt"])))


def _with_prompt_said(labels):
    given, written = "assignment__task__prompt", "demonstration__prompt"
    return labels.annotate(
        prompt_said=Coalesce(f"{given}_id", f"{written}_id"),
        split_said=Coalesce(f"{given}__owner__split", f"{written}__owner__split"),
        owner_said=Coalesce(f"{given}__owner__key_hash", f"{written}__owner__key_hash"),
        source_said=Coalesce(f"{given}__source__name", f"{written}__source__name"),
    )


def _narrowed(chosen, choice, columns):
    narrowed = chosen.filter(**{columns[key]: value for key, value in choice.filters.items() if key in columns})
    return narrowed if choice.filters.get("programs") else narrowed.filter(assignment__by_program=False)


def prompts(choice):
    """Return the prompts chosen: those of the projects' tasks, or all of a source."""
    return _narrowed_prompts(Prompt.objects.fit(), choice)


def _narrowed_prompts(chosen, choice, *, of_tasks=True):
    if choice.projects and of_tasks:
        chosen = chosen.filter(pk__in=_of_tasks(choice))
    columns = {"split": "owner__split", "source": "source__name"}
    return chosen.filter(**{columns[key]: value for key, value in choice.filters.items() if key in columns})


def _of_tasks(choice):
    in_play = Task.objects.in_play().filter(project__in=[project.pk for project in choice.projects])
    return in_play.filter(prompt__isnull=False).values("prompt")


def references(choice, *, empty=False):
    """Return what people had written to the chosen prompts before anybody was asked, as far as it is not empty.

    Where a rating is asked for, those that were judged here are good by it or not at all, like any other response.
    """
    written = Response.objects.references().filter(prompt__in=prompts(choice), is_empty=empty)
    if "minimum_rating" not in choice.filters:
        return written
    judged = Rating.objects.filter(label__in=labels(choice), slot__candidate__response=OuterRef("pk"))
    return written.filter(~Exists(judged))


def few_shot(choice):
    """Return the chosen prompts whose pairs people had written before, too: not those with a demonstration chosen."""
    written = demonstrations(choice).filter(demonstration__prompt=OuterRef("pk"))
    return prompts(choice).filter(~Exists(written), origin=Origin.FEW_SHOT)


def preview_counts(choice):
    """Return {"labelers", "rankings", "pairs", "ties", "splits": [{"split", "rankings", "pairs", "ties"}, …]}.

    Of kinds other than comparisons the totals and the splits count the kind's own unit alone.
    """
    names = ("rankings", "pairs", "ties") if choice.kind == DatasetKind.COMPARISONS else (UNITS[choice.kind],)
    rows = _by_split(choice) if choice.kind == DatasetKind.COMPARISONS else _counted_by_split(choice)
    splits = [dict(zip(("split", *names), row, strict=True)) for row in rows]
    totals = {name: sum(split[name] for split in splits) for name in names}
    return {"labelers": _labelers(choice), **totals, "splits": splits}


def _labelers(choice):
    if choice.kind == DatasetKind.PROMPTS:
        return 0
    is_written = choice.kind == DatasetKind.SFT and "minimum_rating" not in choice.filters
    chosen = demonstrations(choice) if is_written else labels(choice)
    return chosen.order_by().values("assignment__labeler").distinct().count()


def _counted_by_split(choice):
    from labeling.datasets import reading  # which reads what is chosen here

    with transaction.atomic():
        counted = reading.by_split(choice)
    return sorted(counted.items(), key=lambda row: Split.values.index(row[0]))


def _check_format(kind, format):
    if kind not in DatasetKind.values:
        raise _refusal("kind", f"There is no kind of dataset called “{kind}”; {_offered(DatasetKind.values)}.")
    formats = [name for of_kind, name in FORMATS if of_kind == kind]
    if format not in formats:
        raise _refusal("format", f"There is no format “{format}” for {kind}; {_offered(formats)}.")


def _found(projects):
    ids = [getattr(project, "pk", project) for project in projects]
    for id in ids:
        if isinstance(id, bool) or not isinstance(id, int):
            raise _refusal("projects", f"A project is named by its id, a whole number, unlike {id!r}.")
    found = {project.pk: project for project in Project.objects.filter(pk__in=ids)}
    for id in ids:
        if id not in found:
            raise _refusal("projects", f"There is no project {id}.")
    return tuple(found[id] for id in sorted(found))


# Which kinds of project have what a kind of dataset is made of.
COMES_FROM = {
    DatasetKind.SFT: tuple(Kind.values),
    DatasetKind.COMPARISONS: (Kind.RANKING,),
    DatasetKind.UNPAIRED: JUDGING,
    DatasetKind.PROMPTS: tuple(Kind.values),
    DatasetKind.RATINGS: JUDGING,
    DatasetKind.RAW: tuple(Kind.values),
}


def _check_projects(kind, projects, filters):
    for project in projects:
        if project.kind not in COMES_FROM[kind]:
            kinds = " and ".join(COMES_FROM[kind])
            raise _refusal(
                "projects", f"“{project}” is a {project.kind} project; {kind} come from {kinds} projects only."
            )
        if kind == DatasetKind.SFT and project.kind in JUDGING and not {"minimum_rating", "references"} & set(filters):
            raise _refusal(
                "projects",
                f"Nothing is written in “{project}”, a {project.kind} project: say from which “minimum_rating” on its "
                "responses are to be imitated, or ask for “references”.",
            )
        if project.purpose in NEVER_FROZEN:
            raise _refusal(
                "projects",
                f"“{project}” serves {project.purpose}; its labels are never frozen into a dataset.",
            )
    if len({project.purpose for project in projects}) > 1:
        purposes = ", ".join(f"“{project}” serves {project.purpose}" for project in projects)
        raise _refusal("projects", f"Purposes are never mixed in one dataset: {purposes}.")


def _normal(kind, filters):
    """The filters as they are stored and hashed: what is not given, or is the default, is left out."""
    if not isinstance(filters, dict):
        raise _refusal("filters", "Filters are an object of names and values.")
    for key in filters:
        if key not in FILTERS_OF[kind]:
            raise _refusal("filters", f"There is no filter “{key}” for {kind}; {_offered(FILTERS_OF[kind])}.")
    given = {key: FILTERS[key](key, filters[key]) for key in sorted(filters) if filters[key] not in (None, "")}
    if "since" in given and "until" in given and given["since"] >= given["until"]:
        raise _refusal("filters", "“since” must lie before “until”.")
    return {key: value for key, value in given.items() if value is not False}


def _scaled(kind, projects, filters):
    """Bring in the question that responses are judged by, unless it is the overall quality, and hold to its scale.

    The bound is a float, and there even where it is the middle that was not said: the same choice has the same hash.
    """
    bound = BOUNDS.get(kind)
    if bound is None or (kind == DatasetKind.SFT and bound not in filters):
        if "question" in filters:
            raise _refusal("filters", f"“question” says what “{bound}” is about: give both.")
        return filters
    judged = scales.judged_by(projects, filters.get("question", ""))
    value = filters.get(bound, judged.middle)
    if not judged.lowest <= value <= judged.highest:
        sentence = f"The filter “{bound}” is a number from {judged.lowest} to {judged.highest}, unlike {value!r}."
        raise _refusal("filters", sentence)
    others = {key: said for key, said in filters.items() if key != "question"}
    named = {} if judged.key == scales.OVERALL else {"question": judged.key}
    return others | {bound: float(value)} | named


def _one_of(values):
    def read(key, value):
        if value not in values:
            raise _refusal("filters", f"The filter “{key}” knows no “{value}”; {_offered(values)}.")
        return str(value)

    return read


def _moment(key, value):
    """A date is its midnight, and a time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(value.isoformat() if isinstance(value, date) else value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (TypeError, ValueError, OverflowError) as error:
        raise _refusal(
            "filters", f"The filter “{key}” is a date or a time in ISO 8601, such as 2026-11-22, unlike {value!r}."
        ) from error


def _yes_or_no(key, value):
    if not isinstance(value, bool):
        raise _refusal("filters", f"The filter “{key}” is true or false, unlike {value!r}.")
    return value


def _rating(key, value):
    """On which scale it lies is said by the question."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refusal("filters", f"The filter “{key}” is a number, unlike {value!r}.")
    return value


def _key(key, value):
    if not isinstance(value, str):
        raise _refusal("filters", f"The filter “{key}” is the key of a question, unlike {value!r}.")
    return value


def _source(key, value):
    if not isinstance(value, str) or not Source.objects.filter(name=value).exists():
        raise _refusal("filters", f"There is no source called {value!r}.")
    return value


# Each filter's reader. `since` is included and `until` is not, so that consecutive spans share no label.
FILTERS = {
    "cohort": _one_of(Cohort.values),
    "split": _one_of(Split.values),
    "since": _moment,
    "until": _moment,
    "programs": _yes_or_no,
    "source": _source,
    "references": _yes_or_no,  # what people had written before anybody was asked, too
    "minimum_rating": _rating,  # responses whose median rating is at least this, too
    "threshold": _rating,  # medians above it are good and below it bad; the middle of the scale unless said
    "question": _key,  # which of the form's Likert questions these two are about; overall_quality unless said
}
# What is compared with the answers to a question.
BOUNDS = {DatasetKind.SFT: "minimum_rating", DatasetKind.UNPAIRED: "threshold"}
OF_LABELS = ("cohort", "split", "since", "until", "programs", "source")
FILTERS_OF = {
    DatasetKind.SFT: (*OF_LABELS, "references", "minimum_rating", "question"),
    DatasetKind.COMPARISONS: OF_LABELS,
    DatasetKind.UNPAIRED: (*OF_LABELS, "threshold", "question"),
    DatasetKind.PROMPTS: ("split", "source"),
    DatasetKind.RATINGS: OF_LABELS,
    DatasetKind.RAW: OF_LABELS,
}
IN_PLAY = Q(assignment__task__set_aside_at__isnull=True)
OF_SET_ASIDE = "{unit} of tasks that are set aside"
UNFIT = "prompts that are set aside, or hold something personal that nobody has decided"
OF_UNFIT = f"labels of {UNFIT}"
COLUMNS = {
    "prompt": "assignment__task__prompt",
    "cohort": "assignment__cohort",
    "split": "assignment__task__prompt__owner__split",
    "source": "assignment__task__prompt__source__name",
    "since": "submitted_at__gte",
    "until": "submitted_at__lt",
}
WRITTEN_COLUMNS = COLUMNS | {"prompt": "prompt_said", "split": "split_said", "source": "source_said"}


def _offered(names):
    return f"choose from {', '.join(names)}"


def _refusal(key, sentence):
    return ValidationError({key: sentence})


def _by_split(choice):
    """(split, rankings, strict pairs, ties), each split once, train first."""
    chosen, params = labels(choice).values_list("pk", "assignment__task__prompt__owner__split").query.sql_with_params()
    with connection.cursor() as cursor:
        # Only names of our own tables are put together here; every value is a parameter.
        cursor.execute(
            f"""
            WITH chosen (label_id, split) AS ({chosen}),
            tied AS (
                SELECT label_id, split, count(*) AS n
                FROM chosen JOIN labels_ranking r USING (label_id) JOIN labels_place p ON p.ranking_id = r.id
                GROUP BY label_id, split, rank
            ),
            ranked AS (
                SELECT split, sum(n) AS k, sum(n * (n - 1) / 2)::bigint AS ties FROM tied GROUP BY label_id, split
            )
            SELECT split, count(*), sum(k * (k - 1) / 2 - ties)::bigint, sum(ties)::bigint FROM ranked GROUP BY split
            """,  # noqa: S608
            params,
        )
        return sorted(cursor.fetchall(), key=lambda row: Split.values.index(row[0]))
