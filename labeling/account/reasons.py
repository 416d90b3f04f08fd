"""In which projects may somebody work, and why, or why not?"""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from labeling.people.models import CohortMembership, Standing
from labeling.screening.wording import shown
from labeling.work import counting, queue
from labeling.work.models import Audience, Invitee, Project, ProjectState, Purpose


@dataclass(frozen=True)
class Door:
    """One project as somebody stands before it: open to them or not, and the sentences that say why."""

    project: str
    kind: str
    is_open: bool
    why: list[str]


def doors(person):
    """Return a Door for each running project that is for `person`, those that are open to them first.

    Of projects of the other cohort, or by invitation of others, nobody learns so much as the name. Tests have a page of
    their own.
    """
    membership = CohortMembership.objects.filter(labeler=person).first()
    invited = {row.project_id: row for row in Invitee.objects.filter(labeler=person)}
    open_ones = list(Project.objects.open_to(person).exclude(purpose=Purpose.SCREENING))
    others = _for(person, membership, invited).exclude(pk__in=[project.pk for project in open_ones])
    return [
        *(_door(project, True, _why_open(person, project, invited.get(project.pk))) for project in open_ones),
        *(_door(project, False, _why_not(person, project, membership, invited.get(project.pk))) for project in others),
    ]


def _door(project, is_open, why):
    return Door(project.name, project.get_kind_display(), is_open, why)


def _for(person, membership, invited):
    known = Q(pk__in=invited) | Q(memberships__labeler=person)
    if membership:
        known |= Q(cohort__in=[membership.cohort, Audience.ANY], by_invitation=False)
    running = Project.objects.filter(state__in=[ProjectState.OPEN, ProjectState.PAUSED])
    return running.filter(known).exclude(purpose=Purpose.SCREENING).distinct()


def _why_open(person, project, invitee):
    if invitee and project.by_invitation:
        until = invitee.until and _("You have been invited, until %(day)s.") % {"day": _day(invitee.until)}
        why = until or _("You have been invited.")
    elif person.stands_outside_cohorts:
        why = _("It is open to your role, whatever the cohort.")
    elif project.cohort == Audience.ANY:
        why = _("It is for labelers of both cohorts.")
    else:
        why = _("It is for your cohort.")
    held = [
        _("You hold the qualification “%(name)s”.") % {"name": shown(one, "name")}
        for one in project.qualifications.all()
    ]
    nothing = [] if counting.left_for(person, project) else [queue.why_nothing(labeler=person, project=project)]
    return [why, *([] if person.stands_outside_cohorts else held), *nothing]


def _why_not(person, project, membership, invitee):
    why = []
    if project.state == ProjectState.PAUSED:
        why.append(_("It is paused at the moment."))
    if membership is None:
        why.append(_("You are in no cohort."))
    elif membership.standing != Standing.ACTIVE:
        why.append(_("You do not work at the moment; the reason stands above."))
    if project.by_invitation and invitee is None:
        why.append(_("It is by invitation, and you have none."))
    elif project.by_invitation and not Invitee.objects.in_force().filter(pk=invitee.pk).exists():
        why.append(_("Your invitation ended on %(day)s.") % {"day": _day(invitee.until)})
    held = person.qualified.in_force().values("qualification")
    for wanting in project.qualifications.exclude(pk__in=held):
        why.append(
            _("It asks for the qualification “%(name)s”, which you do not hold.") % {"name": shown(wanting, "name")}
        )
    return why or [_("It is for another cohort.")]


def _day(moment):
    return date_format(localtime(moment), "DATE_FORMAT")
