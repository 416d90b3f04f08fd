"""May somebody come by this link, and what does it give them?"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.people import admitting, qualifying
from labeling.people.models import Invitation, InvitationUse, Role

USED_UP = gettext_lazy("This invitation has been used up. Ask for a new one.")


def why_not(invitation, person=None):
    """Return the sentence that turns `person` (or anybody) away from the link, or None."""
    if invitation.revoked_at:
        return _("This invitation has been withdrawn.")
    if person and InvitationUse.objects.filter(invitation=invitation, person=person).exists():
        return None
    if invitation.expires_at and invitation.expires_at <= timezone.now():
        return _("This invitation has expired. Ask for a new one.")
    if invitation.most_uses is not None and invitation.uses >= invitation.most_uses:
        return str(USED_UP)
    if person and invitation.email and invitation.email.lower() != person.email.lower():
        return _("This invitation is for another e-mail address. Sign in with that one.")
    if person and person.stands_outside_cohorts:
        return str(admitting.OUTSIDE)
    return None


def open_to(email):
    """Return the newest invitation for this address alone that may still be followed, or None."""
    theirs = Invitation.objects.filter(email__iexact=email).order_by("-pk") if email else ()
    return next((invitation for invitation in theirs if why_not(invitation) is None), None)


@transaction.atomic
def accept(*, invitation, person):
    """Let the link take effect for `person`, once: the cohort and the qualifications that it carries.

    Return True when this call did it. Raises ValidationError with the sentence that turns them away.
    """
    invitation = Invitation.objects.get(pk=invitation.pk)  # as it stands now
    if sentence := why_not(invitation, person):
        raise ValidationError(sentence)
    _use, is_new = InvitationUse.objects.get_or_create(invitation=invitation, person=person)
    if not is_new:
        return False
    has_room = Q(most_uses__isnull=True) | Q(uses__lt=F("most_uses"))
    if not Invitation.objects.filter(has_room, pk=invitation.pk, revoked_at__isnull=True).update(uses=F("uses") + 1):
        raise ValidationError(USED_UP)
    if invitation.cohort:
        admitting.admit(person=person, cohort=invitation.cohort, by=invitation.created_by)
    elif not person.role_names:
        admitting.take_role(person, Role.APPLICANT)
    for qualification in invitation.qualifications.all():
        qualifying.grant(person=person, qualification=qualification, by=invitation.created_by)
    return True


def revoke(*, invitation, by):
    """Turn everybody away who has not come by the link yet."""
    standing = Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True)
    return bool(standing.update(revoked_at=timezone.now(), revoked_by=by))
