"""manage.py generate: what it says, and with which exit status."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from labeling.candidates.models import GenerationJob, Response, Score
from labeling.prompts.models import JobState, Prompt
from tests.candidates.generating import model, questions
from tests.celery_worker import environment, own_broker, until, worker  # noqa: F401
from tests.factories import EndpointFactory, PromptFactory, ResponseFactory, SourceFactory

MANAGE = Path(settings.BASE_DIR) / "manage.py"
real = pytest.mark.django_db(transaction=True)
rolled_back = pytest.mark.django_db


def run(*options):
    out, err = io.StringIO(), io.StringIO()
    call_command("generate", *map(str, options), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refusal(*options):
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("generate", *map(str, options), stdout=out, stderr=err)
    return str(failure.value), err.getvalue()


@real
def test_models_answer_in_this_very_process(server):
    source = questions(3)
    PromptFactory()
    one, two = model(server, name="one", price_out=1_000), model(server, name="two")

    out, err = run("--model", "one", "two", "--source", source, "--n", 2, "--temperature", 1, "--seed", 7, "--here")

    job = GenerationJob.objects.get()
    assert (job.state, job.n, job.temperature, job.seed, err) == (JobState.DONE, 2, 1.0, 7, "")
    assert Response.objects.filter(endpoint__in=[one, two], prompt__source=source).count() == 12
    lines = out.splitlines()
    assert lines[0] == f"This is generation job {job.pk}."
    assert [line.partition(" failed")[0] for line in lines[1:]] == ["one: 6 answered, 0", "two: 6 answered, 0"]
    assert (lines[1].endswith(" dollars"), lines[2].endswith(" dollars")) == (True, False)


@real
def test_given_again_it_asks_for_what_is_missing(server):
    source = questions(2)
    model(server, name="one")
    run("--model", "one", "--source", source, "--here")

    out, _err = run("--model", "one", "--source", source, "--n", 2, "--here")

    assert "one: 2 answered, 0 failed" in out
    assert Response.objects.count() == 4


@real
def test_different_answers_are_asked_for_until_there_are_enough(server):
    source = questions(2)
    model(server, name="one")

    run("--model", "one", "--source", source, "--k", 2, "--seed", 1, "--here")

    texts = [set(prompt.responses.values_list("text", flat=True)) for prompt in Prompt.objects.all()]
    assert [len(found) for found in texts] == [2, 2]


@real
def test_a_reward_model_scores_what_is_there(server):
    answered = ResponseFactory()
    model(server, name="rm", protocol="score", base_url=server.root)

    run("--model", "rm", "--prompts", answered.prompt.pk, "--here")

    assert Score.objects.get().response == answered


@real
def test_a_call_that_failed_is_told_and_not_all_was_done(server):
    server.behaviour.fail = 1.0
    source = questions(2)
    model(server, name="one")

    sentence, told = refusal("--model", "one", "--source", source, "--here")

    assert sentence == "The job is failed. Every call failed."
    assert told.startswith("2 × server: ")


@real
def test_a_job_that_is_paused_is_not_waited_for(settings):
    """The address is refused, which people have to see to."""
    EndpointFactory(name="one", base_url="http://127.0.0.1:9/v1", model_id="x")
    source = questions(2)

    sentence, told = refusal("--model", "one", "--source", source, "--here")

    assert GenerationJob.objects.get().state in sentence
    assert "127.0.0.1:9 is not a public address" in sentence + told


@real
def test_workers_ask_while_it_watches(model_server, monkeypatch, request):
    monkeypatch.setenv("MODEL_HOSTS", model_server.host)
    request.getfixturevalue("worker")
    source = questions(3)
    model(model_server, name="one")

    out, _err = run("--model", "one", "--source", source)

    assert "one: 3 answered, 0 failed" in out


@real
def test_ctrl_c_leaves_the_job_to_the_workers_and_says_how_to_cancel_it(own_broker):  # noqa: F811
    source = questions(1)
    EndpointFactory(name="one", base_url="https://models.example/v1")
    command = subprocess.Popen(
        [sys.executable, MANAGE, "generate", "--model", "one", "--source", source.name],
        env=environment(REDIS_URL=own_broker), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    job = until(lambda: GenerationJob.objects.first())
    assert command.stdout.readline() == f"This is generation job {job.pk}.\n"

    command.send_signal(signal.SIGINT)
    _out, err = command.communicate(timeout=60)

    assert command.returncode == 1
    assert f"POST /api/v1/generations/{job.pk}/cancel/" in err
    assert "Traceback" not in err
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


@rolled_back
def test_an_estimate_stores_nothing():
    asked = EndpointFactory(name="one", base_url="https://models.example/v1", price_out=10, max_tokens=100)
    there = ResponseFactory(endpoint=asked).prompt
    PromptFactory(source=there.source)

    out, _err = run("--model", "one", "--source", there.source, "--n", 2, "--estimate")

    first, second = out.splitlines()
    assert first == "2 prompts, 3 calls, 0.00 dollars"
    assert second.startswith("  one: 3 calls, about ")
    assert second.endswith("tokens of prompts and 300 of answers, 0.00 dollars")
    assert not GenerationJob.objects.exists()


@rolled_back
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "nobody"], "There is no model “nobody”."),
        (["--model", "mute"], "mute has no base URL: it cannot be asked."),
        (["--model", "one", "--source", "nowhere"], "There is no source named “nowhere”."),
        (["--model", "one", "--source", "empty"], "No prompt is like that."),
        (["--model", "one", "rm"],
         "A job asks either for answers or for scores: start one for the reward models by themselves."),
        (["--model", "one", "--temperature", "3"], "Error: argument --temperature: 3 is not from 0 to 2"),
        (["--model", "one", "--temperature", "nan"], "Error: argument --temperature: nan is not from 0 to 2"),
        (["--model", "one", "--n", "x"], "Error: argument --n: invalid number value: 'x'"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_an_error_in_a_sentence(options, sentence):
    SourceFactory(name="empty")
    EndpointFactory(name="mute")
    for name, protocol in (("one", "chat"), ("rm", "score")):
        EndpointFactory(name=name, protocol=protocol, base_url="https://models.example/v1")

    assert refusal(*options)[0] == sentence
    assert not GenerationJob.objects.exists()
