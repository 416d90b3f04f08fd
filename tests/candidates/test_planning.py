"""Which calls a job makes: what is missing, once, and nothing else."""

import pytest
from django.db import IntegrityError, transaction

from labeling.candidates import generating, planning
from labeling.candidates.models import Call, GenerationJob, Response
from labeling.prompts.models import JobState, Prompt
from labeling.prompts.refusals import Refused
from tests.candidates.generating import asked_of, counts, questions
from tests.factories import EndpointFactory, ResponseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def model():
    return EndpointFactory(base_url="https://models.example/v1", model_id="m")


def planned(job):
    planning.plan(job_id=job.pk)
    job.refresh_from_db()
    return job


def wanted(job):
    """{(prompt, model, sample)} of the calls that wait."""
    return set(Call.objects.filter(part__job=job, state="waiting").values_list("prompt", "endpoint", "sample"))


def test_every_model_is_asked_n_times_about_every_prompt(model):
    source, other = questions(3), EndpointFactory(base_url="https://models.example/v1")

    job = planned(asked_of(model, other, source=source, n=2))

    prompts = Prompt.objects.values_list("pk", flat=True)
    assert wanted(job) == {(p, m.pk, s) for p in prompts for m in (model, other) for s in (0, 1)}
    assert counts(job) == (12, 0, 0)
    assert (job.state, bool(job.planned_at), bool(job.started_at)) == (JobState.RUNNING, True, True)


def test_what_is_there_is_not_asked_for(model):
    source = questions(2)
    first, second = Prompt.objects.order_by("pk")
    ResponseFactory(prompt=first, endpoint=model, sample=0)

    job = planned(asked_of(model, source=source, n=2))

    assert wanted(job) == {(first.pk, model.pk, 1), (second.pk, model.pk, 0), (second.pk, model.pk, 1)}


def test_what_another_job_is_asking_for_is_not_asked_for_twice(model):
    source = questions(2)
    planned(asked_of(model, source=source))

    later = planned(asked_of(model, source=source, n=2))

    assert {sample for _prompt, _model, sample in wanted(later)} == {1}
    assert counts(later) == (2, 0, 0)


def test_what_a_cancelled_job_did_not_ask_is_asked_for_again(model):
    source = questions(2)
    generating.cancel(job=planned(asked_of(model, source=source)))

    assert counts(planned(asked_of(model, source=source))) == (2, 0, 0)


def test_prompts_with_enough_different_answers_are_passed_over(model):
    source = questions(2)
    first, second = Prompt.objects.order_by("pk")
    for number, text in enumerate(["the Rhine", "the Han", "the Rhine", " "]):
        ResponseFactory(prompt=first, endpoint=EndpointFactory(), text=text)
        ResponseFactory(prompt=second, endpoint=EndpointFactory(), text="the Nile" if number else "the Po")

    job = planned(asked_of(model, source=source, k=3))
    assert {prompt for prompt, *_ in wanted(job)} == {first.pk, second.pk}
    job = planned(asked_of(EndpointFactory(base_url="https://m.example"), source=source, k=2))
    assert wanted(job) == set()


def test_prompts_that_come_later_do_not_join_a_job(model):
    source = questions(1)
    job = asked_of(model, source=source)
    from tests.factories import PromptFactory

    PromptFactory(source=source)

    assert counts(planned(job)) == (1, 0, 0)


def test_a_limit_takes_the_first_prompts(model):
    questions(5)

    job = planned(generating.request_generation(endpoints=[model], selection={"limit": 3}))

    assert {p for p, *_ in wanted(job)} == set(Prompt.objects.order_by("pk")[:3].values_list("pk", flat=True))


@pytest.mark.parametrize(
    "selection", [{"split": "train"}, {"language": "ko"}, {"use_case": "chat"}, {"tag": "sensitive"}]
)
def test_prompts_are_chosen_by_what_they_are(model, selection):
    questions(2, language="ko", use_case="chat", tags=["sensitive"], owner__split="train")
    questions(1, language="en", use_case="other", tags=[], owner__split="test")

    assert counts(planned(generating.request_generation(endpoints=[model], selection=selection))) == (2, 0, 0)


