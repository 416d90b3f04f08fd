"""Having models answer, over REST."""

import pytest

from labeling.candidates import generating, planning
from labeling.candidates.models import Call, GenerationJob, JobEndpoint
from tests.candidates.conftest import quick, server  # noqa: F401
from tests.candidates.generating import answer, model, questions
from tests.factories import EndpointFactory, PromptFactory, ResponseFactory, TaskFactory
from tests.model_server import model_server  # noqa: F401

pytestmark = pytest.mark.django_db

HERE = "/api/v1/generations/"


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


def writer(**facts):
    return EndpointFactory(**{"base_url": "https://models.example/v1"} | facts)


def planned(*endpoints, **wishes):
    PromptFactory()
    job = generating.request_generation(endpoints=list(endpoints or [writer()]), selection={}, **wishes)
    planning.plan(job_id=job.pk)
    job.refresh_from_db()
    return job


def fail(job):
    calls = Call.objects.filter(part__job=job)
    number = calls.update(state="failed", cause="timeout", error="It took too long.")
    JobEndpoint.objects.filter(job=job).update(failed=number)


def test_a_job_is_requested_with_models_by_id_and_by_name(engineer, eve):
    prompt = PromptFactory(use_case="open_qa", language="en", tags=["rivers"])
    project = TaskFactory(prompt=prompt).project
    first, second = writer(), writer(name="sft-1.3b")
    chosen = {
        "source": prompt.source.name, "split": "train", "project": project.pk, "use_case": "open_qa",
        "language": "en", "tag": "rivers", "prompts": [prompt.pk],
    }  # fmt: skip
    sampling = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 256, "stop": ["\nUser:"], "seed": 7}
    body = {"models": [first.pk, "sft-1.3b", first.pk], "prompts": chosen, "n": 2, "k": 4, "sampling": sampling}

    made = engineer.post(HERE, body)

    assert made.status_code == 202, made.json()
    shown = made.json()
    assert {key: shown[key] for key in ("state", "reason", "prompts", "n", "k", "sampling", "percent")} == {
        "state": "queued", "reason": "", "prompts": chosen, "n": 2, "k": 4, "sampling": sampling, "percent": 0,
    }  # fmt: skip
    assert {part["id"] for part in shown["models"]} == {first.pk, second.pk}
    assert engineer.get(f"{HERE}{shown['id']}/").json() == shown
    assert GenerationJob.objects.get().requested_by == eve


def test_models_are_enough(engineer):
    PromptFactory()

    made = engineer.post(HERE, {"models": [writer().pk]})

    assert (made.status_code, made.json()["prompts"], made.json()["n"]) == (202, {}, 1)


def test_the_same_request_is_one_job(engineer):
    PromptFactory()
    body = {"models": [writer().pk]}

    first, again = (engineer.post(HERE, body, headers={"Idempotency-Key": "one"}).json() for _ in range(2))

    assert (first, GenerationJob.objects.count()) == (again, 1)


def test_an_estimate_stores_nothing(engineer):
    asked = writer(price_out=10, max_tokens=100)
    there = ResponseFactory(endpoint=asked).prompt
    PromptFactory(source=there.source)

    answer = engineer.post(
        HERE, {"models": [asked.pk], "prompts": {"source": there.source.name}, "n": 2, "estimate": True}
    )

    assert answer.status_code == 200
    told = answer.json()
    assert (told["prompts"], told["calls"], told["cost"]) == (2, 3, 0.003)
    assert (told["models"][0]["id"], told["models"][0]["most_completion_tokens"]) == (asked.pk, 300)
    assert not GenerationJob.objects.exists()


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"models": []}, "models: This list may not be empty."),
        ({"models": ["nobody"]}, "models.0: There is no model “nobody”."),
        ({"models": [True]}, "models.0: There is no model “True”."),
        ({"models": [2**63]}, f"models.0: There is no model “{2**63}”."),
        ({"models": [1.5]}, "models.0: There is no model “1.5”."),
        ({"models": ["\0"]}, "models.0: There is no model “\0”."),
        ({"n": 65}, "n: Ensure this value is less than or equal to 64."),
        ({"k": 1}, "k: Ensure this value is greater than or equal to 2."),
        ({"prompts": {"source": "x"}}, "prompts.source: There is no source named “x”."),
        ({"prompts": {"prompts": []}}, "prompts.prompts: This list may not be empty."),
        ({"sampling": {"top_p": 0}}, "sampling.top_p: Top-p is more than 0."),
        ({"sampling": {"temperature": 2.1}}, "sampling.temperature: Ensure this value is less than or equal to 2."),
        ({"sampling": {"max_tokens": 0}}, "sampling.max_tokens: Ensure this value is greater than or equal to 1."),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(engineer, said, detail):
    PromptFactory()

    answer = engineer.post(HERE, {"models": [writer().pk]} | said)

    assert (answer.status_code, answer.json()["detail"]) == (400, detail)
    assert not GenerationJob.objects.exists()


