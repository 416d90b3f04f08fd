"""What does freezing ask of Celery? To look at a version now, and to look again for those whose worker died."""

from django.conf import settings

from labeling.celery import app
from labeling.datasets import freezing
from labeling.datasets.models import DatasetVersion


@app.task
def freeze(version_id):
    freezing.freeze(version_id=version_id)


@app.task
def resume_freezing():
    freezing.give_up_hopeless()
    for version_id in DatasetVersion.objects.waiting().values_list("pk", flat=True):
        # Asked again with every sweep: what no worker had time for meanwhile is of no use any more.
        freeze.apply_async((version_id,), expires=settings.SWEEP_SECONDS)
