"""How does what was said on a sheet get onto a copy of the sheet? In a number of queries that does not grow."""

from labeling.copies import copies
from labeling.labels.models import Answer, Demonstration, Place, Ranking, Rating


def copy_labels(labels, *, sheets, slots):
    """Copy `labels`, one for each sheet, onto other `sheets` with other `slots`: {key: copy}, as `copy_tasks` returns.

    The copy says the same, at the same moment; it is a first revision that stands, and is not locked. Returns
    {key of the label: the copy}.
    """
    fresh = {"revision": 1, "superseded_at": None, "locked_at": None, "locked_because": ""}
    made = copies(labels, change=lambda label: fresh | {"assignment_id": sheets[label.assignment_id].pk})

    def of_label(row):
        return {"label_id": made[row.label_id].pk}

    def of_slot(row):
        return {"slot_id": slots[row.slot_id].pk}

    copies(Demonstration.objects.filter(label__in=made), change=of_label)
    rankings = copies(Ranking.objects.filter(label__in=made), change=of_label)
    copies(
        Place.objects.filter(ranking__in=rankings),
        change=lambda place: of_slot(place) | {"ranking_id": rankings[place.ranking_id].pk},
    )
    ratings = copies(Rating.objects.filter(label__in=made), change=lambda rating: of_label(rating) | of_slot(rating))
    copies(
        Answer.objects.filter(label__in=made),
        change=lambda answer: of_label(answer) | {"rating_id": answer.rating_id and ratings[answer.rating_id].pk},
    )
    return made