@pytest.mark.parametrize(
    "body", [{"temperature": 1}, {"prompts": {"up_to": 9}}, {"sampling": {"n": 2}}], ids=["body", "prompts", "sampling"]
)
def test_a_misspelt_field_is_refused(engineer, body):
    answer = engineer.post(HERE, {"models": [writer().pk]} | body)

    assert answer.status_code == 400
    assert "There is no field of this name here" in answer.json()["detail"]


def test_what_the_verb_refuses_is_a_422(engineer):
    reward, mute = writer(protocol="score"), EndpointFactory(name="mute")

    def refusal(**body):
        answer = engineer.post(HERE, body)
        return answer.status_code, answer.json()["detail"]

    assert refusal(models=[writer().pk]) == (422, "No prompt is like that.")
    assert refusal(models=["mute"]) == (422, "mute has no base URL: it cannot be asked.")
    assert refusal(models=[mute.pk], estimate=True) == (422, "mute has no base URL: it cannot be asked.")
    assert refusal(models=[writer().pk, reward.pk]) == (
        422,
        "A job asks either for answers or for scores: start one for the reward models by themselves.",
    )


def test_how_far_a_job_is(engineer):
    asked = writer(price_in=1, down_reason="")
    job = planned(asked, n=4)
    Call.objects.filter(pk=Call.objects.first().pk).update(state="failed", cause="timeout", error="It took too long.")
    JobEndpoint.objects.update(done=1, failed=1, prompt_tokens=1_000_000)

    told = engineer.get(f"{HERE}{job.pk}/").json()

    expected = {
        "state": "running", "total": 4, "done": 1, "failed": 1, "waiting": 2, "percent": 50, "is_planned": True,
        "rate": None, "eta": None, "cost": 1.0,
        "failures": [{"cause": "timeout", "count": 1, "example": "It took too long."}],
        "models": [
            {
                "id": asked.pk, "name": asked.name, "total": 4, "done": 1, "failed": 1, "waiting": 2,
                "prompt_tokens": 1_000_000, "completion_tokens": 0, "cost": 1.0, "down_at": None, "down_until": None,
                "down_reason": "",
            }
        ],
    }  # fmt: skip
    assert {key: told[key] for key in expected} == expected


@pytest.mark.django_db(transaction=True)
def test_a_job_that_was_answered_says_so(engineer, server):  # noqa: F811
    source = questions(3)
    made = engineer.post(HERE, {"models": [model(server).pk], "prompts": {"source": source.name}, "n": 2})

    answer(GenerationJob.objects.get())

    told = engineer.get(f"{HERE}{made.json()['id']}/").json()
    assert (told["state"], told["done"], told["percent"], told["failures"]) == ("done", 6, 100, [])
    assert told["models"][0]["completion_tokens"] > 0


def test_a_job_is_paused_resumed_and_cancelled(engineer):
    job = planned()

    def steer(verb):
        answer = engineer.post(f"{HERE}{job.pk}/{verb}/")
        return answer.status_code, answer.json().get("state") or answer.json()["detail"]

    assert steer("resume") == (409, "The job is not paused, so it cannot be resumed.")
    assert steer("pause") == (200, "paused")
    assert steer("pause") == (409, "The job is not under way, so it cannot be paused.")
    assert steer("resume") == (200, "running")
    assert steer("cancel") == (200, "cancelled")
    assert steer("cancel") == (409, "The job is over already, so it cannot be cancelled.")


def test_what_failed_is_asked_again(engineer):
    job = planned(n=2)
    fail(job)
    generating.bring_on()
    address = f"{HERE}{job.pk}/retry/"

    again = engineer.post(address)

    assert (again.status_code, again.json()["state"], again.json()["waiting"]) == (200, "running", 2)
    refused = engineer.post(address)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "Nothing of this job has failed that could be asked again.",
    )


def test_a_job_that_is_not_there(engineer):
    for verb in ("pause", "resume", "cancel", "retry"):
        assert engineer.post(f"{HERE}12345/{verb}/").status_code == 404
    assert engineer.get(f"{HERE}12345/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_is_in_it(engineer, rows, django_assert_num_queries):
    for _ in range(rows):
        planned(writer(), writer())

    with django_assert_num_queries(5):  # the token, the groups, the jobs, their parts, the models
        assert len(engineer.get(HERE).json()["results"]) == rows


def test_the_list_is_narrowed_down_by_state(engineer):
    planned()
    wanted = planned()
    generating.pause(job=wanted)

    assert [row["id"] for row in engineer.get(f"{HERE}?state=paused").json()["results"]] == [wanted.pk]
