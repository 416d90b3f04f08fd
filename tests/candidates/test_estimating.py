"""What a job would do, foreseen exactly where that can be."""

from decimal import Decimal

import pytest

from labeling.candidates.estimating import estimate
from labeling.candidates.models import Call, Response
from tests.candidates.generating import asked_of, counts, questions
from tests.candidates.test_planning import planned
from tests.factories import EndpointFactory, PromptFactory, ResponseFactory, SourceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def model():
    return EndpointFactory(base_url="https://models.example/v1", price_in=2, price_out=8, max_tokens=100)


def foreseen(model, source, **wishes):
    return estimate(endpoints=[model], selection={"source": source.name}, **wishes)


@pytest.mark.parametrize("wishes", [{}, {"n": 3}, {"n": 2, "k": 2}])
def test_the_calls_are_those_that_the_job_then_makes(model, wishes):
    source = questions(4)
    planned(asked_of(model, source=source))
    Call.objects.filter(pk__in=Call.objects.order_by("pk")[:2]).update(state="cancelled")
    ResponseFactory(prompt=source.prompts.last(), endpoint=model, sample=1, text="One.")
    ResponseFactory(prompt=source.prompts.last(), endpoint=EndpointFactory(), text="Two.")

    expected = foreseen(model, source, **wishes).calls
    job = planned(asked_of(model, source=source, **wishes))

    assert counts(job) == (expected, 0, 0)


def test_asking_stores_nothing(model):
    source = questions(2)

    foreseen(model, source)

    assert (Call.objects.count(), Response.objects.count()) == (0, 0)


def test_tokens_are_a_quarter_of_the_characters_and_cost_what_the_model_says(model):
    source = SourceFactory()
    for _ in range(10):
        PromptFactory(source=source, messages=[{"role": "user", "content": "x" * 396}])  # 400 with ["…"]

    [part] = foreseen(model, source).parts

    assert (part.prompt_tokens, part.completion_tokens, part.most_completion_tokens) == (1000, 1000, 1000)
    assert part.cost == part.most_cost == Decimal("0.0100")


def test_earlier_answers_say_how_long_answers_are(model):
    source = questions(10)
    job = planned(asked_of(model, source=questions(5)))
    job.parts.update(done=5, completion_tokens=150)

    [part] = foreseen(model, source).parts

    assert (part.completion_tokens, part.most_completion_tokens) == (300, 1000)


def test_without_prices_no_cost_is_made_up():
    model = EndpointFactory(base_url="https://models.example/v1")

    assert foreseen(model, questions(1)).cost is None


def test_scores_are_foreseen_for_each_response(model):
    source = questions(2)
    for prompt in source.prompts.all():
        ResponseFactory(prompt=prompt, text="x")
        ResponseFactory(prompt=prompt, text="")
    model.protocol = "score"
    model.save()

    assert foreseen(model, source).calls == 2
