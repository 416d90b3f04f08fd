"""How is everybody on a roster invited, and nobody twice?"""

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone, translation

from labeling.events import telling
from labeling.people.models import CohortMembership, Invitation, Qualified
from labeling.screening.models import Attempt, Test
from labeling.screening.rosters import accounts_of
from labeling.screening.wording import shown
from labeling.work.models import Invitee, Project


def note_known(people, *, sees_accounts):
    """Note on each of `people` (rows of a roster) whether they have such an invitation already, or are here by now."""
    good = [person for person in people if not person.problem]
    invitations = _standing([person.email for person in good])
    here = _Here(good) if sees_accounts else None
    for person in good:
        has_one = any(_covers(invitation, person) for invitation in invitations.get(person.email, ()))
        person.is_known = has_one or bool(here and here.has_all(person))


@transaction.atomic
def invite(people, *, by, note="", expires_at=None, sees_accounts=False):
    """Give everybody who is not known yet an invitation of their own, and have a letter sent; return the Invitations.

    Whoever sends the same roster at the same moment waits, and then finds them known.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('roster', 0))")
    note_known(people, sees_accounts=sees_accounts)
    new = [person for person in people if person.is_new]
    made = Invitation.objects.bulk_create(
        Invitation(
            email=person.email,
            name=person.name,
            locale=person.locale,
            cohort=person.cohort,
            note=note,
            expires_at=expires_at,
            created_by=by,
        )
        for person in new
    )
    _lead(made, new)
    telling.invite((invitation, _facts(invitation, person)) for invitation, person in zip(made, new, strict=True))
    return made


def _lead(made, new):
    """Set what each invitation leads to beside its cohort."""
    pairs = list(zip(made, new, strict=True))
    Test.invitations.through.objects.bulk_create(
        Test.invitations.through(invitation=one, test=person.test) for one, person in pairs if person.test
    )
    Project.invitations.through.objects.bulk_create(
        Project.invitations.through(invitation=one, project=project)
        for one, person in pairs
        for project in person.projects
    )
    Invitation.qualifications.through.objects.bulk_create(
        Invitation.qualifications.through(invitation=one, qualification=given)
        for one, person in pairs
        for given in person.qualifications
    )


def _facts(invitation, person):
    """What the letter says: in its language what it leads to, the link, and the last day."""
    with translation.override(person.locale or None):
        test = shown(person.test, "name") if person.test else ""
    return {
        "link": reverse("screening:join", args=[invitation.code]),
        "test": test,
        "projects": [project.name for project in person.projects],
        "until": invitation.expires_at.date().isoformat() if invitation.expires_at else "",
    }


def _standing(emails):
    """{address: its invitations that may be followed, or have been}."""
    may_be = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()) | Q(uses__gt=0)
    rows = Invitation.objects.alias(address=Lower("email")).filter(may_be, address__in=emails, revoked_at__isnull=True)
    found: dict[str, list] = {}
    for invitation in rows.prefetch_related("tests", "projects", "qualifications"):
        found.setdefault(invitation.email.lower(), []).append(invitation)
    return found


def _covers(invitation, person):
    """Does the invitation give all that the row asks for?"""
    return (
        invitation.cohort == person.cohort
        and {person.test} - {None} <= set(invitation.tests.all())
        and set(person.projects) <= set(invitation.projects.all())
        and set(person.qualifications) <= set(invitation.qualifications.all())
    )


class _Here:
    """What those of a roster who have an account have already."""

    def __init__(self, people):
        self.accounts = accounts_of([person.email for person in people])
        theirs = {"labeler__in": self.accounts.values()}
        self.cohorts = set(CohortMembership.objects.filter(**theirs).values_list("labeler", "cohort"))
        self.projects = set(Invitee.objects.in_force().filter(**theirs).values_list("labeler", "project"))
        self.held = set(Qualified.objects.in_force().filter(**theirs).values_list("labeler", "qualification"))
        attempts = Attempt.objects.filter(applicant__in=self.accounts.values())
        self.attempts = set(attempts.values_list("applicant", "test"))

    def has_all(self, person):
        account = self.accounts.get(person.email)
        if account is None:
            return False
        came = (
            (account.pk, person.test.pk) in self.attempts
            if person.test
            else (account.pk, person.cohort) in self.cohorts
        )
        return (
            came
            and {(account.pk, project.pk) for project in person.projects} <= self.projects
            and {(account.pk, given.pk) for given in person.qualifications} <= self.held
        )
