"""What does the platform hold on a person? Every table with something about them, and which of its columns are theirs.

Tables of the rooms that come after this one are added by those rooms, when they are ready.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Q

USER = "people.User"


@dataclass(frozen=True)
class Held:
    """A table with rows about people: a lookup that leads from a row to its person, or a function from them to a Q.

    `also` adds rows that no lookup leads to. `only` these columns are given, or all `but` those; who else had to do
    with a row is never among them.
    """

    model: str
    whose: str | Callable
    also: Callable = lambda person: Q(pk__in=())
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    @property
    def table(self):
        return apps.get_model(self.model)

    @property
    def name(self):
        return self.table._meta.label_lower

    @property
    def fields(self):
        every = [*self.table._meta.concrete_fields, *self.table._meta.local_many_to_many]
        return [field for field in every if (not self.only or field.name in self.only) and field.name not in self.but]

    def rows(self, person):
        mine = self.whose(person) if callable(self.whose) else Q(**{self.whose: person})
        return self.table._default_manager.filter(mine | self.also(person)).order_by("pk").distinct()


def _decided(person):
    """Results, grades and reasons are somebody's from the final decision on; before, they are work under way.

    A place on the waiting list is no final one, and why somebody has it may say how they did.
    """
    return apps.get_model("screening.Attempt").objects.decided().filter(applicant=person)


def _graded(person):
    tests = _decided(person).values("test")
    return Q(label__assignment__labeler=person, label__assignment__project__section__test__in=tests)


HELD = [
    # A password's hash is of no use to its owner, and of some to a thief.
    Held(USER, lambda person: Q(pk=person.pk), but=("password",)),
    Held("account.EmailAddress", "user"),
    Held("socialaccount.SocialAccount", "user"),
    Held("mfa.Authenticator", "user", but=("data",)),
    Held("people.CohortMembership", "labeler"),
    Held("people.CohortMembershipEvent", "labeler"),
    Held("people.Qualified", "labeler"),
    Held("people.QualifiedEvent", "labeler"),
    Held("people.Consent", "person"),
    # What researchers note beside a link is for their own memory.
    Held("people.Invitation", lambda person: Q(email__iexact=person.email), but=("note",)),
    Held("people.InvitationUse", "person"),
    Held("events.Mail", "to", also=lambda person: Q(invitation__email__iexact=person.email)),
    Held("prompts.Prompt", "demonstrations__label__assignment__labeler"),
    Held("work.Invitee", "labeler"),
    Held("work.Membership", "labeler", but=("cursor_priority", "cursor_position")),
    Held("work.Assignment", "labeler"),
    # Which response stood at a place is not told: its text would tell the model.
    Held("work.Slot", "assignment__labeler", only=("id", "assignment", "place")),
    Held("work.Draft", "assignment__labeler"),
    Held("work.SheetFlag", "assignment__labeler"),
    Held("labels.Label", "assignment__labeler"),
    Held("labels.Demonstration", "label__assignment__labeler"),
    Held("labels.Ranking", "label__assignment__labeler"),
    Held("labels.Place", "ranking__label__assignment__labeler"),
    Held("labels.Rating", "label__assignment__labeler"),
    Held("labels.Answer", "label__assignment__labeler"),
    Held("quality.Gold", "label__assignment__labeler"),
    Held("quality.Grade", _graded),
    Held("surveys.Asked", "person"),
    Held("screening.Attempt", "applicant"),
    Held("screening.Sitting", "attempt__applicant"),
    Held("screening.Result", lambda person: Q(attempt__in=_decided(person))),
    Held("screening.Decision", lambda person: Q(attempt__in=_decided(person))),
    Held("own_account.DeletionRequest", "person"),
]


def hold(*more):
    """Add tables of a room that comes after this one."""
    HELD.extend(held for held in more if held not in HELD)


def lines(held, person):
    """Yield the rows of one table as dicts of plain values."""
    for row in held.rows(person).iterator(chunk_size=500):
        yield {field.name: _value(field, row) for field in held.fields if _is_theirs(field, row, person)}


def done():
    """Return [(model, field)] of every column that names who did something: made, decided, resolved."""
    subjects = {(held.model.lower(), held.whose) for held in HELD if isinstance(held.whose, str)}
    return [
        (model, field)
        for model in apps.get_models()
        if model.__module__.startswith("labeling.")
        for field in model._meta.concrete_fields
        if _is_of_a_person(field) and (model._meta.label_lower, field.name) not in subjects
    ]


def doings(person):
    """Yield what `person` did in the rows of others, by its number alone: {"table", "row", "as", "at"}."""
    for model, field in done():
        at = f"{field.name.removesuffix('_by')}_at"
        has_at = any(other.name == at for other in model._meta.concrete_fields)
        rows = model._default_manager.filter(**{field.name: person}).order_by("pk")
        for pk, *moment in rows.values_list("pk", *([at] if has_at else [])).iterator(chunk_size=500):
            yield {"table": model._meta.label_lower, "row": pk, "as": field.name, "at": moment[0] if moment else None}


def columns():
    """Return the columns that a download covers, as "room.table.column"."""
    held = {f"{held.name}.{field.name}" for held in HELD for field in held.fields}
    return held | {f"{model._meta.label_lower}.{field.name}" for model, field in done()}


def _is_of_a_person(field):
    return field.is_relation and field.related_model is apps.get_model(USER)


def _is_theirs(field, row, person):
    return not _is_of_a_person(field) or getattr(row, field.attname) == person.pk


def _value(field, row):
    if field.many_to_many:
        return [str(one) for one in getattr(row, field.name).all()]
    return field.value_from_object(row)
