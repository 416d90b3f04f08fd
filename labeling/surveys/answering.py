"""How is a survey answered without anybody knowing by whom? Two rows are written that do not know each other."""

from django.db import connection, transaction

from labeling.surveys.models import STATEMENTS, Asked, Demographics, Satisfaction, Survey, quarter_of

QUESTIONS = ("gender", "ethnicities", "nationality", "age_band", "education")


def was_asked(person, survey, project=None):
    """Has `person` answered the survey, or put it away? About themselves once for good, about work once a quarter."""
    asked = Asked.objects.filter(person=person, survey=survey, project=project)
    return asked.exists() if survey == Survey.DEMOGRAPHICS else asked.filter(quarter=quarter_of()).exists()


@transaction.atomic
def answer_demographics(*, person, **answers):
    """Store what `person` says of themselves (as in QUESTIONS), as far as they do; return False if they were asked."""
    if was_asked(person, Survey.DEMOGRAPHICS) or not _note(person, Survey.DEMOGRAPHICS):
        return False
    _store(Demographics(**answers), is_blank=not any(answers.get(name) for name in QUESTIONS))
    return True


@transaction.atomic
def answer_satisfaction(*, person, project, **answers):
    """The same of the work in `project`: numbers from 1 to 5 by STATEMENTS, None for what was skipped."""
    if not _note(person, Survey.SATISFACTION, project):
        return False
    is_blank = all(answers.get(name) is None for name in STATEMENTS)
    _store(Satisfaction(project=project, **answers), is_blank=is_blank)
    return True


def put_away(*, person, survey, project=None):
    """Note that `person` would rather not answer; nobody can tell that from an answer."""
    return not was_asked(person, survey, project) and _note(person, survey, project)


def _note(person, survey, project=None):
    """Return whether this call noted it: of two tabs the first does."""
    return Asked.objects.get_or_create(person=person, survey=survey, project=project, quarter=quarter_of())[1]


def _store(answer, *, is_blank):
    if not is_blank:
        answer.quarter = quarter_of()
        answer.save(force_insert=True)
        _shuffle(answer)


def _shuffle(answer):
    """Write all answers of this kind and quarter anew, in an order of chance and under new keys.

    The row in Asked is written in the same transaction, so that the two share PostgreSQL's hidden number of it (xmin),
    and the tables would grow side by side, in the same order. Afterwards neither tells which answer came when.
    """
    table = answer._meta.db_table
    columns = ", ".join(field.column for field in answer._meta.concrete_fields if not field.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH gone AS (DELETE FROM {table} WHERE quarter = %s RETURNING *)
            INSERT INTO {table} (id, {columns}) SELECT gen_random_uuid(), {columns} FROM gone ORDER BY random()
            """,  # noqa: S608  names of our own
            [answer.quarter],
        )
