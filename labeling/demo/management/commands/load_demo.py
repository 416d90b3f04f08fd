"""Fill a fresh database with the demo's accounts, prompts and project."""

from django.core.management.base import BaseCommand

from labeling.demo.loading import load


class Command(BaseCommand):
    help = "Make the demo's accounts, prompts, answers and project, where they are missing. Never on real data."

    def handle(self, *args, **options):
        project = load()
        self.stdout.write(f"The demo is loaded: “{project}” has {project.tasks.count()} tasks.")
