"""How does somebody become a labeler?"""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.people.models import CohortMembership, Role
from labeling.people.roles import follow_roles

OUTSIDE = gettext_lazy("Researchers, admins and programs stand outside the cohorts, and need no invitation.")


@transaction.atomic
def admit(*, person, cohort, by):
    """Make `person` a labeler of `cohort`, and no applicant any more; return the membership. Again changes nothing.

    Raises ValidationError for whoever is in the other cohort, as held-out labelers are held out for good, and for
    whoever stands outside of both.
    """
    if person.stands_outside_cohorts:
        raise ValidationError(OUTSIDE)
    membership, _is_new = CohortMembership.objects.get_or_create(
        labeler=person, defaults={"cohort": cohort, "admitted_by": by}
    )
    if membership.cohort != cohort:
        sentence = _("This person is in the cohort “%(cohort)s”, and nobody changes from one to the other.")
        raise ValidationError(sentence % {"cohort": membership.get_cohort_display()})
    take_role(person, Role.LABELER, instead_of=Role.APPLICANT)
    return membership


def take_role(person, role, *, instead_of=None):
    """Put `person` into the group of `role`, out of that of another one."""
    person.groups.remove(*Group.objects.filter(name=instead_of))
    person.groups.add(Group.objects.get(name=role))
    person.__dict__.pop("_role_names", None)
    follow_roles(person)
