"""The page on which models are asked to answer, the page that tells how far they are, and the lists of what came."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labeling.candidates import generating, planning
from labeling.candidates.models import Call, GenerationJob, JobEndpoint, Score
from labeling.prompts.models import JobState
from tests.candidates.generating import answer, model, questions
from tests.factories import EndpointFactory, ProjectFactory, PromptFactory, ResponseFactory, SourceFactory, TaskFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/candidates/generationjob/add/"
LIST = "/admin/candidates/generationjob/"


def page_of(job):
    return reverse("admin:candidates_generationjob_change", args=[job.pk])


def address(verb, job):
    return reverse(f"admin:candidates_generationjob_{verb}", args=[job.pk])


def writer(**facts):
    return EndpointFactory(**{"base_url": "https://models.example/v1"} | facts)


def asked(*endpoints, **said):
    return {"models": [endpoint.pk for endpoint in endpoints], "n": 1, "generate": "Generate"} | said


def requested(*endpoints, **wishes):
    PromptFactory()
    return generating.request_generation(endpoints=list(endpoints or [writer()]), selection={}, **wishes)


def planned(*endpoints, **wishes):
    job = requested(*endpoints, **wishes)
    planning.plan(job_id=job.pk)
    job.refresh_from_db()
    return job


def fail(job, *, cause="timeout", error="It took too long."):
    """As the engine does when a call has failed for good."""
    calls = Call.objects.filter(part__job=job)
    for part in job.parts.all():
        number = calls.filter(part=part).update(state="failed", cause=cause, error=error)
        JobEndpoint.objects.filter(pk=part.pk).update(failed=number)


def mistakes(page):
    return page.context["form"].errors


def test_the_page_is_reached_from_the_index(rita, client_of):
    assert f'href="{ADD}"' in client_of(rita).get("/admin/").content.decode()


def test_a_job_is_requested_with_all_that_was_chosen(rita, client_of):
    model, other = writer(), writer()
    prompt = PromptFactory(use_case="open_qa", language="en", tags=["rivers"])
    project = TaskFactory(prompt=prompt).project
    said = {
        "source": prompt.source.pk, "split": "train", "project": project.pk, "use_case": "open_qa", "language": "en",
        "tag": "rivers", "limit": 9, "prompts": f"{prompt.pk}, 9999", "n": 2, "k": 4, "temperature": "0.7",
        "top_p": "0.9", "max_tokens": 256, "stop": "\nHuman: \n###", "seed": 7,
    }  # fmt: skip

    answered = client_of(rita).post(ADD, asked(model, other, **said))

    job = GenerationJob.objects.get()
    assert answered.url == page_of(job)
    assert job.prompts == {
        "source": prompt.source.name, "split": "train", "project": project.pk, "use_case": "open_qa",
        "language": "en", "tag": "rivers", "prompts": [prompt.pk, 9999], "up_to": prompt.pk,
    }  # fmt: skip
    assert (job.n, job.k, job.temperature, job.top_p, job.max_tokens, job.stop, job.seed, job.requested_by) == (
        2, 4, 0.7, 0.9, 256, ["Human: ", "###"], 7, rita,
    )  # fmt: skip
    assert {part.endpoint for part in job.parts.all()} == {model, other}


def test_what_is_left_empty_is_left_to_the_model(rita, client_of):
    prompt = PromptFactory()

    client_of(rita).post(ADD, asked(writer()))

    job = GenerationJob.objects.get()
    assert (job.prompts, job.k, job.temperature, job.stop, job.seed) == ({"up_to": prompt.pk}, None, None, [], None)


def test_a_model_without_an_address_is_there_and_says_why_it_cannot_be_asked(rita, client_of):
    mute = EndpointFactory(name="from-a-file")

    page = client_of(rita).get(ADD).content.decode()

    box = re.search(rf'<input[^>]*value="{mute.pk}"[^>]*>\s*([^<]*)', page)
    assert "disabled" in box[0]
    assert box[1].strip() == "from-a-file · other · has no base URL, so it cannot be asked"


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"models": []}, "models", "This field is required."),
        ({"prompts": "17, x"}, "prompts", "“x” is no id of a prompt."),
        ({"top_p": "0"}, "top_p", "Top-p is more than 0."),
        ({"temperature": "3"}, "temperature", "Ensure this value is less than or equal to 2."),
        ({"temperature": "nan"}, "temperature", "Enter a number."),
        ({"n": "0"}, "n", "Ensure this value is greater than or equal to 1."),
        ({"k": "1"}, "k", "Ensure this value is greater than or equal to 2."),
        ({"stop": "x" * 101}, "stop", "A stop text has at most 100 characters."),
        ({"stop": "\0"}, "stop", "A stop text has no U+0000 in it."),
        ({"source": "0"}, "source", "Select a valid choice. That choice is not one of the available choices."),
        ({"tag": "nobody's"}, "__all__", "No prompt is like that."),
    ],
)
@pytest.mark.parametrize("button", ["generate", "estimate"])
def test_what_cannot_be_asked_is_refused_in_a_sentence(rita, client_of, said, field, sentence, button):
    PromptFactory()
    body = {key: value for key, value in (asked(writer()) | said).items() if key != "generate"}

    answered = client_of(rita).post(ADD, body | {button: "1"})

    assert (answered.status_code, mistakes(answered)) == (422, {field: [sentence]})
    assert not GenerationJob.objects.exists()


def test_models_that_cannot_be_asked_together_are_refused(rita, client_of):
    client = client_of(rita)
    reward = writer(protocol="score")
    mute = EndpointFactory(name="mute")

    assert mistakes(client.post(ADD, asked(writer(), reward))) == {
        "models": ["A job asks either for answers or for scores: start one for the reward models by themselves."]
    }
    assert mistakes(client.post(ADD, asked(mute))) == {"models": ["mute has no base URL: it cannot be asked."]}


def test_an_estimate_says_what_would_be_asked_and_stores_nothing(rita, client_of):
    model = writer(name="ppo", price_in=1, price_out=2, max_tokens=100)
    done = ResponseFactory(endpoint=model).prompt
    PromptFactory(source=done.source)
    body = asked(model, source=done.source.pk, n=2, estimate="Estimate")
    del body["generate"]

    answered = client_of(rita).post(ADD, body)

    foreseen = answered.context["foreseen"]
    assert (answered.status_code, foreseen.prompts, foreseen.calls) == (200, 2, 3)
    assert foreseen.parts[0].completion_tokens == 300
    page = " ".join(answered.content.decode().split())
    assert "2 prompts. 3 calls are missing." in page
    assert '<th scope="row">ppo</th><td>3</td>' in page
    assert f'<option value="{done.source.pk}" selected>' in page  # the choice is still there
    assert not GenerationJob.objects.exists()


def test_progress_is_told_by_the_parts_and_asked_for_again(rita, client_of):
    client = client_of(rita)
    down = writer(
        name="on fire", price_in=2, down_at=timezone.now(), down_until=timezone.now(), down_reason="<i>Smoke.</i>"
    )
    job = planned(down, writer(name="well"), n=3)
    JobEndpoint.objects.filter(endpoint=down).update(done=1, prompt_tokens=500_000)

    page = client.get(page_of(job)).content.decode()

    assert "The job is running." in page
    assert 'hx-trigger="every 2s"' in page
    assert "16 %, 1 of 6 answered" in page
    assert "1.00 dollars so far" in page
    assert "<td>3</td><td>1</td><td>0</td><td>2</td><td>500000</td><td>0</td><td>1.0000</td>" in page
    assert "It has not answered since" in page
    assert "&lt;i&gt;Smoke." in page
    assert re.findall(r'<input type="submit"[^>]*id="(\w+)"', page) == ["pause", "cancel"]
    part = client.get(page_of(job), headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="live"')


def test_a_job_that_waits_says_so(rita, client_of):
    assert "The job waits for a worker." in client_of(rita).get(page_of(requested())).content.decode()


def test_a_job_is_paused_resumed_and_cancelled_from_its_page(rita, client_of):
    client, job = client_of(rita), planned()

    page = client.post(address("pause", job), follow=True).content.decode()
    assert "The job is paused. Answers on their way are still stored." in page
    assert re.findall(r'<input type="submit"[^>]*id="(\w+)"', page) == ["resume", "cancel"]
    page = client.post(address("pause", job), follow=True).content.decode()
    assert "Nothing changed: the job is no longer in that state." in page
    assert "The job goes on." in client.post(address("resume", job), follow=True).content.decode()
    page = client.post(address("cancel", job), follow=True).content.decode()
    assert "The job is cancelled. What is stored stays." in page
    assert "Given up" in page
    assert "hx-trigger" not in page
    assert re.findall(r'<input type="submit"[^>]*id="(\w+)"', page) == []
    assert client.get(address("pause", job)).status_code == 405


def test_why_a_job_was_paused_is_said(rita, client_of):
    job = planned()
    generating.pause(job=job, reason="The key is refused. <b>")

    assert 'The job is paused. <span dir="auto">The key is refused. &lt;b&gt;' in (
        client_of(rita).get(page_of(job)).content.decode()
    )


def test_failures_are_counted_by_their_kind_listed_and_retried(rita, client_of):
    client, job = client_of(rita), planned(n=2)
    fail(job, error="<script>It took too long.")
    generating.bring_on()

    page = client.get(page_of(job)).content.decode()

    assert "The job has failed." in page
    assert "&lt;script&gt;It took too long." in page
    listed = re.search(r'<a href="([^"]+)">no answer in time</a></th><td>2</td>', page)[1].replace("&amp;", "&")
    assert len(client.get(listed).context["cl"].result_list) == 2
    assert list(client.get(listed.replace("timeout", "throttled")).context["cl"].result_list) == []
    page = client.post(address("retry", job), follow=True).content.decode()
    assert "2 calls are made again." in page
    job.refresh_from_db()
    assert (job.state, Call.objects.filter(state="waiting").count()) == (JobState.RUNNING, 2)


@pytest.mark.django_db(transaction=True)
def test_what_came_of_a_job_is_found_from_its_page(rita, client_of, server):
    client = client_of(rita)
    asked_model = model(server, price_out=1)
    ResponseFactory()
    job = generating.request_generation(
        endpoints=[asked_model], selection={"source": questions(3).name}, requested_by=rita
    )
    answer(job)

    page = client.get(page_of(job)).content.decode()

    assert "The job is done." in page
    assert "100 %, 3 of 3 answered" in page
    assert 'href="/admin/work/project/add/"' in page
    found = re.search(r'id="responses" href="([^"]+)"', page)[1]
    listed = list(client.get(found).context["cl"].result_list)
    assert {response.endpoint for response in listed} == {asked_model}
    assert len(listed) == 3
    shown = client.get(reverse("admin:candidates_response_change", args=[listed[0].pk])).content.decode()
    assert f'<a href="{page_of(job)}">generation job {job.pk}</a>' in shown
    assert len(client.get(f"/admin/candidates/call/?part__job={job.pk}").context["cl"].result_list) == 3


def test_a_job_that_had_nothing_to_ask_says_so(rita, client_of):
    there = ResponseFactory(endpoint=writer())
    job = generating.request_generation(endpoints=[there.endpoint], selection={"source": there.prompt.source.name})
    planning.plan(job_id=job.pk)
    generating.bring_on()

    page = client_of(rita).get(page_of(job)).content.decode()

    assert "everything it would ask for was there already" in page
    assert "100 %, 0 of 0 answered" in page


def test_the_page_costs_the_same_with_however_many_calls(rita, client_of):
    client = client_of(rita)
    job, endpoint = planned(), EndpointFactory(base_url="https://m.example/v1")

    def queries(asked_about):
        with CaptureQueriesContext(connection) as captured:
            client.get(page_of(asked_about))
        return [query["sql"] for query in captured]

    few = queries(job)
    source = SourceFactory()
    for _ in range(5):
        PromptFactory(source=source)
    long = generating.request_generation(endpoints=[endpoint, writer()], selection={"source": source.name}, n=64)
    planning.plan(job_id=long.pk)
    long.refresh_from_db()

    many = queries(long)

    assert Call.objects.count() == 641
    assert len(many) == len(few)
    looking_at_calls = [sql for sql in many if 'FROM "candidates_call"' in sql]
    assert len(looking_at_calls) == 1  # the pace, of the newest answers
    assert "LIMIT 2000" in looking_at_calls[0]


@pytest.mark.parametrize("listed", ["generationjob", "call", "response", "score", "jobendpoint", "modelendpoint"])
def test_a_list_asks_no_more_for_more_rows(rita, client_of, listed):
    client = client_of(rita)

    def bring():
        job = planned(writer(), n=2)
        fail(job)
        response = ResponseFactory(flags=["leak"])
        for _ in range(2):
            Score.objects.create(response=response, endpoint=EndpointFactory(protocol="score"), value=0.5)
        return job

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/candidates/{listed}/").status_code == 200
        return len(captured)

    bring()
    queries()
    few = queries()
    bring()
    bring()
    assert queries() == few


def test_flags_and_scores_are_shown_and_responses_found_by_them(rita, client_of):
    client = client_of(rita)
    plain = ResponseFactory()
    leaking = ResponseFactory(text="As an AI language model, I", flags=["leak", "truncated"])
    Score.objects.create(response=leaking, endpoint=EndpointFactory(name="rm-6b", protocol="score"), value=-1.25)

    page = client.get("/admin/candidates/response/").content.decode()

    assert "gives its identity away, cut short" in page
    assert "rm-6b -1.250" in page

    def found(**by):
        return list(client.get("/admin/candidates/response/", by).context["cl"].result_list)

    assert (found(flag="leak"), found(flag="refusal"), found(flag="x")) == ([leaking], [], [leaking, plain])
    for wrong in ("x", "9" * 30, ""):
        assert client.get(f"/admin/candidates/response/?call__part__job={wrong}").status_code == 200


def test_what_a_model_said_is_never_markup(rita, client_of):
    response = ResponseFactory(text='<script>alert("x")</script>')

    for shown in ("/admin/candidates/response/", reverse("admin:candidates_response_change", args=[response.pk])):
        page = client_of(rita).get(shown).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("person", ["charlie", "ann", "eve"])
def test_only_researchers_and_admins_have_models_asked(request, client_of, person):
    client, job = client_of(request.getfixturevalue(person)), requested()

    for where in [ADD, LIST, page_of(job), *(address(verb, job) for verb in ("pause", "resume", "cancel", "retry"))]:
        assert "/login/" in client.get(where).url
        assert "/login/" in client.post(where).url
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_staff_without_the_role_may_not(charlie, client_of):
    charlie.is_staff = True
    charlie.save()
    client, job = client_of(charlie), requested()

    for where in (ADD, LIST, page_of(job)):
        assert client.get(where).status_code == 403
    for verb in ("pause", "resume", "cancel", "retry"):
        assert client.post(address(verb, job)).status_code == 403


def test_a_job_that_is_not_there_is_not_found(rita, client_of):
    assert client_of(rita).get("/admin/candidates/generationjob/12345/change/").status_code == 404


def test_jobs_are_listed_with_how_far_they_are(rita, client_of):
    job = planned(writer(name="b"), writer(name="a"), n=2)
    JobEndpoint.objects.filter(job=job).update(done=1)

    page = client_of(rita).get(LIST).content.decode()

    assert "a, b" in page
    assert '<progress value="50" max="100" aria-label="50 %">' in page


def test_projects_are_offered_by_their_names(rita, client_of):
    project = ProjectFactory(name="Rank rivers")
    assert f'<option value="{project.pk}">Rank rivers</option>' in client_of(rita).get(ADD).content.decode()
