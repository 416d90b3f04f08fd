"""What of somebody who leaves has to go, table by table, so that only a tombstone is left?"""

import json
import uuid

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from labeling.events.models import Mail
from labeling.people.models import CohortMembership, Invitation, InvitationUse, Qualified, Standing
from labeling.screening.models import Attempt, Decision, Outcome
from labeling.surveys.models import Asked
from labeling.work.models import Assignment, Draft, Invitee, SheetFlag

GONE = "The account was deleted."  # as stored, whatever the language of whoever carried it out


def name_on_the_tombstone(person):
    return f"left-{person.pk}@deleted.invalid"  # a name that no mail can ever reach (RFC 2606)


def scrub(person, *, by):
    """Empty everything that says who `person` was. Their labels, and what was decided, stay with the tombstone."""
    _end_sessions(person)
    _scrub_admin_log(person)
    _scrub_standing(person, by)
    _scrub_qualifications(person, by)
    _scrub_invitations(person)
    _scrub_tests(person, by)
    _scrub_sheets(person)
    EmailAddress.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    Mail.objects.filter(to=person).delete()
    Asked.objects.filter(person=person).delete()
    Invitee.objects.filter(labeler=person).delete()
    _put_up_the_tombstone(person)


def _end_sessions(person):
    """Sessions do not know whose they are but from within; half-done sign-ups name an address."""
    for session in Session.objects.iterator():
        said = session.get_decoded()
        if said.get(SESSION_KEY) == str(person.pk) or person.email in json.dumps(said, ensure_ascii=False, default=str):
            session.delete()


def _scrub_admin_log(person):
    """What admins did stays in their log; the names in it go. One that is part of another word goes, too: no harm."""
    named = Q(object_repr__icontains=person.email) | Q(change_message__icontains=person.email)
    for name in filter(None, {person.name, json.dumps(person.name)[1:-1]}):
        named |= Q(object_repr__icontains=name) | Q(change_message__icontains=name)
    LogEntry.objects.filter(named).update(object_repr="", change_message="")


def _scrub_standing(person, by):
    CohortMembership.objects.filter(labeler=person).update(
        standing=Standing.RETIRED, standing_reason=GONE, standing_at=timezone.now(), standing_by=by
    )
    history = apps.get_model("people.CohortMembershipEvent").objects.filter(labeler=person)
    history.exclude(standing_reason=GONE).update(standing_reason="")


def _scrub_qualifications(person, by):
    held = Qualified.objects.filter(labeler=person)
    held.filter(revoked_at__isnull=True).update(revoked_at=timezone.now(), revoked_by=by)
    held.update(reason="")
    apps.get_model("people.QualifiedEvent").objects.filter(labeler=person).update(reason="")


def _scrub_invitations(person):
    """A link for them alone is revoked: without the address it would be for everybody."""
    only_theirs = Q(email__iexact=person.email) | Q(users__person=person, most_uses=1)
    numbers = list(Invitation.objects.filter(only_theirs).values_list("pk", flat=True))
    links = Invitation.objects.filter(pk__in=numbers)
    links.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
    links.update(email="", name="", locale="", note="")
    Mail.objects.filter(invitation__in=numbers).delete()
    InvitationUse.objects.filter(person=person).delete()


def _scrub_tests(person, by):
    attempts = Attempt.objects.filter(applicant=person)
    attempts.exclude(left_reason="").update(left_reason="")
    waiting = attempts.undecided().filter(handed_in_at__isnull=False)
    Decision.objects.bulk_create(
        Decision(attempt=attempt, outcome=Outcome.DECLINED, reason=GONE, decided_by=by) for attempt in waiting
    )


def _scrub_sheets(person):
    """What stands beside the labels; the labels themselves are another question."""
    sheets = Assignment.objects.filter(labeler=person)
    sheets.exclude(skip_reason="").update(skip_reason="")
    SheetFlag.objects.filter(assignment__in=sheets).exclude(note="").update(note="")
    Draft.objects.filter(assignment__in=sheets).delete()


def _put_up_the_tombstone(person):
    person.groups.clear()
    person.user_permissions.clear()
    person.email = name_on_the_tombstone(person)
    person.name = person.locale = ""
    person.time_zone = "UTC"
    person.pseudonym_key = uuid.uuid4()  # nobody can work out the old pseudonym any more
    person.is_active = person.is_staff = person.is_superuser = False
    person.last_login, person.date_joined = None, timezone.now()
    person.set_unusable_password()
    person.save()
