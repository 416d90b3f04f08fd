"""By which question is a response good, and from where to where does its scale go?

The overall quality, unless a project asks for none: then a Likert question of its form's own, of each response.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from labeling.guidelines.models import Good, Per, Question, Scale
from labeling.work.models import Assignment, Kind

OVERALL = "overall_quality"
JUDGING = (Kind.RATING, Kind.RANKING)


@dataclass(frozen=True)
class Judged:
    """A question that responses are judged by."""

    key: str
    lowest: int
    highest: int

    @property
    def middle(self):
        return (self.lowest + self.highest) / 2


PAPERS = Judged(OVERALL, 1, 7)


def judged_by(projects, key=""):
    """Return the Judged of `projects`: the one of that key, else the overall quality, else the only one there is.

    Raises ValidationError where a project does not ask it, where it was asked on several scales, or where there are
    several and none is named.
    """
    asked = {project: _asked(project) for project in projects if project.kind in JUDGING}
    common = set.intersection(*map(set, asked.values())) if asked else {OVERALL}
    key = key or _the_one(asked, common)
    for project, scales in asked.items():
        if key not in scales:
            raise _refusal(f"“{project}” asks no Likert question “{key}” of each response{_offer(common)}.")
    found = set[Any]().union(*(scales[key] for scales in asked.values()))
    if len(found) > 1:
        told = ", ".join(f"{low} to {high}" for low, high in sorted(found))
        raise _refusal(f"“{key}” was asked on several scales ({told}), which have no common median.")
    return Judged(key, *found.pop()) if found else PAPERS


def _the_one(asked, common):
    if OVERALL in common:
        return OVERALL
    if len(common) == 1:
        return next(iter(common))
    project = next(project for project, scales in asked.items() if OVERALL not in scales)
    if not common:
        raise _refusal(f"“{project}” asks for no overall quality, and the projects have no Likert question in common.")
    raise _refusal(f"“{project}” asks for no overall quality: name another “question”{_offer(common)}.")


def _asked(project):
    """{key: {(lowest, highest), …}} of the questions whose high numbers are good, as the labels were made under them.

    Before there are any, as the newest version of the form asks them.
    """
    under = Assignment.objects.filter(project=project).order_by().values_list("form_version", flat=True).distinct()
    versions = list(under) or [project.form.newest().pk]
    questions = Question.objects.filter(version__in=versions, scale=Scale.LIKERT, per=Per.RESPONSE)
    scales: dict[str, set[Any]] = {}  # the database promises a Likert question its numbers, which mypy cannot know
    for question in questions.exclude(good_answer=Good.LOW):
        scales.setdefault(question.key, set()).add((question.minimum, question.maximum))
    return scales


def _offer(keys):
    return f"; choose from {', '.join(sorted(keys))}" if keys else ""


def _refusal(sentence):
    return ValidationError({"filters": sentence})
