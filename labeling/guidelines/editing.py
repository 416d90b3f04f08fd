"""What do the buttons of the form's editor do that save nothing? They move questions and make room for another one.

They work on the fields as they were sent, so that nothing typed is lost and no script is needed.
"""

import re

PREFIX = "questions"
FIELD = re.compile(rf"{PREFIX}-(\d+)-(\w+)")
MOVE, MORE = "_move", "_more"
STAYS = {"id", "version"}  # which row of the table a place on the page stands for: questions are written anew anyway
SAID = ("key", "wording")


def is_pressed(data):
    return MOVE in data or MORE in data


def edited(data):
    """Return the posted fields (QueryDict) with its button's work done: "3 up", "3 down", or one more question."""
    data, rows = data.copy(), _rows(data)
    places = sorted(rows, key=lambda number: _place(rows[number], number))
    if MORE in data:
        data[f"{PREFIX}-TOTAL_FORMS"] = str(len(rows) + 1)
        return data
    number, _space, way = data[MOVE].partition(" ")
    if number.isdecimal() and int(number) in rows:
        asked = sum(not _is_blank(row) for row in rows.values())
        _move(places, int(number), -1 if way == "up" else 1, lowest=asked - 1)
    for target, source in zip(sorted(rows), places, strict=True):
        _put(data, target, rows[target], rows[source])
    return data


def _rows(data):
    """Return the fields of every question by its number on the page."""
    rows: dict[int, dict] = {}
    for name in data:
        if match := FIELD.fullmatch(name):
            number, field = int(match[1]), match[2]
            rows.setdefault(number, {})
            if field not in STAYS:
                rows[number][field] = data.getlist(name)
    return rows


def _is_blank(row):
    return not any("".join(row.get(name, [])).strip() for name in SAID)


def _place(row, number):
    """Blank ones last, those without a position before them, in the order of the page."""
    position = "".join(row.get("position", []))
    return _is_blank(row), int(position) if position.isdecimal() else float("inf"), number


def _move(places, number, step, *, lowest):
    at = places.index(number)
    to = min(max(at + step, 0), max(lowest, 0))
    places[at], places[to] = places[to], places[at]


def _put(data, target, old, new):
    for field in old:
        data.pop(f"{PREFIX}-{target}-{field}", None)
    for field, values in new.items():
        data.setlist(f"{PREFIX}-{target}-{field}", values)
    data[f"{PREFIX}-{target}-position"] = "" if _is_blank(new) else str(target + 1)
