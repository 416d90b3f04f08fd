"""Whom does a roster invite, and into what? Each row gets an invitation of its own, or a sentence why it does not."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from labeling.people.models import Cohort, CohortMembership, Invitation, Qualification, Standing, User
from labeling.screening import joining, roster_rows
from labeling.screening.models import Test, TestState
from labeling.screening.roster_rows import NotARoster as NotARoster
from labeling.work.models import Project

COHORTS = {"training": Cohort.TRAINING, "held_out": Cohort.HELD_OUT, "held-out": Cohort.HELD_OUT}
LANGUAGES = {"en": "en", "english": "en", "영어": "en", "ko": "ko", "korean": "ko", "한국어": "ko"}
LIST = "|"  # between several names in one cell: a name may hold a comma
LONGEST_EMAIL = Invitation._meta.get_field("email").max_length or 0
LONGEST_NAME = Invitation._meta.get_field("name").max_length or 0


class BadRow(Exception):
    """Why a row cannot be invited, in a sentence."""


@dataclass
class Invited:
    """What one row asks for."""

    row: roster_rows.Row
    email: str = ""
    name: str = ""
    locale: str = ""
    cohort: str = ""
    test: Any = None
    projects: list = field(default_factory=list)
    qualifications: list = field(default_factory=list)
    problem: str = ""
    is_known: bool = False  # has such an invitation already, or is here

    @property
    def cohort_said(self):
        return Cohort(self.cohort).label if self.cohort else ""

    @property
    def is_new(self):
        return not self.problem and not self.is_known


@dataclass
class Roster:
    sheet: roster_rows.Sheet
    people: list

    @property
    def new(self):
        return [person for person in self.people if person.is_new]

    @property
    def taken(self):
        return [person for person in self.people if not person.problem]

    @property
    def known(self):
        return [person for person in self.people if person.is_known]

    @property
    def bad(self):
        return [person for person in self.people if person.problem]

    def left_over(self):
        """Return the bad rows as they stood, below their header: a list to be corrected and sent in again."""
        rows = "".join(f"{person.row.raw.rstrip()}\n" for person in self.bad)
        return f"{self.sheet.header.rstrip()}\n{rows}" if rows else ""


def understood(text, *, sees_accounts):
    """Return the Roster that `text` is; nothing is stored. Raises NotARoster.

    Who has an account, and in which cohort, is only told to whoever `sees_accounts`.
    """
    sheet = roster_rows.read(text)
    names = Names()
    roster = Roster(sheet, [_read(row, names) for row in sheet.rows])
    _find_twins(roster)
    if sees_accounts:
        _look_at_accounts(roster)
    return roster


class Names:
    """Tests, projects and qualifications by what people call them."""

    def __init__(self):
        tests = Test.objects.filter(state=TestState.PUBLISHED)
        self.tests = _called(tests, "name", "korean_name")
        self.projects = _called(Project.objects.all(), "name")
        self.qualifications = _called(Qualification.objects.all(), "key", "name", "korean_name")


def _called(rows, *fields):
    return {getattr(row, name).casefold(): row for row in rows for name in fields if getattr(row, name)}


def _read(row, names):
    person = Invited(row, problem=row.problem)
    if person.problem:
        return person
    try:
        _read_who(person, row.cells)
        _read_into_what(person, row.cells, names)
    except BadRow as reason:
        person.problem = str(reason)
    return person


def _read_who(person, cells):
    person.email, person.name = cells.get("email", "").lower(), cells.get("name", "")
    if not person.email:
        raise BadRow(_("There is no e-mail address."))
    try:
        validate_email(person.email)
    except ValidationError:
        raise BadRow(_("“%(address)s” is no e-mail address.") % {"address": person.email[:100]}) from None
    if len(person.email) > LONGEST_EMAIL or len(person.name) > LONGEST_NAME:
        raise BadRow(_("The address or the name is too long."))
    language = cells.get("language", "").casefold()
    if language and language not in LANGUAGES:
        raise BadRow(_("“%(word)s” is no language of ours: en or ko.") % {"word": language[:40]})
    person.locale = LANGUAGES.get(language, "")


def _read_into_what(person, cells, names):
    cohort, test = cells.get("cohort", ""), cells.get("test", "")
    if bool(cohort) == bool(test):
        raise BadRow(_("Name either a cohort or a test: it is what the invitation leads to."))
    if cohort and cohort.casefold() not in COHORTS:
        raise BadRow(_("There is no cohort “%(word)s”: training or held_out.") % {"word": cohort[:40]})
    person.cohort = COHORTS.get(cohort.casefold(), "")
    person.test = _one(test, names.tests, _("There is no test “%(word)s” that may be taken now.")) if test else None
    person.projects = _several(cells.get("projects", ""), names.projects, _("There is no project “%(word)s”."))
    sentence = _("There is no qualification “%(word)s”.")
    person.qualifications = _several(cells.get("qualifications", ""), names.qualifications, sentence)
    for project in person.projects:
        if why_not := joining.why_not_to(project, cohort=person.cohort):
            raise BadRow(why_not)


def _one(word, named, sentence):
    if word.casefold() not in named:
        raise BadRow(sentence % {"word": word[:100]})
    return named[word.casefold()]


def _several(cell, named, sentence):
    words = [word.strip() for word in cell.split(LIST) if word.strip()]
    return list(dict.fromkeys(_one(word, named, sentence) for word in words))


def _find_twins(roster):
    first: dict[str, int] = {}
    for person in roster.people:
        if person.problem or not person.email:
            continue
        line = first.setdefault(person.email, person.row.line)
        if line != person.row.line:
            person.problem = _("The same address stands in line %(line)d.") % {"line": line}


def _look_at_accounts(roster):
    """Say what stands against inviting an account that there is."""
    accounts = accounts_of([person.email for person in roster.people if not person.problem])
    memberships = {one.labeler_id: one for one in CohortMembership.objects.filter(labeler__in=accounts.values())}
    for person in roster.people:
        account = accounts.get(person.email)
        if account and not person.problem:
            person.problem = _why_not(person, account, memberships.get(account.pk))


def accounts_of(emails):
    """Return {address in small letters: account}."""
    found = User.objects.alias(address=Lower("email")).filter(address__in=emails).prefetch_related("groups")
    return {user.email.lower(): user for user in found}


def _why_not(person, account, membership):
    if not account.is_active:
        return _("This account has been switched off.")
    if account.stands_outside_cohorts:
        return _("This account stands outside the cohorts: researchers, admins and programs need no invitation.")
    if membership is None:
        return ""
    if person.test and membership.cohort == Cohort.HELD_OUT:
        return _("This person has been admitted without a test, and it stays so.")
    if person.cohort and membership.cohort != person.cohort:
        sentence = _("This person is in the cohort “%(cohort)s”, and nobody changes from one to the other.")
        return sentence % {"cohort": membership.get_cohort_display()}
    if membership.standing != Standing.ACTIVE:
        return _("This person is suspended or retired: bring them back under People.")
    return ""
