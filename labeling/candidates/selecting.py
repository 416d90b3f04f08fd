"""Which prompts does a job ask about? A selection, as it is written in a job, in REST and on the page, and its prompts.

`{"source": name, "split": "train", "project": id, "use_case": …, "language": …, "tag": …, "prompts": [id, …],
"limit": n}`, every key optional. A job keeps its selection, with `up_to` added: the last prompt there was.
"""

from django.db.models import Max

from labeling.prompts.models import Prompt

FILTERS = {
    "source": "source__name",
    "split": "owner__split",
    "project": "tasks__project",
    "use_case": "use_case",
    "language": "language",
    "prompts": "pk__in",
    "up_to": "pk__lte",
}


def selected(selection):
    """Return the queryset of the selection's prompts, oldest first, without its limit; none that is set aside."""
    chosen = {FILTERS[key]: value for key, value in selection.items() if key in FILTERS}
    prompts = Prompt.objects.standing().filter(**chosen)
    if tag := selection.get("tag"):
        prompts = prompts.filter(tags__contains=[tag])
    return prompts.order_by("pk")


def pinned(selection):
    """Return the selection bounded by the last prompt it has now, so that prompts of later imports do not join it."""
    prompts = selected(selection)
    if limit := selection.get("limit"):
        prompts = prompts[:limit]
    last = prompts.aggregate(last=Max("pk"))["last"]
    bounded = {key: value for key, value in selection.items() if key != "limit"}
    return bounded | {"up_to": last or 0}
