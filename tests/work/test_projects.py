"""How is a labeling job set up, opened, paused, closed and copied, and how far along is it?"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from labeling.guidelines.models import Form
from labeling.people.pseudonyms import pseudonym
from labeling.work import projects, queue, steering
from labeling.work.models import Assignment, Draft, Project, ProjectState, Task
from tests.factories import FormVersionFactory, LabelerFactory, ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanted(rita):
    """What a usable project is set up with."""
    return {
        "name": "Rank answers",
        "instructions": "Rank by *helpfulness*.",
        "form": FormVersionFactory().form.key,
        "created_by": rita,
    }


def faults(**fields):
    """What is said, field by field, when a project is set up like this."""
    with pytest.raises(ValidationError) as refusal:
        projects.create_project(**fields)
    return refusal.value.message_dict


def test_a_new_project_has_instructions_of_its_own(wanted, rita):
    project = projects.create_project(**wanted, k=6, min_k=4, overlap=None, state="open")

    project.refresh_from_db()
    version = project.instructions.newest()
    assert (version.number, version.markdown, version.created_by) == (1, "Rank by *helpfulness*.", rita)
    assert (project.k, project.min_k, project.overlap, project.state) == (6, 4, None, "open")
    assert (project.kind, project.purpose, project.cohort, project.created_by) == (
        "ranking",
        "training",
        "training",
        rita,
    )


def test_a_new_project_is_a_draft_unless_asked(wanted):
    assert projects.create_project(**wanted).state == ProjectState.DRAFT


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field cannot be blank."),
        ("form", "no-such-form", "There is no form with the key “no-such-form”."),
        ("instructions", " \n", "Write instructions: they are what labelers judge by."),
        ("layout", "carousel", "Value 'carousel' is not a valid choice."),
        ("kind", "guessing", "Value 'guessing' is not a valid choice."),
        ("purpose", "fun", "Value 'fun' is not a valid choice."),
        ("state", "closed", "A new project is a draft or open."),
        (
            "cohort",
            "held_out",
            "Held-out labelers only evaluate: choose the purpose “evaluation” or training labelers.",
        ),
        ("cohort", "any", "Held-out labelers only evaluate: choose the purpose “evaluation” or training labelers."),
        ("k", 1, "A sheet compares 2 to 16 responses, not 1."),
        ("k", 17, "A sheet compares 2 to 16 responses, not 17."),
        ("k", "four", "“four” value must be an integer."),
        ("min_k", 5, "The fewest responses accepted lie between 2 and the 4 wanted."),
        ("min_k", 0, "The fewest responses accepted lie between 2 and the 4 wanted."),
        ("overlap", 0, "At least one labeler looks at each task; leave the overlap empty for everybody."),
        (
            "most_per_model",
            0,
            "At least one response of a model may stand in a task; leave the limit empty for any number.",
        ),
        ("with_references", None, "“None” value must be either True or False."),
        ("leave_out", ["rude"], "Responses are left out by a list of these flags: “leak”, “refusal”, “truncated”."),
        ("leave_out", "leak", "Responses are left out by a list of these flags: “leak”, “refusal”, “truncated”."),
        ("lease_minutes", 0, "A lease lasts from one minute to 30 days."),
        ("lease_minutes", 2_000_000_000, "A lease lasts from one minute to 30 days."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_beside_its_field(wanted, field, value, sentence):
    assert faults(**wanted | {field: value}) == {field: [sentence]}
    assert not Project.objects.exists()


def test_everything_wrong_is_said_at_once(wanted):
    said = faults(**wanted | {"form": "nothing", "instructions": "", "k": None})

    assert sorted(said) == ["form", "instructions", "k"]


def test_two_projects_cannot_have_one_name(wanted):
    projects.create_project(**wanted)

    assert faults(**wanted) == {"name": ["There is already a project named “Rank answers”."]}


def test_a_form_without_questions_is_refused(wanted):
    Form.objects.create(key="empty", title="Empty")

    assert faults(**wanted | {"form": "empty"}) == {"form": ["The form “Empty” asks no questions yet."]}


def test_held_out_labelers_may_evaluate(wanted):
    project = projects.create_project(**wanted, purpose="evaluation", cohort="held_out")

    assert (project.purpose, project.cohort) == ("evaluation", "held_out")


@pytest.mark.parametrize(
    ("fields", "promise"),
    [
        ({"cohort": "held_out", "purpose": "training"}, "held_out_labelers_only_evaluate"),
        ({"cohort": "any", "purpose": "calibration"}, "held_out_labelers_only_evaluate"),
        ({"k": 1}, "k_from_2_to_16"),
        ({"k": 17}, "k_from_2_to_16"),
        ({"k": 4, "min_k": 5}, "min_k_from_2_to_k"),
        ({"overlap": 0}, "overlap_at_least_1"),
        ({"most_per_model": 0}, "a_model_may_stand_in_a_task"),
        ({"leave_out": ["rude"]}, "left_out_flags_are_known"),
        ({"lease_minutes": 0}, "lease_at_least_a_minute"),
        ({"kind": "guessing"}, "project_kind_is_known"),
        ({"state": "gone"}, "project_state_is_known"),
    ],
)
def test_the_database_keeps_the_promise(fields, promise):
    with pytest.raises(IntegrityError, match=promise):
        ProjectFactory(**fields)


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        ("draft", projects.open_project, "open"),
        ("paused", projects.open_project, "open"),
        ("open", projects.open_project, "open"),
        ("open", projects.pause_project, "paused"),
        ("open", projects.close_project, "closed"),
        ("paused", projects.close_project, "closed"),
        ("closed", projects.close_project, "closed"),
    ],
)
def test_a_project_moves_from_state_to_state(before, verb, after):
    project = ProjectFactory(state=before)

    verb(project=project)

    assert project.state == Project.objects.get(pk=project.pk).state == after


@pytest.mark.parametrize(
    ("before", "verb", "sentence"),
    [
        ("closed", projects.open_project, "“Rank answers” is closed; it cannot become open."),
        ("closed", projects.pause_project, "“Rank answers” is closed; it cannot become paused."),
        ("draft", projects.pause_project, "“Rank answers” is draft; it cannot become paused."),
        ("draft", projects.close_project, "“Rank answers” is draft; it cannot become closed."),
    ],
)
def test_a_move_that_the_states_do_not_know_is_refused(before, verb, sentence):
    project = ProjectFactory(name="Rank answers", state=before)

    with pytest.raises(ValidationError) as refusal:
        verb(project=project)

    assert refusal.value.messages == [sentence]
    assert Project.objects.get(pk=project.pk).state == before


def test_closing_expires_open_sheets_and_keeps_their_drafts(ann):
    task = TaskFactory()
    assignment = queue.next_assignment(labeler=ann, project=task.project)
    Draft.objects.create(assignment=assignment, revision=1, body={"notes": "so far"}, saved_at=assignment.leased_at)

    projects.close_project(project=task.project)

    assignment = Assignment.objects.get()
    assert (assignment.state, assignment.draft.body) == ("expired", {"notes": "so far"})
    task.refresh_from_db()
    assert task.taken == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "rating"}, "kind"),
        ({"purpose": "evaluation"}, "purpose"),
    ],
)
def test_kind_and_purpose_are_fixed_once_there_is_a_task(change, said, rita):
    project = TaskFactory().project

    with pytest.raises(ValidationError) as refusal:
        projects.change_project(project=project, by=rita, **change)

    assert f"The {said} is fixed, because the project has tasks." in refusal.value.message_dict[said]


def test_the_purpose_may_change_while_there_is_no_task(rita):
    project = projects.change_project(project=ProjectFactory(), by=rita, purpose="evaluation", cohort="any")

    assert Project.objects.get(pk=project.pk).cohort == "any"


def test_a_project_says_which_responses_it_compares(wanted):
    """More than the models there are can fill is no fault yet: models may still answer."""
    project = projects.create_project(**wanted, most_per_model=1, with_references=True, leave_out=("leak", "truncated"))

    copy = projects.clone_project(project=project, by=None)

    for one in (project, copy):
        one.refresh_from_db()
        assert (one.most_per_model, one.with_references, one.leave_out) == (1, True, ["leak", "truncated"])


@pytest.mark.parametrize(
    ("choice", "field", "sentence"),
    [
        ({"kind": "ranking", "k": 2}, "only_references", "choose the kind “rating” and 1 response."),
        ({"k": 2}, "only_references", "choose the kind “rating” and 1 response."),
        ({"with_references": True}, "with_references", "no responses of models stand among them."),
    ],
)
def test_references_are_rated_alone_one_by_one_and_among_no_others(wanted, choice, field, sentence):
    alone = {"kind": "rating", "k": 1, "only_references": True}

    [said] = faults(**wanted | alone | choice)[field]

    assert said.endswith(sentence)
    assert projects.create_project(**wanted | alone).only_references


def test_what_is_compared_may_change_when_there_are_tasks(rita):
    project = TaskFactory().project

    projects.change_project(project=project, by=rita, most_per_model=2, with_references=True, leave_out=["refusal"])

    project.refresh_from_db()
    assert (project.most_per_model, project.with_references, project.leave_out) == (2, True, ["refusal"])


def test_changed_instructions_become_a_new_version(rita):
    project = ProjectFactory()

    projects.change_project(project=project, by=rita, markdown="Judge *anew*.")
    projects.change_project(project=project, by=rita, markdown="Judge *anew*.")

    assert list(project.instructions.versions.order_by("number").values_list("number", "markdown")) == [
        (1, "Be *careful*."),
        (2, "Judge *anew*."),
    ]


def test_a_larger_overlap_brings_finished_tasks_back_to_labelers_who_passed_them(ann, bob):
    task = TaskFactory()
    queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=task.project))
    assert queue.next_assignment(labeler=bob, project=task.project) is None

    projects.change_project(project=task.project, by=ann, overlap=2)

    assert queue.next_assignment(labeler=bob, project=task.project).task == task


def test_a_smaller_overlap_keeps_the_seats_that_are_taken(ann, bob):
    project = ProjectFactory(overlap=3)
    busy, idle = TaskFactory(project=project, priority=1), TaskFactory(project=project)
    for labeler in (ann, bob):
        queue.next_assignment(labeler=labeler, project=project)

    projects.change_overlap(project=project, overlap=1)

    assert dict(Task.objects.values_list("pk", "seats")) == {busy.pk: 2, idle.pk: 1}


def test_a_copy_is_a_draft_with_its_own_instructions_and_no_tasks(rita):
    project = TaskFactory(project__k=3, project__overlap=2, project__name="Rank answers").project

    copy = projects.clone_project(project=project, by=rita)
    another = projects.clone_project(project=project, by=rita)

    assert (copy.name, another.name) == ("Copy of Rank answers", "Copy of Rank answers (2)")
    assert (copy.state, copy.k, copy.overlap, copy.form) == ("draft", 3, 2, project.form)
    assert copy.instructions != project.instructions
    assert copy.instructions.newest().markdown == project.instructions.newest().markdown
    assert not copy.tasks.exists()


def test_progress_counts_tasks_seats_and_sheets(ann, bob, rita):
    project = ProjectFactory(overlap=2)
    TaskFactory(project=project), TaskFactory(project=project)
    out = TaskFactory(project=project)
    steering.set_aside(tasks=Task.objects.filter(pk=out.pk), reason="Not a prompt.", by=rita)
    queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=project))
    queue.skip(assignment=queue.next_assignment(labeler=ann, project=project))
    queue.next_assignment(labeler=bob, project=project)

    progress = projects.progress(project)

    labelers = progress.pop("labelers")
    assert progress == {
        "project": project.pk,
        "state": "open",
        "tasks": 3,
        "set_aside": 1,
        "in_pool": 0,
        "seats": 4,
        "taken": 2,
        "open": 1,
        "submitted": 1,
        "submitted_from_pool": 0,
        "skipped": 1,
        "expired": 0,
        "submitted_last_hour": 1,
        "programs": [],
    }
    assert [(row["labeler"], row["submitted"], row["skipped"], row["open"]) for row in labelers] == [
        (pseudonym(ann.pseudonym_key), 1, 1, 0),
        (pseudonym(bob.pseudonym_key), 0, 0, 1),
    ]
    assert {name for row in labelers for name in row} == {
        "labeler", "open", "submitted", "skipped", "expired", "last_at",
    }  # fmt: skip


def test_progress_of_a_project_for_everybody_has_no_number_of_seats():
    project = TaskFactory(project__overlap=None).project

    assert projects.progress(project)["seats"] is None


@pytest.mark.parametrize("labelers", [1, 5])
def test_progress_takes_four_queries_for_any_number_of_labelers(labelers, django_assert_num_queries):
    project = TaskFactory(project__overlap=9).project
    for _ in range(labelers):
        queue.next_assignment(labeler=LabelerFactory(), project=project)

    with django_assert_num_queries(4):
        projects.progress(project)


def test_tasks_are_set_aside_with_a_reason_and_brought_back(ann, rita):
    task = TaskFactory()
    tasks = Task.objects.filter(pk=task.pk)

    assert steering.set_aside(tasks=tasks, reason="It names a person.", by=rita) == 1
    assert queue.next_assignment(labeler=ann, project=task.project) is None
    assert steering.bring_back(tasks=tasks) == 1

    assert queue.next_assignment(labeler=ann, project=task.project).task == task


def test_tasks_are_not_set_aside_without_a_reason(rita):
    TaskFactory()

    with pytest.raises(ValidationError, match="Say why the tasks are set aside"):
        steering.set_aside(tasks=Task.objects.all(), reason=" ", by=rita)
    with pytest.raises(IntegrityError, match="set_aside_with_a_reason"), transaction.atomic():
        Task.objects.update(set_aside_reason="no time")


def test_a_task_with_a_higher_priority_is_served_first_to_labelers_already_at_work(ann):
    project = ProjectFactory()
    tasks = [TaskFactory(project=project) for _ in range(3)]
    queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=project))
    last = Task.objects.filter(project=project, taken=0).order_by("position").first()

    changed = steering.reprioritise(tasks=Task.objects.filter(pk=last.pk), priority=5)

    assert (changed, len(tasks)) == (1, 3)
    assert queue.next_assignment(labeler=ann, project=project).task == last
