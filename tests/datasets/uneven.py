"""Frozen files of every format whose columns say nothing for long, and then something of another shape."""

from labeling.candidates.models import Response
from labeling.datasets import freezing
from labeling.datasets.formats import FORMATS
from labeling.labels import recording
from labeling.work import drawing, queue
from labeling.work.models import Assignment
from tests.factories import FormVersionFactory, OwnerFactory, ProjectFactory, PromptFactory, TaskFactory
from tests.factories.labels import assign, rank, say

FORM = [
    {"key": "overall_quality", "wording": "Quality", "scale": "likert", "minimum": 1, "maximum": 7},
    {"key": "helpfulness", "wording": "Helpful?", "scale": "likert", "minimum": 1, "maximum": 5},
    {"key": "correctness", "wording": "Correct?", "scale": "likert", "minimum": 1, "maximum": 5},
    {"key": "clear", "wording": "Is the prompt clear?", "scale": "binary", "per": "prompt"},
]
PLAIN = {"meta": {"topic": "rivers"}}
FULL = {"use_case": "chat", "tags": ["closed_domain"], "language": "ko", "meta": {"grade": [5], "topic": 7}}


def frozen_uneven(*, ann, rita, plain, length=10):
    """Return {(kind, format): version}: of `plain` prompts of a `length`, with people's answers, and two full ones."""
    form = FormVersionFactory(questions=FORM).form
    ranking = ProjectFactory(k=2, form=form, name="Ranking")
    rating, judging = (ProjectFactory(kind="rating", k=2, form=form, name=name) for name in ("Rating", "Judging"))
    writing = ProjectFactory(kind="demonstration", name="Writing")
    for n in range(plain + 2):
        messages = [{"role": "user", "content": f"{n} " * (length // 2)}]
        prompt = PromptFactory(messages=messages, owner=OwnerFactory(split="train"), **(PLAIN if n < plain else FULL))
        tasks = [TaskFactory(project=project, prompt=prompt) for project in (ranking, rating, judging)]
        (_say_little if n < plain else _say_all)(*tasks, ann=ann, rita=rita)
        drawing.add_tasks(project=writing, prompts=[prompt.pk])
    _write(writing, ann)
    made_of = {
        "sft": ([writing, rating], {"minimum_rating": 7}), "comparisons": ([ranking], {}), "unpaired": ([rating], {}),
        "prompts": ([ranking], {}), "ratings": ([judging], {}), "raw": ([ranking, rating, judging, writing], {}),
    }  # fmt: skip
    return {(kind, format): _frozen(kind, format, *made_of[kind]) for kind, format in FORMATS}


def _say_little(ranking, rating, judging, *, ann, rita):
    """By a researcher, who is in no cohort, about answers that no model gave, with as few answers as can be."""
    for sample, response in enumerate(Response.objects.filter(prompt=ranking.prompt_id)):
        Response.objects.filter(pk=response.pk).update(endpoint=None, sample=sample)
    rank(ranking, rita, "A > B")
    say(assign(rating, ann), None, ratings={"A": 6, "B": 1})
    say(assign(judging, rita), None, answers={"A": {"helpfulness": 5}})


def _say_all(ranking, rating, judging, *, ann, rita):
    answers = {"A": {"helpfulness": 5, "correctness": 2}}
    Response.objects.filter(prompt=ranking.prompt_id).update(sampling={"temperature": 0.5})
    rank(ranking, ann, "B > A", ratings={"A": 6}, answers=answers)
    say(assign(rating, ann), None, ratings={"A": 7, "B": 1})
    revised = assign(judging, ann)
    for _revision in range(2):
        say(revised, None, ratings={"A": 5}, answers=answers, prompt_answers={"clear": True})


def _write(project, labeler):
    related = Assignment.objects.select_related("project", "task__prompt")
    while sheet := queue.next_assignment(labeler=labeler, project=project):
        recording.record(assignment=related.get(pk=sheet.pk), body={"text": "A river.", "seconds": 9})


def _frozen(kind, format, projects, filters):
    version = freezing.freeze_here(kind=kind, format=format, projects=projects, filters=filters)
    assert version.is_frozen, version.error
    return version
