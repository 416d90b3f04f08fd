"""Projects over REST: set up, filled with tasks, steered, watched."""

import pytest

from labeling.candidates.models import ModelEndpoint
from labeling.people.models import Qualification
from labeling.people.pseudonyms import pseudonym
from labeling.prompts.models import Prompt
from labeling.work import queue
from labeling.work.models import Assignment, Project
from tests.factories import EndpointFactory, OwnerFactory, ProjectFactory, PromptFactory, ResponseFactory, TaskFactory

pytestmark = pytest.mark.django_db

WHOLE = {
    "name": "Rank answers", "kind": "ranking", "purpose": "training", "instructions": "  Be *fair*.\n",
    "form": "instructgpt", "k": 4, "min_k": 3, "rate_first": True, "layout": "cards", "may_arrange": False,
    "overlap": 2, "cohort": "training", "lease_minutes": 30, "baseline": None, "state": "open",
    "most_per_model": 2, "with_references": True, "only_references": False, "leave_out": ["refusal", "leak"],
    "most_per_labeler": 50, "calibration_share": 0.15, "programs": "none", "prompt_types": [], "asks_for_tags": False,
    "by_invitation": True, "qualifications": [],
}  # fmt: skip


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


@pytest.fixture
def models():
    return [EndpointFactory() for _ in range(4)]


def answered_prompt(models, split="train", **fields):
    prompt = PromptFactory(owner=OwnerFactory(split=split), **fields)
    for model in models:
        ResponseFactory(prompt=prompt, endpoint=model)
    return prompt


def test_a_project_is_set_up_whole(engineer, eve):
    made = engineer.post("/api/v1/projects/", WHOLE)

    project = Project.objects.get()
    assert made.status_code == 201
    assert made.json() == {
        **WHOLE, "id": project.pk, "instructions_version": 1, "created_at": made.json()["created_at"],
    }  # fmt: skip
    assert (project.created_by, project.form.key) == (eve, "instructgpt")
    assert engineer.get(f"/api/v1/projects/{project.pk}/").json() == made.json()


def test_a_name_and_instructions_are_enough(engineer):
    made = engineer.post("/api/v1/projects/", {"name": "Rank", "instructions": "Be fair."}).json()

    assert (made["state"], made["k"], made["overlap"], made["form"]) == ("draft", 4, 1, "instructgpt")
    assert (made["most_per_model"], made["with_references"], made["leave_out"]) == (None, False, [])


def test_overlap_null_is_everybody(engineer):
    assert engineer.post("/api/v1/projects/", {**WHOLE, "overlap": None}).json()["overlap"] is None


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 151}, 400, "name"),
        ({"instructions": None}, 400, "instructions"),
        ({"instructions": "a\0"}, 400, "instructions"),
        ({"kind": "guessing"}, 400, "kind"),
        ({"form": "nothing"}, 400, "form"),
        ({"form": "\0"}, 400, "form"),
        ({"form": 7}, 400, "form"),
        ({"baseline": 99}, 400, "baseline"),
        ({"baseline": 10**30}, 400, "baseline"),
        ({"k": 10**30}, 400, "k"),
        ({"overlap": -1}, 400, "overlap"),
        ({"colour": "red"}, 400, "colour"),
        ({"most_per_model": -1}, 400, "most_per_model"),
        ({"with_references": None}, 400, "with_references"),
        ({"leave_out": None}, 400, "leave_out"),
        ({"leave_out": "leak"}, 400, "leave_out"),
        ({"leave_out": ["boring"]}, 400, "leave_out.0"),
        ({"most_per_model": 0}, 422, "most_per_model"),
        ({"k": 1, "min_k": None}, 422, "k"),
        ({"k": 17}, 422, "k"),
        ({"min_k": 5}, 422, "min_k"),
        ({"cohort": "held_out"}, 422, "cohort"),
        ({"lease_minutes": 0}, 422, "lease_minutes"),
        ({"state": "closed"}, 422, "state"),
    ],
)
def test_what_cannot_be_is_refused_by_field(engineer, change, status, field):
    answer = engineer.post("/api/v1/projects/", {**WHOLE, **change}, format="json")

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert Project.objects.count() == 0


