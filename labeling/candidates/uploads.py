"""Where is an uploaded file between its preview and its import? In our storage, under a name its session knows."""

import uuid
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

FOLDER = "imports/looked-at"
KEPT = timedelta(days=1)
SESSION_KEY = "import"


def keep(request, file, source_name, mapping):
    """Keep the file and what was said of it; a file that was kept before and never imported goes."""
    forget(request)
    name = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", file)
    request.session[SESSION_KEY] = {
        "stored": name,
        "filename": file.name,
        "source_name": source_name,
        "mapping": mapping,
    }


def kept(request):
    """What `keep` was told, or None when nothing is kept (any longer)."""
    upload = request.session.get(SESSION_KEY)
    return upload if upload and default_storage.exists(upload["stored"]) else None


def change_mapping(request, mapping):
    request.session[SESSION_KEY] = request.session[SESSION_KEY] | {"mapping": mapping}


def forget(request):
    upload = request.session.pop(SESSION_KEY, None)
    if upload:
        default_storage.delete(upload["stored"])


def forget_old():
    """Delete what was looked at and never imported."""
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        if default_storage.get_modified_time(path) < timezone.now() - KEPT:
            default_storage.delete(path)
