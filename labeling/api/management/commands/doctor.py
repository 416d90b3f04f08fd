"""What is configured, reachable and migrated, and what is not? `manage.py doctor`"""

from django.core.management.base import BaseCommand, CommandError

from labeling.api import checkup

MARKS = {True: "ok", None: "note", False: "MISSING"}


class Command(BaseCommand):
    help = (
        "Look at everything that this installation needs (settings, database, migrations, broker, workers, mail "
        "server, files, secrets, an admin) and say what is there and what is not, a line each. Nothing is changed, no "
        "model is asked, and no letter sent. Exit status 0 when nothing is missing; what is marked “note” may be meant."
    )
    requires_system_checks = []  # they are among what is told

    def handle(self, **options):
        missing = 0
        for found in checkup.findings():
            missing += found.is_well is False
            self.stdout.write(f"{MARKS[found.is_well]:8}{found.what:15}{found.said}")
            self.stdout.flush()
        if missing:
            raise CommandError(f"{missing} of these must be put right before everything works.")
