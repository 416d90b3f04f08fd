"""What do workers do for this room? A message only says "look now"; the rows say what there is to do."""

from labeling.candidates import importing, uploads
from labeling.celery import app
from labeling.prompts.models import Import


@app.task
def run_import(import_id):
    importing.run_import(import_id=import_id)


@app.task
def resume_imports():
    """Wake workers for imports that wait or whose worker fell silent, and clear away what nobody needs."""
    importing.give_up_hopeless()
    for import_id in Import.objects.waiting().values_list("pk", flat=True):
        run_import.delay(import_id)
    importing.forget_files()
    uploads.forget_old()
