"""What do workers do for this room? A message only says "look now"; the rows say what there is to do."""

import threading

from celery.signals import worker_shutting_down

from labeling.candidates import calls, generating, importing, planning, uploads
from labeling.candidates.engine import Engine
from labeling.candidates.models import Call, CallState, GenerationJob
from labeling.celery import app
from labeling.prompts.models import Import

# One engine in a process holds as many calls as the models take; a second would only add to the bookkeeping.
AT_WORK, ASKED_AGAIN, SHUTTING_DOWN = threading.Lock(), threading.Event(), threading.Event()


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


@app.task
def plan_generation(job_id):
    """Write down what is missing of a job's calls, if anything is, and have them asked from the first batch on."""
    planning.plan(job_id=job_id, each_batch=ask_models.delay)
    generating.bring_on()
    ask_models.delay()  # for a resumed job, too, which has nothing to plan


@app.task
def ask_models():
    """Ask models until nothing is due. Where this process is at it already, that engine only looks once more."""
    ASKED_AGAIN.set()
    while ASKED_AGAIN.is_set() and not SHUTTING_DOWN.is_set() and AT_WORK.acquire(blocking=False):
        try:
            ASKED_AGAIN.clear()
            Engine(stop=SHUTTING_DOWN).run()
        finally:
            AT_WORK.release()


@app.task
def resume_generation():
    """Wake workers for what waits to be planned or asked, and take calls back from those that fell silent."""
    calls.expire()
    for job_id in GenerationJob.objects.unplanned().values_list("pk", flat=True):
        plan_generation.delay(job_id)
    generating.bring_on()
    under_way = Call.objects.filter(part__job__state__in=generating.UNDER_WAY, state=CallState.WAITING)
    if under_way.exists():
        ask_models.apply_async(expires=60)


@worker_shutting_down.connect
def stop_asking(**_):
    SHUTTING_DOWN.set()
