"""Which labels belong in a dataset? A choice is checked, hashed, counted, and turned into a query."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError
from django.db import connection

from labeling.datasets.formats import FORMATS
from labeling.datasets.models import DatasetKind
from labeling.labels.models import Label
from labeling.people.models import Cohort
from labeling.prompts.models import Split
from labeling.work.models import AssignmentState, Kind, Project, Purpose

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


def choose(*, kind, format, projects, filters=None):
    """Return the Choice. `projects` are rows or ids; a ValidationError names the key and says what is wrong with it."""
    _check_format(kind, format)
    found = _found(projects)
    _check_projects(kind, found)
    return Choice(kind, format, found, _normal(filters or {}))


def labels(choice):
    """Return the labels chosen: the standing rankings of submitted assignments, as far as the filters let them in."""
    chosen = Label.objects.standing().filter(
        ranking__isnull=False,
        assignment__state=AssignmentState.SUBMITTED,
        assignment__project__in=[project.pk for project in choice.projects],
    )
    narrowed = chosen.filter(**{COLUMNS[key]: value for key, value in choice.filters.items() if key in COLUMNS})
    return narrowed if choice.filters.get("programs") else narrowed.filter(assignment__by_program=False)


def preview_counts(choice):
    """Return {"labelers", "rankings", "pairs", "ties", "splits": [{"split", "rankings", "pairs", "ties"}, …]}."""
    splits = [dict(zip(("split", "rankings", "pairs", "ties"), row, strict=True)) for row in _by_split(choice)]
    totals = {key: sum(split[key] for split in splits) for key in ("rankings", "pairs", "ties")}
    labelers = labels(choice).values("assignment__labeler").distinct().count()
    return {"labelers": labelers, **totals, "splits": splits}


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
    if not found:
        raise _refusal("projects", "Choose at least one project.")
    return tuple(found[id] for id in sorted(found))


def _check_projects(kind, projects):
    for project in projects:
        if project.kind != Kind.RANKING:
            raise _refusal(
                "projects", f"“{project}” is a {project.kind} project; {kind} come from ranking projects only."
            )
        if project.purpose in NEVER_FROZEN:
            raise _refusal(
                "projects",
                f"“{project}” serves {project.purpose}; its labels are never frozen into a dataset.",
            )
    if len({project.purpose for project in projects}) > 1:
        purposes = ", ".join(f"“{project}” serves {project.purpose}" for project in projects)
        raise _refusal("projects", f"Purposes are never mixed in one dataset: {purposes}.")


def _normal(filters):
    """The filters as they are stored and hashed: what is not given, or is the default, is left out."""
    if not isinstance(filters, dict):
        raise _refusal("filters", "Filters are an object of names and values.")
    for key in filters:
        if key not in FILTERS:
            raise _refusal("filters", f"There is no filter “{key}”; {_offered(FILTERS)}.")
    given = {key: FILTERS[key](key, filters[key]) for key in sorted(filters) if filters[key] not in (None, "")}
    if "since" in given and "until" in given and given["since"] >= given["until"]:
        raise _refusal("filters", "“since” must lie before “until”.")
    return {key: value for key, value in given.items() if value is not False}


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


# Each filter's reader. `since` is included and `until` is not, so that consecutive spans share no label.
FILTERS = {
    "cohort": _one_of(Cohort.values),
    "split": _one_of(Split.values),
    "since": _moment,
    "until": _moment,
    "programs": _yes_or_no,
}
COLUMNS = {
    "cohort": "assignment__cohort",
    "split": "assignment__task__prompt__owner__split",
    "since": "submitted_at__gte",
    "until": "submitted_at__lt",
}


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