def test_a_project_asks_for_qualifications_by_their_keys(engineer):
    for key in ("medicine", "korean"):
        Qualification.objects.create(key=key, name=key.title())

    made = engineer.post("/api/v1/projects/", WHOLE | {"qualifications": ["medicine", "korean"]})
    address = f"/api/v1/projects/{made.json()['id']}/"
    fewer = engineer.patch(address, {"qualifications": ["korean"]})
    unknown = engineer.patch(address, {"qualifications": ["law"]})

    assert (made.json()["qualifications"], fewer.json()["qualifications"]) == (["korean", "medicine"], ["korean"])
    assert unknown.status_code == 400
    assert unknown.json()["detail"] == "qualifications: There is no qualification with the key “law”."


def test_a_change_of_instructions_makes_a_version(engineer):
    project = engineer.post("/api/v1/projects/", WHOLE).json()

    changed = engineer.patch(f"/api/v1/projects/{project['id']}/", {"instructions": "Be fairer.", "k": 5}).json()
    again = engineer.patch(f"/api/v1/projects/{project['id']}/", {"instructions": "Be fairer."}).json()

    assert (changed["instructions"], changed["instructions_version"], changed["k"]) == ("Be fairer.", 2, 5)
    assert again == changed


def test_what_is_compared_may_change_for_the_tasks_to_come(engineer, models):
    project = TaskFactory().project
    address, before = f"/api/v1/projects/{project.pk}/", set(project.tasks.values_list("candidates", flat=True))

    change = {"most_per_model": 1, "with_references": True, "leave_out": ["truncated", "truncated"]}
    told = engineer.patch(address, change, format="json").json()

    assert [told[field] for field in change] == [1, True, ["truncated"]]
    assert engineer.get(address).json() == told
    assert set(project.tasks.values_list("candidates", flat=True)) == before
    assert engineer.patch(address, {"most_per_model": None, "leave_out": []}, format="json").json()["leave_out"] == []


def test_a_prompt_with_flagged_responses_is_refused_with_the_sentence(engineer, models):
    prompt = answered_prompt(models)
    prompt.responses.filter(endpoint=models[0]).update(flags=["leak", "truncated"])
    project = ProjectFactory(leave_out=["leak"])

    answer = engineer.post(f"/api/v1/projects/{project.pk}/tasks/", {"prompts": [prompt.pk]})

    reason = "Only 3 different non-empty responses have no flag that is left out; 4 are needed."
    assert answer.json() == {"created": 0, "refused": [{"prompt": prompt.pk, "reason": reason}]}


@pytest.mark.parametrize("change", [{"kind": "rating"}, {"purpose": "evaluation"}])
def test_kind_and_purpose_are_fixed_once_there_are_tasks(engineer, change):
    project = TaskFactory().project

    answer = engineer.patch(f"/api/v1/projects/{project.pk}/", change)

    assert answer.status_code == 422
    [field] = change
    sentences = [error["detail"] for error in answer.json()["errors"] if error["field"] == field]
    assert f"The {field} is fixed, because the project has tasks." in sentences or field == "kind"
    project.refresh_from_db()
    assert (project.kind, project.purpose) == ("ranking", "training")


def test_states_go_their_way_and_no_other(engineer):
    address = f"/api/v1/projects/{engineer.post('/api/v1/projects/', {**WHOLE, 'state': 'draft'}).json()['id']}/"

    def bring_to(state):
        answer = engineer.patch(address, {"state": state})
        return answer.json().get("state"), answer.status_code

    assert bring_to("open") == ("open", 200)
    assert bring_to("paused") == ("paused", 200)
    assert bring_to("paused") == ("paused", 200)
    assert bring_to("open") == ("open", 200)
    assert bring_to("draft")[1] == 409
    assert bring_to("closed") == ("closed", 200)
    assert bring_to("open")[1] == 409
    refusal = engineer.patch(address, {"state": "open"}).json()["detail"]
    assert refusal == "“Rank answers” is closed; it cannot become open."


def test_closing_expires_open_sheets(engineer, ann):
    project = TaskFactory().project
    queue.next_assignment(labeler=ann, project=project)

    engineer.patch(f"/api/v1/projects/{project.pk}/", {"state": "closed"})

    assert Assignment.objects.get().state == "expired"


def test_a_refused_step_takes_the_other_changes_with_it(engineer):
    project = ProjectFactory(state="closed", k=4)

    assert engineer.patch(f"/api/v1/projects/{project.pk}/", {"k": 5, "state": "open"}).status_code == 409

    project.refresh_from_db()
    assert project.k == 4


