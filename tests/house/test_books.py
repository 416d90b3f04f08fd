"""The counters that the queue keeps, recounted after anything that labelers, programs and sweepers can do."""

import contextlib
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from labeling.work import drafts, flagging, queue, steering
from labeling.work.models import Assignment, Draft, Membership, Task
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory, UserFactory


def recount():
    """Return the tasks whose `taken` is not the number of people's open and submitted assignments, and the memberships
    whose counters are not those of their labeler's."""
    seated = Assignment.objects.filter(state__in=["open", "submitted"])
    miscounted: list = [
        task for task in Task.objects.all() if task.taken != seated.filter(task=task, by_program=False).count()
    ]
    for membership in Membership.objects.all():
        own = seated.filter(labeler=membership.labeler_id, project=membership.project_id)
        told = own.count(), own.filter(task__is_calibration=True).count()
        if (membership.taken, membership.taken_from_pool) != told:
            miscounted.append(membership)
    return miscounted


class Desks(RuleBasedStateMachine):
    """Three labelers, a program, a researcher and a sweeper at random on seven tasks, of which two are in the pool."""

    @initialize()
    def furnish(self):
        self.project = ProjectFactory(overlap=2, k=2, most_per_labeler=4, calibration_share=Decimal("0.3"))
        for number in range(7):
            pool = {"is_calibration": True, "seats": None} if number < 2 else {}
            TaskFactory(project=self.project, **pool)
        self.labelers = [LabelerFactory() for _ in range(3)] + [UserFactory(is_program=True, groups=["program"])]

    def sheet(self, number):
        held = Assignment.objects.filter(labeler=self.labelers[number], project=self.project)
        return held.order_by("-leased_at").first()

    @rule(number=st.integers(0, 3))
    def take(self, number):
        queue.next_assignment(labeler=self.labelers[number], project=self.project)

    @rule(number=st.integers(0, 3))
    def submit(self, number):
        if sheet := self.sheet(number):
            try:
                with transaction.atomic():
                    queue.hand_in(assignment=sheet)
            except queue.SheetGone:
                assert Assignment.objects.get(pk=sheet.pk).state in {"expired", "skipped"}

    @rule(number=st.integers(0, 3), which=st.integers(0, 2))
    def reopen(self, number, which):
        held = Assignment.objects.filter(labeler=self.labelers[number], project=self.project, state="submitted")
        for sheet in held.order_by("pk")[which : which + 1]:
            with contextlib.suppress(queue.DeskTaken), transaction.atomic():
                queue.reopen(assignment=sheet)

    @rule(number=st.integers(0, 3))
    def write(self, number):
        if sheet := self.sheet(number):
            newest = Draft.objects.filter(assignment=sheet).values_list("revision", flat=True).first() or 0
            drafts.save_draft(assignment=sheet, revision=newest + 1, body={"seconds": 1})

    @rule(number=st.integers(0, 3))
    def flag(self, number):
        if sheet := self.sheet(number):
            flagging.flag(assignment=sheet, kind="other")

    @rule(number=st.integers(0, 3))
    def put_back(self, number):
        if sheet := self.sheet(number):
            queue.put_back(assignment=sheet)

    @rule(number=st.integers(0, 3))
    def skip(self, number):
        if sheet := self.sheet(number):
            with contextlib.suppress(queue.SheetGone):
                queue.skip(assignment=sheet)

    @rule(number=st.integers(0, 3))
    def give_back(self, number):
        queue.give_back(assignments=Assignment.objects.filter(labeler=self.labelers[number]))

    @rule(number=st.integers(0, 3))
    def run_late(self, number):
        if sheet := self.sheet(number):
            Assignment.objects.filter(pk=sheet.pk).update(lease_until=timezone.now() - timezone.timedelta(minutes=1))
            queue.expire_due()

    @rule()
    def start_over(self):
        queue.start_over(project=self.project)

    @rule(which=st.integers(0, 6), into_the_pool=st.booleans())
    def change_the_pool(self, which, into_the_pool):
        (number,) = Task.objects.order_by("pk").values_list("pk", flat=True)[which : which + 1]
        put = steering.put_into_the_pool if into_the_pool else steering.take_out_of_the_pool
        put(tasks=Task.objects.filter(pk=number))

    @invariant()
    def the_counters_are_right(self):
        if hasattr(self, "project"):
            assert recount() == []

    @invariant()
    def nobody_does_more_than_one_may(self):
        if hasattr(self, "project"):
            people = Membership.objects.filter(labeler__is_program=False)
            assert not people.filter(taken__gt=self.project.most_per_labeler).exists()


@pytest.mark.django_db
def test_the_counters_are_right_whatever_happens():
    from hypothesis.stateful import run_state_machine_as_test

    def in_a_clean_room():
        return Desks()

    with transaction.atomic():
        run_state_machine_as_test(
            in_a_clean_room,
            settings=settings(
                max_examples=20,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
                database=None,
            ),
        )
