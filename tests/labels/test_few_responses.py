"""A rating may be of one response by itself, or of the prompt alone."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from labeling.labels.models import Answer, Label, Rating
from labeling.work import drawing, projects, queue
from labeling.work.models import Task
from tests.factories import FormVersionFactory, ProjectFactory, PromptFactory, ResponseFactory

pytestmark = pytest.mark.django_db

ABOUT_THE_PROMPT = [
    {"key": "clear", "wording": "Is it clear?", "scale": "binary", "per": "prompt"},
    {"key": "why", "wording": "Why?", "scale": "text", "per": "prompt", "is_required": False},
]


@pytest.fixture
def of_prompts():
    return ProjectFactory(kind="rating", k=0, form=FormVersionFactory(questions=ABOUT_THE_PROMPT).form)


def test_a_prompt_without_responses_is_rated_by_itself(ann, client_of, of_prompts):
    drawing.add_tasks(project=of_prompts, prompts=[PromptFactory().pk])
    sheet = queue.next_assignment(labeler=ann, project=of_prompts)
    client = client_of(ann)

    page = client.get(reverse("labels:sheet", args=[sheet.pk]))
    data = {"prompt-clear": "yes", "seconds": "7", "revision": "0", "then": "stop"}
    answer = client.post(reverse("labels:submit", args=[sheet.pk]), data, follow=True)

    assert "Your answers" in page.content.decode()
    assert "Saved: your answers." in answer.content.decode()
    assert [said.value for said in Answer.objects.filter(label=Label.objects.get())] == [True]
    assert not Rating.objects.exists()


def test_an_unanswered_question_about_the_prompt_is_asked_for(ann, client_of, of_prompts):
    drawing.add_tasks(project=of_prompts, prompts=[PromptFactory().pk])
    sheet = queue.next_assignment(labeler=ann, project=of_prompts)

    answer = client_of(ann).post(reverse("labels:submit", args=[sheet.pk]), {"seconds": "7", "revision": "0"})

    assert answer.status_code == 422
    assert not Label.objects.exists()


def test_one_response_is_rated_by_itself(ann, client_of):
    project = ProjectFactory(kind="rating", k=1, with_references=True)
    prompt = PromptFactory()
    ResponseFactory(prompt=prompt, endpoint=None, text="Feedback by a teacher")
    drawing.add_tasks(project=project, prompts=[prompt.pk])
    sheet = queue.next_assignment(labeler=ann, project=project)
    client = client_of(ann)

    page = client.get(reverse("labels:sheet", args=[sheet.pk])).content.decode()
    required = [name for name in posted_names(page) if name.startswith("A-")]
    data = dict.fromkeys(required, "no") | {"A-overall_quality": "6", "seconds": "7", "revision": "0", "then": "stop"}
    answer = client.post(reverse("labels:submit", args=[sheet.pk]), data, follow=True)

    assert "Response A" in page
    assert "Response B" not in page
    assert "Saved: your rating of 1 response." in answer.content.decode()
    assert Rating.objects.get().overall_quality == 6


def posted_names(page):
    import re

    return set(re.findall(r'type="radio" name="([^"]+)"', page) + re.findall(r'name="([^"]+)" value="no"', page))


def test_such_projects_are_set_up_like_any_other():
    made = projects.create_project(
        name="Self-assessment",
        kind="rating",
        purpose="evaluation",
        instructions="Say.",
        form=FormVersionFactory(questions=ABOUT_THE_PROMPT).form.key,
        k=0,
        created_by=None,
    )

    assert (made.k, made.min_k) == (0, None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "ranking", "k": 1}, "A sheet compares 2 to 16 responses, not 1."),
        ({"kind": "rating", "k": 17}, "A sheet rates up to 16 responses, not 17."),
        (
            {"kind": "rating", "k": 0, "form": "instructgpt"},
            "Without responses the form must ask something of the prompt",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(fields, sentence):
    with pytest.raises(ValidationError, match=sentence):
        projects.create_project(
            **{
                "name": "x",
                "purpose": "training",
                "created_by": None,
                "instructions": "Say.",
                "form": "instructgpt",
                **fields,
            }
        )


def test_a_program_is_asked_the_same(judge, of_prompts):
    drawing.add_tasks(project=of_prompts, prompts=[PromptFactory().pk])

    sheet = queue.next_assignment(labeler=judge, project=of_prompts)

    assert sheet.slots.count() == 0
    assert Task.objects.get().candidates.count() == 0
