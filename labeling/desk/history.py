"""What has this labeler done, newest first, and what of it may still be changed?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.labels.models import Label
from labeling.labels.reopening import why_locked
from labeling.labels.saying import in_short
from labeling.work.models import Assignment, AssignmentState, Draft, Invitee, ProjectState, Purpose

PAGE = 25


@dataclass(frozen=True)
class Entry:
    """One sheet as its labeler remembers it."""

    id: UUID
    project: str
    what: str
    at: datetime
    state: str
    is_open: bool
    may_reopen: bool
    why_not: str
    said: str
    spent: str
    skip_reason: str
    has_draft: bool


def entries(labeler, *, before=None):
    """Return up to PAGE entries, and where the next page begins (None: nowhere).

    `before` is what an earlier call returned; anything else is a ValueError. Sheets that are open again come first;
    expired ones are there as long as a draft is kept with them.
    """
    closed = _of(labeler).filter(closed_at__isnull=False).filter(~Q(state=AssignmentState.EXPIRED) | Exists(_draft()))
    if before:
        at, id = _read(before)
        closed = closed.filter(closed_at__lte=at).exclude(closed_at=at, pk__gte=id)
    found = list(closed.order_by("-closed_at", "-pk")[: PAGE + 1])
    again = [] if before else list(_of(labeler).filter(was_closed_at__isnull=False).order_by("-was_closed_at"))
    last = found[PAGE - 1] if len(found) > PAGE else None
    return [entry(sheet) for sheet in [*again, *found[:PAGE]]], last and f"{last.closed_at.isoformat()},{last.pk}"


def _read(before):
    at, _comma, id = before.partition(",")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError("A moment without its time zone is none.")
    return moment, UUID(id)


def entry(sheet):
    """Return the Entry of an assignment that `_of` has looked up."""
    label = sheet.standing[0] if sheet.standing else None
    why_not = _why_not(sheet, label)
    return Entry(
        id=sheet.pk,
        project=sheet.project.name,
        what=sheet.task.title,
        at=sheet.closed_at or sheet.was_closed_at or sheet.leased_at,
        state=_("open again") if sheet.is_reopened else sheet.get_state_display(),
        is_open=sheet.is_open,
        may_reopen=sheet.state == AssignmentState.SUBMITTED and not why_not,
        why_not=why_not,
        said=in_short(label) if label else "",
        spent=spent(label.seconds) if label else "",
        skip_reason=sheet.skip_reason,
        has_draft=sheet.has_draft,
    )


def one(labeler, assignment_id):
    """Return the Entry of one sheet of the labeler's own, or None."""
    sheet = _of(labeler).filter(pk=assignment_id).first()
    return sheet and entry(sheet)


def seconds_spent(labeler):
    """Return {"today", "week"}: active seconds in what was submitted since midnight and since Monday, their time."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    said = Label.objects.standing().filter(assignment__labeler=labeler, assignment__closed_at__gte=monday)
    return said.aggregate(
        today=Sum("seconds", filter=Q(submitted_at__gte=midnight), default=0),
        week=Sum("seconds", filter=Q(submitted_at__gte=monday), default=0),
    )


def spent(seconds):
    """Return a time to be read: 1 h 5 min, 6 min 52 s, 40 s."""
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds % 60}
    return _("%(seconds)d s") % {"seconds": seconds}


def _of(labeler):
    labels = Label.objects.standing().select_related("ranking", "demonstration__prompt")
    standing = labels.prefetch_related("ranking__places__slot", "ratings__slot")
    return (
        Assignment.objects.filter(labeler=labeler)
        .select_related("project", "task__prompt")
        .annotate(has_draft=Exists(_draft()), is_over=Exists(_ended()))
        .prefetch_related(Prefetch("labels", standing, to_attr="standing"))
    )


def _ended():
    """Parts of a test have an end; daily work that somebody was invited to until a day stays theirs to correct."""
    ended = Invitee.objects.filter(project=OuterRef("project"), labeler=OuterRef("labeler"), until__lte=timezone.now())
    return ended.filter(project__purpose=Purpose.SCREENING)


def _draft():
    return Draft.objects.filter(assignment=OuterRef("pk"))


def _why_not(sheet, label):
    if label is None:
        return ""
    if sheet.project.state not in {ProjectState.OPEN, ProjectState.PAUSED}:
        return _("The project has been closed, so it can no longer be changed.")
    if sheet.is_over and not label.locked_at:
        return _("This part of the test is over, so its sheets can no longer be changed.")
    return why_locked(label)
