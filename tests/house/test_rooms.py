"""The table of rooms in docs/architecture.md names every room and every table, but for the histories of tables."""

import re
from pathlib import Path

import pghistory.models
from django.apps import apps

ROW = re.compile(r"^\| `(\w+)` \| .+ \| ([\w, ]+|–) \|$", re.MULTILINE)


def test_the_table_of_rooms_is_whole():
    page = Path("docs/architecture.md").read_text().split("## The path")[0]
    written = {room: set(tables.split(", ")) - {"–"} for room, tables in ROW.findall(page)}
    there = {
        room.name.removeprefix("labeling."): {
            model.__name__ for model in room.get_models() if not issubclass(model, pghistory.models.Event)
        }
        for room in apps.get_app_configs()
        if room.name.startswith("labeling.")
    }
    assert written == there | {"stats": set()}
