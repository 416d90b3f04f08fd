"""Does somebody take from every queue that something is put into?"""

import re

from django.conf import settings

from tests.processes import PROCFILE


def test_a_process_takes_from_every_queue():
    fed = {"celery", *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())}
    fed |= {entry["options"]["queue"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    workers = [line for line in PROCFILE.values() if " worker " in line]

    assert {queue for line in workers for queue in queues_of(line)} == fed


def queues_of(line):
    named = re.search(r"--queues (\S+)", line)
    return named[1].split(",") if named else ["celery"]
