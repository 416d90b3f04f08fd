"""How many different texts can stand in one task, where a model may stand there only so often?

An answer is (id, endpoint id, text hash). Several models may have given the same text, and only one of them stands for
it: which one decides what room is left for other texts. So this is a matching of texts with models.
"""

from collections import defaultdict

UNLIMITED = 2**15


def by_text(answers):
    """Return the answers in lists of those with the same text, in the order in which they come."""
    texts: dict[str, list] = {}
    for answer in answers:
        texts.setdefault(answer[2], []).append(answer)
    return list(texts.values())


def different(texts, *, enough, most_per_model=None, baseline=None):
    """Return one answer each for as many of `texts` as can be, or for `enough` of them; the first go before the last.

    With a `baseline`, one of its answers is among them, or there are none at all. References count as nobody's answers;
    there is at most one.
    """
    without = _seated(texts, enough, most_per_model)
    if baseline is None:
        return without
    most: list = []
    for own in (answer for same in texts for answer in same if answer[1] == baseline):
        others = [same for same in texts if same[0][2] != own[2]]
        found = _seated([[own], *others], enough, most_per_model)  # its text has no other answer: it keeps its seat
        most = max(most, found, key=len)
        if len(most) == len(without):  # no other of its answers leaves more room
            break
    return most


def _seated(texts, enough, most_per_model):
    """Kuhn's algorithm: a text that once has a seat keeps one, so taking the first that fit takes as many as fit."""
    seats: dict = defaultdict(dict)  # endpoint → number of a text → the answer that stands for it
    room = defaultdict(lambda: most_per_model or UNLIMITED, {None: 1})
    free = enough
    for number in range(len(texts)):
        if not free:
            break
        free -= _seat(number, texts, seats, room, set())
    return [answer for held in seats.values() for answer in held.values()]


def _seat(number, texts, seats, room, tried):
    for answer in texts[number]:
        model = answer[1]
        if model not in tried:
            tried.add(model)
            if len(seats[model]) < room[model] or _move_one(model, texts, seats, room, tried):
                seats[model][number] = answer
                return True
    return False


def _move_one(model, texts, seats, room, tried):
    """Let another model stand for one of this model's texts."""
    for number in list(seats[model]):
        if _seat(number, texts, seats, room, tried):
            del seats[model][number]
            return True
    return False
