"""The one counter that the queue keeps, recounted after anything that labelers and sweepers can do."""

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from labeling.work import queue
from labeling.work.models import Assignment, Task
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory


def recount():
    """Return the tasks whose `taken` is not the number of their open and submitted assignments."""
    return [
        task
        for task in Task.objects.all()
        if task.taken != task.assignments.filter(state__in=["open", "submitted"]).count()
    ]


class Desks(RuleBasedStateMachine):
    """Four labelers and a sweeper at random on five tasks for two hands each."""

    @initialize()
    def furnish(self):
        self.project = ProjectFactory(overlap=2, k=2)
        for _ in range(5):
            TaskFactory(project=self.project)
        self.labelers = [LabelerFactory() for _ in range(4)]

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
                queue.hand_in(assignment=sheet)
            except queue.SheetGone:
                # The caller's transaction would roll back; here the failed step has changed one row only.
                Assignment.objects.filter(pk=sheet.pk, state="submitted").update(state="expired")

    @rule(number=st.integers(0, 3))
    def skip(self, number):
        if sheet := self.sheet(number):
            queue.skip(assignment=sheet)

    @rule(number=st.integers(0, 3))
    def run_late(self, number):
        if sheet := self.sheet(number):
            Assignment.objects.filter(pk=sheet.pk).update(lease_until=timezone.now() - timezone.timedelta(minutes=1))
            queue.expire_due()

    @rule()
    def start_over(self):
        queue.start_over(project=self.project)

    @invariant()
    def the_counter_is_right(self):
        if hasattr(self, "project"):
            assert recount() == []


@pytest.mark.django_db
def test_the_counter_of_seats_is_right_whatever_happens():
    from django.db import transaction
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
