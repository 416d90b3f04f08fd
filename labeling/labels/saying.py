"""What does a label say, in the shape in which it was submitted, and in a few words?"""

from itertools import groupby

from django.utils.text import Truncator
from django.utils.translation import gettext as _


def said(label):
    """Return the body of a submission that would make this label again."""
    body = {"seconds": label.seconds, "prompt_answers": _answers_of(label, rating=None)}
    ratings = label.ratings.select_related("slot").order_by("slot__place")
    body["ratings"] = [
        {
            "slot": rating.slot.letter,
            "overall_quality": rating.overall_quality,
            "answers": _answers_of(label, rating=rating),
            "notes": rating.notes,
        }
        for rating in ratings
    ]
    if hasattr(label, "ranking"):
        body |= {"ranking": groups_of(label.ranking), "arranged_by_ratings": label.ranking.was_arranged}
    return _demonstrated(label) if hasattr(label, "demonstration") else body


def _answers_of(label, *, rating):
    answers = label.answers.filter(rating=rating).select_related("question")
    return {answer.question.key: answer.value for answer in answers}


def _demonstrated(label):
    """The same of what somebody wrote. A sheet refuses what it did not ask for, so that is left out."""
    demonstration = label.demonstration
    body = {"text": demonstration.text, "seconds": label.seconds}
    if prompt := demonstration.prompt:
        examples = prompt.meta.get("examples", [])
        body["prompt"] = {
            "type": demonstration.prompt_type,
            "text": prompt.messages[0]["content"],
            "examples": examples,
        }
    return body if demonstration.tags is None else body | {"tags": demonstration.tags}


def groups_of(ranking):
    """Return the letters, best first, ties together: [["B"], ["A", "C"], ["D"]]."""
    places = sorted(ranking.places.all(), key=lambda place: (place.rank, place.slot.place))
    return [[place.slot.letter for place in tied] for _rank, tied in groupby(places, key=lambda place: place.rank)]


def in_short(label):
    """Return a line that its labeler knows the label by: an order, grades, or the beginning of a text."""
    if hasattr(label, "demonstration"):
        return Truncator(str(label.demonstration)).chars(120)
    if hasattr(label, "ranking"):
        return " > ".join(" = ".join(tied) for tied in groups_of(label.ranking))
    graded = sorted(label.ratings.all(), key=lambda rating: rating.slot.place)
    return ", ".join(
        f"{rating.slot.letter}: {_('not rated') if rating.overall_quality is None else rating.overall_quality}"
        for rating in graded
    )