def test_a_plan_that_was_interrupted_goes_on_behind_its_last_batch(model, monkeypatch):
    monkeypatch.setattr(planning, "CALLS_AT_ONCE", 2)
    job = asked_of(model, source=questions(5))

    class Killed(BaseException):
        pass

    def die():
        raise Killed

    with pytest.raises(Killed):
        planning.plan(job_id=job.pk, each_batch=die)
    assert counts(job) == (2, 0, 0)
    assert counts(planned(job)) == (5, 0, 0)


def test_planning_what_is_planned_changes_nothing(model):
    job = planned(asked_of(model, source=questions(2)))

    assert planning.plan(job_id=job.pk) is False
    assert counts(job) == (2, 0, 0)


def test_reward_models_are_asked_to_score_every_response_once(model):
    source = questions(2)
    for prompt in Prompt.objects.all():
        ResponseFactory(prompt=prompt, text="The Han.")
        ResponseFactory(prompt=prompt, text=" ")
    scorer = EndpointFactory(base_url="https://models.example", protocol="score", role="rm")

    job = planned(asked_of(scorer, source=source))

    assert set(Call.objects.filter(part__job=job).values_list("scored__text", flat=True)) == {"The Han."}
    assert counts(job) == (2, 0, 0)
    assert counts(planned(asked_of(scorer, source=source))) == (0, 0, 0)


def test_a_job_needs_models_that_can_be_asked(model):
    source = questions(1)
    scorer = EndpointFactory(base_url="https://models.example", protocol="score")
    for endpoints, sentence in [
        ([], "A job asks at least one model."),
        ([EndpointFactory(name="from-a-file")], "from-a-file has no base URL: it cannot be asked."),
        (
            [model, scorer],
            "A job asks either for answers or for scores: start one for the reward models by themselves.",
        ),
    ]:
        with pytest.raises(Refused) as refusal:
            asked_of(*endpoints, source=source)
        assert str(refusal.value).startswith(sentence)
    assert GenerationJob.objects.count() == 0


def test_a_job_about_nothing_is_refused(model):
    with pytest.raises(Refused, match="No prompt is like that"):
        generating.request_generation(endpoints=[model], selection={"source": "nowhere"})


def test_failed_calls_wait_again_when_retried_unless_somebody_else_asked(model):
    source = questions(2)
    job = planned(asked_of(model, source=source))
    Call.objects.update(state="failed", cause="server", error="500")
    job.parts.update(failed=2)
    generating.bring_on()
    job.refresh_from_db()
    assert (job.state, job.reason) == (JobState.FAILED, "Every call failed.")
    other = planned(generating.request_generation(endpoints=[model], selection={"source": source.name, "limit": 1}))
    assert counts(other) == (1, 0, 0)

    assert generating.retry_failed(job=job) == 1

    job.refresh_from_db()
    assert (job.state, job.finished_at, counts(job)) == (JobState.RUNNING, None, (2, 0, 1))


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("call_leased_by_somebody", {"state": "leased"}),
        ("call_done_with_an_answer", {"state": "done"}),
        ("call_failed_for_a_reason", {"state": "failed"}),
        ("call_state_is_known", {"state": "lost"}),
    ],
)
def test_a_call_cannot_lie_about_its_state(model, name, facts):
    planned(asked_of(model, source=questions(1)))

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Call.objects.update(**facts)


def test_the_database_refuses_to_ask_twice(model):
    planned(asked_of(model, source=questions(1)))
    call = Call.objects.get()
    call.pk = None

    with pytest.raises(IntegrityError, match="nothing_is_asked_twice"), transaction.atomic():
        call.save(force_insert=True)
    assert Response.objects.count() == 0


def test_a_part_cannot_have_more_over_than_there_is(model):
    job = planned(asked_of(model, source=questions(1)))

    with pytest.raises(IntegrityError, match="part_adds_up"):
        job.parts.update(done=1, failed=1)