def test_tasks_by_filter_take_every_split_unless_one_is_named(engineer, models):
    for split in ("train", "valid", "test"):
        answered_prompt(models, split, source__name=f"source {split}")
    in_train = answered_prompt(models, source__name="mine")
    source = in_train.source
    answered_prompt(models, "test", source=source)

    def made(body):
        project = ProjectFactory()
        return engineer.post(f"/api/v1/projects/{project.pk}/tasks/", body).json()

    assert made({"source": "mine"}) == {"created": 2, "refused": []}
    assert made({"source": "mine", "split": "train"}) == {"created": 1, "refused": []}
    assert made({"split": "test"}) == {"created": 2, "refused": []}
    assert made({"split": "test", "limit": 1, "priority": 3}) == {"created": 1, "refused": []}
    assert made({"source": "mine", "tag": "in training"}) == {"created": 0, "refused": []}
    Prompt.objects.filter(pk=in_train.pk).update(tags=["in training"])
    assert made({"source": "mine", "tag": "in training"}) == {"created": 1, "refused": []}


def test_tasks_by_ids_answer_for_each(engineer, models):
    good, few = answered_prompt(models), answered_prompt(models[:2])
    project = ProjectFactory()

    answer = engineer.post(f"/api/v1/projects/{project.pk}/tasks/", {"prompts": [good.pk, few.pk, 10**15]})

    assert answer.status_code == 201
    refused = {row["prompt"]: row["reason"] for row in answer.json()["refused"]}
    assert answer.json()["created"] == 1
    assert refused == {
        few.pk: "Only 2 different non-empty responses; 4 are needed.",
        10**15: "There is no such prompt.",
    }


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "Name the prompts: by “prompts”, their ids, or by “source” or a filter."),
        ({"limit": 5}, "Name the prompts: by “prompts”, their ids, or by “source” or a filter."),
        ({"prompts": [1], "split": "train"}, "Name the prompts by their ids or by a filter, not by both."),
        ({"prompts": []}, "prompts: This list may not be empty."),
        ({"prompts": ["x"]}, "prompts.0: A valid integer is required."),
        ({"prompts": "1"}, 'prompts: Expected a list of items but got type "str".'),
        ({"prompts": [2**63]}, "prompts.0: Ensure this value is less than or equal to 9223372036854775807."),
        ({"source": "nowhere"}, "source: There is no source named “nowhere”."),
        ({"source": "\0"}, "source: Invalid value."),
        ({"split": "half"}, 'split: "half" is not a valid choice.'),
        ({"split": "train", "limit": 0}, "limit: Ensure this value is greater than or equal to 1."),
        ({"split": "train", "priority": 40_000}, "priority: Ensure this value is less than or equal to 32767."),
        ({"sources": "x"}, "sources: There is no field of this name here"),
    ],
)
def test_tasks_that_cannot_be_chosen_are_refused(engineer, body, sentence):
    answer = engineer.post(f"/api/v1/projects/{ProjectFactory().pk}/tasks/", body, format="json")

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(sentence)


def test_a_closed_project_takes_no_tasks(engineer):
    project = ProjectFactory(state="closed", name="Done")

    answer = engineer.post(f"/api/v1/projects/{project.pk}/tasks/", {"split": "train"})

    assert (answer.status_code, answer.json()["detail"]) == (422, "“Done” is closed and takes no more tasks.")


def test_progress_counts_and_names_nobody(engineer, ann):
    project = TaskFactory().project
    queue.hand_in(assignment=queue.next_assignment(labeler=ann, project=project))

    answer = engineer.get(f"/api/v1/projects/{project.pk}/progress/")

    told = answer.json()
    assert (told["tasks"], told["seats"], told["taken"], told["submitted"]) == (1, 1, 1, 1)
    assert [row["labeler"] for row in told["labelers"]] == [pseudonym(ann.pseudonym_key)]
    assert "Ann" not in answer.content.decode()
    assert "ann@" not in answer.content.decode()


def test_a_baseline_is_named_by_its_id(engineer, models):
    made = engineer.post("/api/v1/projects/", {**WHOLE, "baseline": models[0].pk}).json()

    assert made["baseline"] == ModelEndpoint.objects.get(pk=models[0].pk).pk


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_is_in_it(engineer, rows, django_assert_num_queries):
    for _ in range(rows):
        ProjectFactory()

    with django_assert_num_queries(3):  # the token, the groups, the projects with their instructions
        results = engineer.get("/api/v1/projects/").json()["results"]

    assert [row["instructions"] for row in results] == ["Be *careful*."] * rows


def test_the_list_is_narrowed_down(engineer):
    ProjectFactory(state="closed")
    wanted = ProjectFactory()

    assert [row["id"] for row in engineer.get("/api/v1/projects/?state=open").json()["results"]] == [wanted.pk]
