"""Working through sheets over REST: blind, drafts kept, one label for one sheet."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.candidates.models import ModelEndpoint, Response
from labeling.labels.models import Label
from labeling.prompts.models import Prompt
from labeling.work import queue
from labeling.work.models import Assignment, Draft, Task
from tests.factories import FormVersionFactory, ProjectFactory, TaskFactory

pytestmark = pytest.mark.django_db

# who (2), the sheet, its slots, all of it in a transaction of its own; a savepoint, the closing, the label
QUERIES_OF_A_SUBMISSION = 8

BODY = {
    "ratings": [
        {"slot": letter, "overall_quality": quality, "answers": {"fails_task": quality < 3}, "notes": ""}
        for letter, quality in {"A": 5, "B": 5, "C": 1, "D": 7}.items()
    ],
    "ranking": [["D"], ["A", "B"], ["C"]],
    "seconds": 95,
}


@pytest.fixture
def project():
    project = ProjectFactory(name="Rank answers")
    for _ in range(2):
        TaskFactory(project=project)
    return project


@pytest.fixture
def anns(rest, ann):
    return rest(ann, "label")


@pytest.fixture
def sheet(anns, project):
    return anns.post(f"/api/v1/projects/{project.pk}/next/").json()


def address(sheet, verb=""):
    return f"/api/v1/assignments/{sheet['assignment']}/{verb}"


def let_expire(sheet):
    Assignment.objects.filter(pk=sheet["assignment"]).update(lease_until=timezone.now() - timedelta(seconds=1))
    queue.expire_due()


def test_a_sheet_is_what_the_contract_says(sheet, project):
    held = Assignment.objects.get()
    assert set(sheet) == {
        "assignment", "kind", "lease_ends", "page", "prompt", "slots", "questions", "instructions", "draft",
    }  # fmt: skip
    assert (sheet["assignment"], sheet["kind"], sheet["page"], sheet["draft"]) == (str(held.pk), "ranking", 1, None)
    assert sheet["prompt"] == held.task.prompt.messages
    assert sheet["slots"] == [
        {"slot": slot.letter, "text": slot.candidate.response.text} for slot in held.slots.order_by("place")
    ]
    assert sheet["instructions"] == {"version": 1, "markdown": "Be *careful*."}
    assert sheet["questions"][0] == {
        "key": "overall_quality", "wording": "Overall quality", "scale": "likert", "per": "response",
        "required": True, "allows_na": False, "min": 1, "max": 7, "min_label": "worst", "max_label": "best",
        "choices": [],
    }  # fmt: skip
    assert [question["key"] for question in sheet["questions"]] == ["overall_quality", "fails_task"]


def test_questions_carry_their_choices(anns):
    asked = {
        "key": "use", "wording": "What is it for?", "scale": "choices", "per": "prompt",
    }  # fmt: skip
    version = FormVersionFactory(questions=[asked])
    for position, key in enumerate(["work", "play"]):
        version.questions.get().choices.create(position=position, key=key, label=key.title())
    project = TaskFactory(project=ProjectFactory(form=version.form, rate_first=False)).project

    [question] = anns.post(f"/api/v1/projects/{project.pk}/next/").json()["questions"]

    assert question["choices"] == [{"key": "work", "label": "Work"}, {"key": "play", "label": "Play"}]
    assert (question["per"], question["min"], question["max"]) == ("prompt", None, None)


def test_nothing_on_a_sheet_names_a_model_or_a_response(anns, sheet):
    ModelEndpoint.objects.update(base_url="https://models.example/v1")
    shown = json.dumps([sheet, anns.get(address(sheet)).json(), anns.post(address(sheet, "submit/"), BODY).json()])

    for model in ModelEndpoint.objects.all():
        assert model.name not in shown
    keys = {key for line in [sheet, *sheet["slots"]] for key in line}
    assert not keys & {"id", "model", "endpoint", "response", "candidate", "labeler", "task"}


def test_next_gives_the_sheet_that_is_held(anns, sheet, project):
    again = anns.post(f"/api/v1/projects/{project.pk}/next/").json()

    assert again["assignment"] == sheet["assignment"]


def test_a_program_is_given_another_one(rest, judge, project):
    client = rest(judge)

    sheets = [client.post(f"/api/v1/projects/{project.pk}/next/").json()["assignment"] for _ in range(2)]

    assert len(set(sheets)) == 2
    assert set(Assignment.objects.values_list("by_program", flat=True)) == {True}


def test_nothing_left_is_204(anns, project):
    Task.objects.all().update(set_aside_at=timezone.now(), set_aside_reason="Broken.")

    answer = anns.post(f"/api/v1/projects/{project.pk}/next/")

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("state", ["draft", "paused", "closed"])
def test_a_project_that_is_not_open_is_refused_in_a_sentence(anns, state):
    project = TaskFactory(project=ProjectFactory(state=state)).project

    answer = anns.post(f"/api/v1/projects/{project.pk}/next/")

    assert (answer.status_code, answer.json()["detail"]) == (403, "This project is not open to you.")


def test_submit_makes_the_label_and_answers_with_the_next_sheet(anns, sheet):
    answer = anns.post(address(sheet, "submit/"), {**BODY, "next": True})

    label = Label.objects.get()
    assert (answer.status_code, answer.json()["label"], label.seconds) == (201, label.pk, 95)
    ranks = {place.slot.letter: place.rank for place in label.ranking.places.select_related("slot")}
    assert ranks == {"A": 2, "B": 2, "C": 3, "D": 1}
    following = answer.json()["next"]
    assert (following["page"], following["assignment"]) == (2, str(Assignment.objects.get(state="open").pk))


def test_submit_does_not_go_on_unasked(anns, sheet):
    assert set(anns.post(address(sheet, "submit/"), BODY).json()) == {"label"}
    assert Assignment.objects.filter(state="open").count() == 0


def test_submitting_again_is_the_same_label(anns, sheet):
    first = anns.post(address(sheet, "submit/"), BODY)
    again = anns.post(address(sheet, "submit/"), BODY | {"seconds": 99})

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert Label.objects.count() == 1


def test_submitting_something_else_again_is_409_and_kept_as_a_draft(anns, sheet):
    anns.post(address(sheet, "submit/"), BODY)
    others = {**BODY, "ranking": [["A", "B", "C", "D"]]}

    answer = anns.post(address(sheet, "submit/"), others, headers={"Idempotency-Key": "others"})

    assert answer.status_code == 409
    assert "what came now was not taken. It is kept as a draft." in answer.json()["detail"]
    assert (Label.objects.count(), Draft.objects.get().body) == (1, others)


@pytest.mark.parametrize(("revision", "status"), [(6, 409), (7, 201), ("7", 400), (-1, 400)])
def test_a_submission_may_name_the_draft_that_it_was_made_from(anns, sheet, revision, status):
    anns.put(address(sheet, "draft/"), {"revision": 7, "seconds": 1, "ranking": [["A"]]})

    assert anns.post(address(sheet, "submit/"), {**BODY, "revision": revision}).status_code == status
    assert Draft.objects.count() == (status != 201)


def test_the_last_submission_is_answered_with_no_next_sheet(anns, sheet):
    Task.objects.filter(taken=0).delete()

    assert anns.post(address(sheet, "submit/"), {**BODY, "next": True}).json()["next"] is None


def test_a_project_paused_meanwhile_takes_the_sheet_and_gives_no_other(anns, sheet, project):
    project.state = "paused"
    project.save()

    answer = anns.post(address(sheet, "submit/"), {**BODY, "next": True})

    assert (answer.status_code, answer.json()["next"]) == (201, None)


def test_an_incomplete_body_is_refused_field_by_field(anns, sheet):
    answer = anns.post(address(sheet, "submit/"), {**BODY, "ranking": [["D"], ["A", "A"]]})

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"] == [
        {"field": "A-rank", "detail": "Response A is ranked twice."},
        {"field": "B-rank", "detail": "Response B is not ranked yet."},
        {"field": "C-rank", "detail": "Response C is not ranked yet."},
    ]
    assert answer.json()["detail"] == "Response A is ranked twice. There are 2 more mistakes."
    assert Label.objects.count() == 0


def test_a_name_that_means_nothing_is_refused_where_it_stands(anns, sheet):
    first, *others = BODY["ratings"]
    body = {**BODY, "ratings": [first | {"note": "Misspelt."}, *others], "secunds": 95, "ranks": {"A": 1}}

    answer = anns.post(address(sheet, "submit/"), body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (
        400, ["secunds", "ratings.0.note"],
    )  # fmt: skip
    assert answer.json()["errors"][1]["detail"] == (
        "There is no field of this name here; there are: slot, overall_quality, answers, notes."
    )
    assert Label.objects.count() == 0


@pytest.mark.parametrize("body", [{}, {"ranking": []}, {"ranking": "D"}, {"ranking": [[1]]}, {"ratings": [[]]}])
def test_an_untouched_board_is_refused(anns, sheet, body):
    assert anns.post(address(sheet, "submit/"), body).status_code == 422


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null"])
@pytest.mark.parametrize(("method", "verb"), [("put", "draft/"), ("post", "submit/"), ("post", "skip/")])
def test_a_body_is_an_object(anns, sheet, method, verb, body):
    answer = getattr(anns, method)(address(sheet, verb), body, content_type="application/json")

    assert (answer.status_code, answer.json()["detail"]) == (400, "The body is a JSON object.")


def test_the_character_nul_costs_nothing_but_itself(anns, sheet):
    ratings = [{**rating, "notes": "a\0b \\u0000"} for rating in BODY["ratings"]]

    assert anns.put(address(sheet, "draft/"), {**BODY, "ratings": ratings, "revision": 1}).status_code == 200
    assert anns.post(address(sheet, "submit/"), {**BODY, "ratings": ratings}).status_code == 201
    assert {rating.notes for rating in Label.objects.get().ratings.all()} == {"ab \\u0000"}


def test_a_draft_is_kept_and_comes_back_with_the_sheet(anns, sheet):
    answer = anns.put(address(sheet, "draft/"), {**BODY, "revision": 7})

    assert (answer.status_code, answer.json()) == (200, {"revision": 7})
    assert anns.get(address(sheet)).json()["draft"] == {"revision": 7, "body": BODY}


def test_an_older_draft_loses_and_hears_the_newer_number(anns, sheet):
    anns.put(address(sheet, "draft/"), {**BODY, "revision": 7})

    answer = anns.put(address(sheet, "draft/"), {"revision": 6, "seconds": 1})

    assert (answer.status_code, answer.json()) == (200, {"revision": 7})
    assert Draft.objects.get().body == BODY


def test_another_draft_of_the_same_revision_is_refused(anns, sheet):
    anns.put(address(sheet, "draft/"), {**BODY, "revision": 7})

    assert anns.put(address(sheet, "draft/"), {**BODY, "revision": 7}).status_code == 200
    assert anns.put(address(sheet, "draft/"), {"revision": 7, "seconds": 1}).status_code == 409
    assert Draft.objects.get().body == BODY


@pytest.mark.parametrize(
    "body",
    [
        {"ratings": "x", "ranking": "x", "ranks": "x", "seconds": "x", "prompt_answers": "x"},
        {"ratings": [[], {"slot": []}, {"slot": "A", "answers": [1], "overall_quality": {}, "notes": {}}]},
        {"ratings": [{"slot": "A", "answers": {"fails_task": [[]]}}], "ranking": [[[]], "B"], "ranks": {"A": []}},
        {"seconds": -1.5, "arranged_by_ratings": [1], "prompt_answers": [1]},
    ],
)
def test_a_draft_of_any_shape_comes_back_and_opens_in_the_browser(anns, sheet, client_of, ann, body):
    assert anns.put(address(sheet, "draft/"), {**body, "revision": 1}).status_code == 200

    assert anns.get(address(sheet)).json()["draft"]["body"] == body
    assert client_of(ann).get(f"/sheets/{sheet['assignment']}/").status_code == 200
    assert anns.post(address(sheet, "submit/"), body).status_code == 422


@pytest.mark.parametrize("revision", [None, 0, -1, 1.5, "7", True, 2_000_000_001])
def test_a_draft_needs_a_revision(anns, sheet, revision):
    assert anns.put(address(sheet, "draft/"), {"revision": revision}).status_code == 400


@pytest.mark.parametrize(("method", "verb"), [("put", "draft/"), ("get", "")])
def test_a_sheet_that_was_submitted_says_so(anns, sheet, method, verb):
    anns.post(address(sheet, "submit/"), BODY)

    answer = getattr(anns, method)(address(sheet, verb), {"revision": 1} if verb else None)

    assert (answer.status_code, answer.json()["detail"]) == (409, "You have submitted this sheet.")


def test_skip_frees_the_seat_once(anns, sheet):
    for _ in range(2):
        answer = anns.post(address(sheet, "skip/"), {"reason": "It is in French."})
        assert (answer.status_code, answer.json()) == (200, {"assignment": sheet["assignment"], "state": "skipped"})

    held = Assignment.objects.get()
    assert (held.skip_reason, held.task.taken) == ("It is in French.", 0)


def test_skip_needs_no_reason(anns, sheet):
    assert anns.post(address(sheet, "skip/")).status_code == 200


def test_a_submitted_sheet_is_not_skipped(anns, sheet):
    anns.post(address(sheet, "submit/"), BODY)

    assert anns.post(address(sheet, "skip/")).status_code == 409


def test_submitting_what_was_skipped_is_409(anns, sheet):
    anns.post(address(sheet, "skip/"))

    answer = anns.post(address(sheet, "submit/"), BODY)

    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["detail"] == "You skipped this sheet, so it can no longer be submitted."


def test_late_is_fine_while_a_seat_is_free(anns, sheet):
    let_expire(sheet)

    assert anns.post(address(sheet, "submit/"), BODY).status_code == 201


def test_late_is_409_when_the_task_is_full_and_the_body_is_kept(anns, sheet, bob):
    let_expire(sheet)
    bobs = Assignment.objects.get().task
    Task.objects.exclude(pk=bobs.pk).delete()
    queue.next_assignment(labeler=bob, project=bobs.project)

    answer = anns.post(address(sheet, "submit/"), BODY, headers={"Idempotency-Key": "late"})

    assert answer.status_code == 409
    assert "others have completed the task since" in answer.json()["detail"]
    assert Draft.objects.get(assignment=sheet["assignment"]).body == BODY


@pytest.mark.parametrize("person", ["bob", "hal", "judge", "rita", "ada"])
@pytest.mark.parametrize(("method", "verb"), [("get", ""), ("put", "draft/"), ("post", "submit/"), ("post", "skip/")])
def test_somebody_elses_sheet_is_404(request, rest, sheet, person, method, verb):
    client = rest(request.getfixturevalue(person), "label")

    assert getattr(client, method)(address(sheet, verb), BODY if verb else None).status_code == 404
    assert Assignment.objects.get().state == "open"


def test_a_labelers_session_does_the_same_with_csrf(ann, project):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ann)
    client.get("/")
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value)

    sheet = client.post(f"/api/v1/projects/{project.pk}/next/").json()

    assert client.put(address(sheet, "draft/"), {**BODY, "revision": 1}, format="json").status_code == 200
    assert client.post(address(sheet, "submit/"), BODY, format="json").status_code == 201


@pytest.mark.parametrize("k", [4, 9])
def test_next_costs_the_same_few_queries_whatever_k_is(anns, k, django_assert_num_queries):
    project = TaskFactory(project=ProjectFactory(k=k)).project
    anns.post(f"/api/v1/projects/{project.pk}/next/")

    # who (2), project, the queue (8), the sheet with its draft, its slots (2), how far along (1, the rest kept)
    with django_assert_num_queries(14):
        anns.post(f"/api/v1/projects/{project.pk}/next/")


def test_empty_responses_are_shown_as_they_are(anns, project):
    Response.objects.update(text="")

    assert {slot["text"] for slot in anns.post(f"/api/v1/projects/{project.pk}/next/").json()["slots"]} == {""}


TAGGED = {"key": "closed", "wording": "Closed domain", "scale": "binary", "applies_to_tags": ["closed_domain"]}


def rating_project(k=4, questions=None):
    form = {"form": FormVersionFactory(questions=questions).form} if questions else {}
    return TaskFactory(project=ProjectFactory(kind="rating", k=k, **form)).project


def taken(client, project):
    return client.post(f"/api/v1/projects/{project.pk}/next/").json()


def test_a_rating_goes_its_whole_way(anns):
    sheet = taken(anns, rating_project())
    assert (sheet["kind"], [slot["slot"] for slot in sheet["slots"]]) == ("rating", ["A", "B", "C", "D"])
    body = {"ratings": BODY["ratings"], "seconds": 95}

    kept = anns.put(address(sheet, "draft/"), {**body, "revision": 1})
    answer = anns.post(address(sheet, "submit/"), {**body, "next": True})

    assert (kept.status_code, answer.status_code, answer.json()["next"]) == (200, 201, None)
    label = Label.objects.get()
    assert {rating.slot.letter: rating.overall_quality for rating in label.ratings.all()} == {
        "A": 5, "B": 5, "C": 1, "D": 7,
    }  # fmt: skip
    assert not hasattr(label, "ranking")


def test_a_rating_takes_no_ranking_and_misses_every_response(anns):
    sheet = taken(anns, rating_project())

    answer = anns.post(address(sheet, "submit/"), {"ratings": BODY["ratings"][1:], "ranking": BODY["ranking"]})

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"] == [
        {"field": "A-overall_quality", "detail": "Response A has no overall quality yet."},
        {"field": "A-fails_task", "detail": "Response A: “Fails the task” is not answered yet."},
        {"field": "ranking", "detail": "This sheet asks for no ranking."},
    ]


def test_a_ranking_alone_takes_no_ratings(anns):
    sheet = taken(anns, TaskFactory(project__rate_first=False).project)
    assert sheet["questions"] == []

    refused = anns.post(address(sheet, "submit/"), BODY)
    answer = anns.post(address(sheet, "submit/"), {"ranking": BODY["ranking"], "seconds": 5})

    assert [error["detail"] for error in refused.json()["errors"]] == ["This sheet asks for no ratings."]
    assert answer.status_code == 201


def test_a_question_for_other_prompts_is_neither_asked_nor_taken(anns):
    sheet = taken(anns, rating_project(k=2, questions=[TAGGED, {"key": "kind", "wording": "Kind", "scale": "binary"}]))
    assert [question["key"] for question in sheet["questions"]] == ["kind"]
    ratings = [{"slot": slot, "answers": {"kind": True, "closed": True}} for slot in "AB"]

    refused = anns.post(address(sheet, "submit/"), {"ratings": ratings})
    for rating in ratings:
        del rating["answers"]["closed"]

    assert [error["detail"] for error in refused.json()["errors"]] == ["This form has no question “closed”."] * 2
    assert anns.post(address(sheet, "submit/"), {"ratings": ratings}).status_code == 201


@pytest.mark.parametrize(("at_the_lease", "now"), [([], ["closed_domain"]), (["closed_domain"], [])])
def test_what_a_sheet_asks_stays_as_it_was_leased_whatever_tags_its_prompt_is_given(anns, at_the_lease, now):
    project = rating_project(k=2, questions=[TAGGED, {"key": "kind", "wording": "Kind", "scale": "binary"}])
    Prompt.objects.update(tags=at_the_lease)
    sheet = taken(anns, project)
    keys = [question["key"] for question in sheet["questions"]]

    Prompt.objects.update(tags=now)

    assert anns.get(address(sheet)).json()["questions"] == sheet["questions"]
    ratings = [{"slot": slot, "answers": dict.fromkeys(keys, True)} for slot in "AB"]
    assert anns.post(address(sheet, "submit/"), {"ratings": ratings}).status_code == 201


@pytest.mark.parametrize("k", [4, 9])
def test_taking_and_submitting_ratings_costs_the_same_few_queries(anns, k, django_assert_num_queries):
    project = rating_project(k)
    sheet = taken(anns, project)
    ratings = [
        {"slot": slot["slot"], "overall_quality": 4, "answers": {"fails_task": False}} for slot in sheet["slots"]
    ]

    with django_assert_num_queries(14):
        taken(anns, project)
    with django_assert_num_queries(QUERIES_OF_A_SUBMISSION):
        anns.post(address(sheet, "submit/"), {"ratings": ratings})
