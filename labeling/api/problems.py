"""How does a refusal look? As problem details (RFC 9457), in whole sentences."""

import logging
from http import HTTPStatus

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg.errors import DeadlockDetected, SerializationFailure
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from labeling.api import limits
from labeling.labels.bodies import Faults
from labeling.prompts.refusals import Refused
from labeling.work.queue import NotOpen, SheetGone

log = logging.getLogger("django.request")


class Problem(exceptions.APIException):
    """A refusal with its status, a sentence, what is wrong with which field, and how many seconds it holds."""

    def __init__(self, status, detail, errors=(), wait=None):
        super().__init__(detail)
        self.status_code = status
        self.errors = list(errors)
        self.wait = wait


def answer(exc, context):
    """Answer any exception of a view with `application/problem+json`; what nobody foresaw is logged, and is a 500."""
    known = translated(limits.unless_too_many(exc, context["request"]))
    if not isinstance(known, exceptions.APIException):
        return _unforeseen(exc, context["request"]._request)
    set_rollback()
    if isinstance(known, exceptions.ValidationError):
        errors = list(flat(known.detail))
        return problem(known.status_code, summary(errors), errors)
    return problem(known.status_code, str(known.detail), getattr(known, "errors", ()), headers=_headers(known))


class AsJSON(Response):
    """A problem document is JSON, whatever else its view would have answered with."""

    @property
    def rendered_content(self):
        self.accepted_renderer, self.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return super().rendered_content


def problem(status, detail, errors=(), headers=None):
    """Return the response that says `detail`, a sentence; `errors` are {"field", "detail"} each."""
    sentence = detail if detail.endswith((".", "?", "!")) else f"{detail}."
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": sentence}
    if errors:
        body["errors"] = list(errors)
    return AsJSON(body, status=status, headers=headers, content_type="application/problem+json")


def translated(exc):
    """Return the exception of REST framework that stands for one of the verbs', of Django's or of the database's."""
    for kind, translation in TRANSLATIONS.items():
        if isinstance(exc, kind):
            return translation(exc)
    return exc


def flat(detail, path=""):
    """Yield {"field", "detail"} for every sentence in REST framework's nested errors; a field's path has dots."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            inside = path if key == "non_field_errors" else f"{path}.{key}" if path else str(key)
            yield from flat(inner, inside)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from flat(inner, path if isinstance(inner, str) else f"{path}.{index}")
    else:
        yield {"field": path, "detail": str(detail)}


def summary(errors):
    """Return one sentence or two for a list of errors: the first in full, and how many there are besides."""
    first = errors[0]["detail"]
    sentence = f"{errors[0]['field']}: {first}" if errors[0]["field"] else first
    others = len(errors) - 1
    if not others:
        return sentence
    more = ngettext("There is %(n)d more mistake.", "There are %(n)d more mistakes.", others) % {"n": others}
    return f"{sentence} {more}"


def _refusal(error):
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    errors = [
        {"field": "" if field == "__all__" else field, "detail": sentence}
        for field, sentences in by_field.items()
        for sentence in sentences
    ]
    return Problem(422, summary(errors), errors if any(one["field"] for one in errors) else ())


def _faults(faults):
    errors = [{"field": fault.field, "detail": fault.sentence} for fault in faults.faults]
    return Problem(422, summary([{"field": "", "detail": one["detail"]} for one in errors]), errors)


def _too_often(throttled):
    seconds = int(throttled.wait)
    sentence = ngettext(
        "This is too often: ask again in %(n)d second.", "This is too often: ask again in %(n)d seconds.", seconds
    )
    return Problem(429, sentence % {"n": seconds}, wait=seconds)


def _collision(error):
    log.warning("A request met a constraint: %s", error)
    return Problem(409, _("This collides with what is there already, or was made at the same moment."))


def _in_each_others_way(error):
    """PostgreSQL ends one of two transactions that wait for each other; what else it cannot do is not foreseen."""
    if not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
        return error
    log.warning("A request was in another's way: %s", error)
    return Problem(503, _("Another request was in the way of this one, and nothing was done. Send it again."), wait=1)


# The first that fits counts.
TRANSLATIONS = {
    Faults: _faults,
    SheetGone: lambda gone: Problem(409, str(gone)),
    NotOpen: lambda closed: Problem(403, str(closed)),
    Refused: lambda refused: Problem(422, str(refused)),
    exceptions.Throttled: _too_often,
    ValidationError: _refusal,
    Http404: lambda _missing: exceptions.NotFound(_("There is nothing at this address, or it is not yours.")),
    PermissionDenied: lambda _denied: exceptions.PermissionDenied(),
    RequestDataTooBig: lambda _big: Problem(413, _("The request is too large.")),
    SuspiciousOperation: lambda _odd: exceptions.ParseError(_("The request cannot be read.")),
    DataError: lambda _odd: exceptions.ParseError(_("The request holds what cannot be stored, such as U+0000.")),
    IntegrityError: _collision,
    OperationalError: _in_each_others_way,
}


def _headers(exc):
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(exc.wait))
    return headers


def _unforeseen(exc, request):
    """Django's own signal goes out, so that tests and error trackers see the exception itself."""
    set_rollback()
    log.error("Internal Server Error: %s", request.path, exc_info=exc, extra={"status_code": 500, "request": request})
    got_request_exception.send(sender=None, request=request)
    return problem(500, _("Something went wrong on our side. It has been written down."))
