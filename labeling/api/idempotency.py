"""Has this request been made before? The first answer to an Idempotency-Key is kept, and given again."""

import hashlib
from functools import wraps

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from labeling.api.models import KeptAnswer
from labeling.api.problems import Problem

HEADER = "Idempotency-Key"
LONGEST = 255


def once(view):
    """Do a request with an Idempotency-Key once, however often it is sent; without the key, do it.

    The answer is kept in the transaction that does the work: whoever sends a duplicate meanwhile waits for it, and a
    crash leaves neither. Refusals are not kept, so that a corrected body may follow under the same key.
    """

    @wraps(view)
    def kept(request, *args, **kwargs):
        key = request.headers.get(HEADER)
        if key is None:
            return view(request, *args, **kwargs)
        _check(key)
        request_hash = hash_of(request)
        with transaction.atomic():
            _stand_in_line(request.user, key)
            earlier = KeptAnswer.objects.filter(user=request.user, key=key).first()
            if earlier:
                return _again(earlier, request_hash)
            response = view(request, *args, **kwargs)
            if response.status_code < 400:
                _keep(request.user, key, request_hash, response)
        return response

    return kept


def hash_of(request):
    """Return a hash of what is asked: address and content, whatever the order of keys or the boundaries of parts."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if hasattr(request.data, "lists"):
        for name, values in sorted(request.data.lists()):
            digest.update(orjson.dumps([name, [_content(value) for value in values]]))
    else:
        digest.update(orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS))
    return digest.hexdigest()


def _content(value):
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]


def _check(key):
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise ParseError(_("An Idempotency-Key has 1 to 255 printable characters."))


def _stand_in_line(user, key):
    """Held until the transaction ends. Keys that share a hash merely wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency:{user.pk}:{key}"])


def _again(earlier, request_hash):
    if earlier.request_hash != request_hash:
        raise Problem(422, _("This Idempotency-Key was used for another request. Each request needs its own."))
    return Response(earlier.body, status=earlier.status, headers={"Idempotency-Replayed": "true"})


def _keep(user, key, request_hash, response):
    data = getattr(response, "data_kept", response.data)  # what is shown once is not kept
    body = None if data is None else orjson.loads(JSONRenderer().render(data))
    KeptAnswer.objects.create(user=user, key=key, request_hash=request_hash, status=response.status_code, body=body)
