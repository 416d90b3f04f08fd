"""Writing demonstrations over REST: what a sheet asks for, what is refused, and the labels told."""

import pytest

from labeling.labels.models import Demonstration, Label
from labeling.prompts.models import Prompt, PromptTag, Source
from labeling.work.models import Draft, Task
from tests.factories import PromptFactory
from tests.labels.writing import FEW_SHOT, PAIRS, TYPES, project_of, task_of

pytestmark = pytest.mark.django_db

WRITTEN = {"text": "Four.", "prompt": {"type": "plain", "text": "How many legs?"}, "seconds": 412}


@pytest.fixture
def anns(rest, ann):
    return rest(ann, "label")


def taken(client, project):
    return client.post(f"/api/v1/projects/{project.pk}/next/").json()


def address(sheet, verb=""):
    return f"/api/v1/assignments/{sheet['assignment']}/{verb}"


def asking(**fields):
    project = project_of(prompt_types=TYPES, **fields)
    task_of(project, prompt=None, use_case_text="A shop wants kinder e-mails.")
    return project


def test_a_sheet_with_a_given_prompt(anns):
    project = project_of()
    task_of(project, prompt="Name three rivers.")

    sheet = taken(anns, project)

    assert (sheet["kind"], sheet["slots"], sheet["questions"]) == ("demonstration", [], [])
    assert sheet["prompt"] == [{"role": "user", "content": "Name three rivers."}]
    assert (sheet["prompt_types"], sheet["use_case"], sheet["tags"]) == ([], "", [])


def test_a_sheet_that_asks_for_the_prompt_and_its_tags(anns):
    sheet = taken(anns, asking(asks_for_tags=True))

    assert (sheet["prompt"], sheet["prompt_types"]) == (None, TYPES)
    assert (sheet["use_case"], sheet["tags"]) == ("A shop wants kinder e-mails.", PromptTag.values)


def test_a_demonstration_is_submitted_once_and_the_next_sheet_comes_along(anns):
    project = project_of()
    task_of(project)
    sheet = taken(anns, project)
    task_of(project, prompt="Name a lake.")
    body = {"text": "The Rhine.", "seconds": 412, "next": True}

    answers = [anns.post(address(sheet, "submit/"), body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer.json()["label"] for answer in answers} == {Label.objects.get().pk}
    assert answers[0].json()["next"]["prompt"] == [{"role": "user", "content": "Name a lake."}]
    assert (Demonstration.objects.get().text, Label.objects.get().seconds) == ("The Rhine.", 412)


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " \n"}, {"text": None}, {"text": 7}])
def test_an_empty_demonstration_is_refused(anns, body):
    project = project_of()
    task_of(project)

    answer = anns.post(address(taken(anns, project), "submit/"), body)

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == ["text"]


def test_a_written_prompt_is_stored_and_told_with_its_label(anns, rest, eve):
    sheet = taken(anns, asking(asks_for_tags=True))
    assert anns.post(address(sheet, "submit/"), WRITTEN | {"tags": ["ambiguous"]}).status_code == 201

    [told] = rest(eve, "read").get("/api/v1/labels/?kind=demonstration").json()["results"]

    assert told["demonstration"] == {"text": "Four.", "prompt_type": "plain", "tags": ["ambiguous"]}
    assert (told["prompt"], told["ranking"], told["slots"]) == (Prompt.objects.get().pk, None, [])
    prompt = rest(eve, "read").get(f"/api/v1/prompts/{told['prompt']}/").json()
    assert (prompt["origin"], prompt["prompt"]) == ("plain", [{"role": "user", "content": "How many legs?"}])


def test_a_few_shot_prompt_needs_no_text(anns):
    sheet = taken(anns, asking())

    assert anns.post(address(sheet, "submit/"), {"prompt": FEW_SHOT, "seconds": 9}).status_code == 201

    said = Demonstration.objects.get()
    assert (said.text, said.prompt_type, said.prompt.meta) == ("", "few_shot", {"examples": PAIRS})


def test_a_prompt_is_refused_field_by_field(anns):
    sheet = taken(anns, asking())
    body = {"text": "a", "prompt": {"type": "few_shot", "text": " ", "examples": [PAIRS[0], {"query": "Hm"}]}}

    answer = anns.post(address(sheet, "submit/"), body)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "prompt-text", "detail": "Prompt is still empty."},
        {"field": "example-2-response", "detail": "Example response 2 is still empty."},
    ]
    assert (Label.objects.count(), Prompt.objects.count()) == (0, 0)


def test_a_draft_comes_back_as_it_was_sent(anns):
    sheet = taken(anns, asking())
    body = {"text": "half a thou", "prompt": {"type": "few_shot", "examples": [{"query": "q"}]}}

    assert anns.put(address(sheet, "draft/"), {**body, "revision": 7}).status_code == 200

    assert anns.get(address(sheet)).json()["draft"] == {"revision": 7, "body": body}
    assert Draft.objects.count() == 1


def test_a_program_writes_several_at_once(rest, judge):
    project = project_of()
    for _ in range(2):
        task_of(project)
    judges = rest(judge, "label")
    sheets = [taken(judges, project) for _ in range(2)]

    answers = [judges.post(address(sheet, "submit/"), {"text": "The Rhine."}) for sheet in sheets]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert set(Label.objects.values_list("assignment__by_program", flat=True)) == {True}


def test_next_costs_few_queries(anns, django_assert_num_queries):
    project = project_of()
    task_of(project)
    taken(anns, project)

    # who (2), project, the queue (8), the sheet with its draft, how far along (1, the rest kept)
    with django_assert_num_queries(13):
        taken(anns, project)


def test_a_project_that_asks_for_prompts_is_set_up_and_given_tasks(rest, eve):
    engineer = rest(eve, "write")
    asked = {"name": "Write", "kind": "demonstration", "instructions": "Be kind.", "prompt_types": TYPES}

    project = engineer.post("/api/v1/projects/", asked | {"asks_for_tags": True}).json()
    tasks = f"/api/v1/projects/{project['id']}/tasks/"
    answer = engineer.post(tasks, {"unwritten": 2, "use_cases": ["A shop …"]})

    assert (project["prompt_types"], project["asks_for_tags"]) == (TYPES, True)
    assert (answer.status_code, answer.json()) == (201, {"created": 3, "refused": []})
    assert sorted(Task.objects.values_list("prompt", "use_case_text")) == [(None, ""), (None, ""), (None, "A shop …")]
    assert engineer.post(tasks, {"unwritten": 2, "limit": 1}).status_code == 400
    assert engineer.post(tasks, {"source": Source.objects.create(name="s").name}).status_code == 422


def test_any_prompt_becomes_a_task_of_a_demonstration(rest, eve):
    project = project_of()
    prompts = [PromptFactory().pk for _ in range(2)]

    answer = rest(eve, "write").post(f"/api/v1/projects/{project.pk}/tasks/", {"prompts": [*prompts, 0x7FFF]})

    assert answer.json() == {"created": 2, "refused": [{"prompt": 0x7FFF, "reason": "There is no such prompt."}]}
