"""How far has somebody come in a test? Each of its sections with what they have done of it, and what comes next."""

from dataclasses import dataclass
from math import ceil

from django.db.models import Count, Q
from django.utils import timezone

from labeling.screening.models import Criterion, Section, Sitting
from labeling.work.models import Assignment, AssignmentState, Task


@dataclass(frozen=True)
class Part:
    """One section as one applicant stands in it."""

    section: Section
    items: int
    done: int
    skipped: int
    sitting: Sitting | None

    @property
    def left(self):
        return max(0, self.items - self.done - self.skipped)

    @property
    def is_practice(self):
        return self.section.criterion == Criterion.PRACTICE

    @property
    def is_begun(self):
        return self.sitting is not None

    @property
    def is_out_of_time(self):
        return bool(self.sitting and self.sitting.until and self.sitting.until <= timezone.now())

    @property
    def is_ended(self):
        """Can nothing be changed or added any more?"""
        return bool(self.sitting and self.sitting.finished_at) or self.is_out_of_time

    @property
    def is_finished(self):
        """Is nothing left to do: ended, out of time, or every item submitted or skipped?"""
        return self.is_begun and (self.is_ended or self.left == 0)

    @property
    def minutes_left(self):
        """Whole minutes, begun ones counted; None where there is no limit, or it does not run."""
        if not self.sitting or not self.sitting.until or self.is_ended:
            return None
        return ceil((self.sitting.until - timezone.now()).total_seconds() / 60)


def parts_of(*, test, applicant):
    """Return the Parts of the test in their order."""
    sections = list(test.sections.select_related("project", "test"))
    projects = [section.project_id for section in sections]
    tasks = Task.objects.in_play().filter(project__in=projects)
    items = dict(tasks.order_by().values_list("project").annotate(Count("pk")))
    own = Assignment.objects.filter(project__in=projects, labeler=applicant, task__set_aside_at__isnull=True)
    closed = (
        own.order_by()
        .values("project")
        .annotate(
            done=Count("pk", filter=Q(state=AssignmentState.SUBMITTED)),
            skipped=Count("pk", filter=Q(state=AssignmentState.SKIPPED)),
        )
    )
    counts: dict = {row["project"]: row for row in closed}
    sittings = {
        sitting.section_id: sitting
        for sitting in Sitting.objects.filter(attempt__applicant=applicant, section__in=sections)
    }
    return [
        Part(
            section=section,
            items=_asked_of_one(section.project, items.get(section.project_id, 0)),
            done=counts.get(section.project_id, {}).get("done", 0),
            skipped=counts.get(section.project_id, {}).get("skipped", 0),
            sitting=sittings.get(section.pk),
        )
        for section in sections
    ]


def part_of(*, section, applicant):
    """Return the one Part of a section."""
    return next(part for part in parts_of(test=section.test, applicant=applicant) if part.section == section)


def following(parts):
    """Return the first Part that is not finished, or None: then the test can be handed in."""
    return next((part for part in parts if not part.is_finished), None)


def _asked_of_one(project, tasks):
    most = project.most_per_labeler
    return tasks if most is None else min(tasks, most)
