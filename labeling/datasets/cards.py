"""What should whoever finds the files know about them? A dataset card, in the form that Hugging Face's hub reads."""

import orjson
from django.template.loader import render_to_string
from django.utils import translation

from labeling.datasets.columns import features
from labeling.datasets.models import UNITS, DatasetKind
from labeling.people.models import Cohort
from labeling.surveys import totals
from labeling.work.models import Assignment, AssignmentState

NAME = "README.md"
# What the hub calls the tasks that each kind is for.
TASKS = {
    DatasetKind.SFT: "text-generation",
    DatasetKind.COMPARISONS: "reinforcement-learning",
    DatasetKind.UNPAIRED: "reinforcement-learning",
    DatasetKind.PROMPTS: "reinforcement-learning",
    DatasetKind.RATINGS: "text-classification",
    DatasetKind.RAW: "other",
}
# Upper bounds of the hub's size categories, and their names.
SIZES = [
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
]  # fmt: skip


def card(*, choice, manifest):
    """Return the text of README.md for a version that says `manifest` of itself: front matter, then Markdown."""
    unit = UNITS[choice.kind]
    licenses = {source["license"] for source in manifest["sources"]}
    facts = {
        "manifest": manifest,
        "choice": choice,
        "unit": unit,
        "total": sum(manifest[unit].values()),
        "size": next((name for most, name in SIZES if manifest["rows"] < most), "n>10M"),
        "task": TASKS[choice.kind],
        "license": licenses.pop() if len(licenses) == 1 else "",
        "features": [orjson.dumps(column).decode() for column in features(choice.kind, choice.format)],
        "cohorts": _cohorts(choice),
        "agreed": _percent(manifest["agreement"]),
    }
    with translation.override("en"):  # as the hub's cards are, whoever asks for it
        return render_to_string("datasets/card.md", facts | _said_in_surveys(choice))


def _percent(found):
    """A share with its interval in words, as 72.6 % (95 %: 70.1–75.0 %)."""
    if found is None:
        return ""
    sure = "" if found["low"] is None else f" (95 %: {found['low']:.1%}–{found['high']:.1%})"
    return f"{found['share']:.1%}{sure}"


def _said_in_surveys(choice):
    """Totals alone, and only those that the page of the surveys shows. Who the people are, nobody asks by project."""
    quarters = [(project, totals.satisfaction(project)) for project in choice.projects]
    return {
        "people": totals.demographics(),
        "satisfaction": [(project, quarter) for project, of_project in quarters for quarter in of_project],
    }


def _cohorts(choice):
    """[(cohort, people who submitted anything in the chosen projects)]; researchers are in neither."""
    submitted = Assignment.objects.filter(
        project__in=[project.pk for project in choice.projects], state=AssignmentState.SUBMITTED, by_program=False
    )
    names = {"": "researchers", **{cohort.value: cohort.value.replace("_", "-") for cohort in Cohort}}
    people: dict[str, set[int]] = {}
    for cohort, labeler in submitted.values_list("cohort", "labeler").distinct():
        people.setdefault(cohort, set()).add(labeler)
    return sorted((names[cohort], len(who)) for cohort, who in people.items())
