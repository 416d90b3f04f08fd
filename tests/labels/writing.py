"""Sheets to write on: a project of demonstrations with a task of a given prompt, or of one that the labeler writes."""

import secrets

from labeling.work import queue
from labeling.work.models import Task
from tests.factories import ProjectFactory, PromptFactory

TYPES = ["plain", "few_shot", "user_based"]
PAIRS = [{"query": "I love it", "response": "positive"}, {"query": "Never again", "response": "negative"}]
FEW_SHOT = {"type": "few_shot", "text": "Name the mood.", "examples": PAIRS}


def project_of(**fields):
    return ProjectFactory(kind="demonstration", **fields)


def task_of(project, *, prompt="Name three rivers.", use_case_text=""):
    """A task without candidates; `prompt` is a text, messages, or None where the labeler writes it."""
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return Task.objects.create(
        project=project,
        prompt=PromptFactory(messages=messages) if messages else None,
        use_case_text=use_case_text,
        seats=project.overlap,
        position=secrets.randbits(62),
        seed=secrets.randbits(62),
    )


def sheet_of(labeler, project=None, **task):
    """A sheet in this labeler's hands."""
    project = project or project_of()
    task_of(project, **task)
    return queue.next_assignment(labeler=labeler, project=project)


def asking_sheet_of(labeler, *, types=TYPES, asks_for_tags=False, use_case_text=""):
    """A sheet on which the labeler writes the prompt, too."""
    project = project_of(name="Write prompts", prompt_types=types, asks_for_tags=asks_for_tags)
    return sheet_of(labeler, project, prompt=None, use_case_text=use_case_text)
