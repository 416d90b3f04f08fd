"""Does a query say only what its call knows? A misspelt filter that is dropped in silence lets everything through."""

import re
from functools import cache

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.throttling import BaseThrottle


class OnlyKnown(BaseThrottle):
    """What the OpenAPI document names for a call may be asked, and nothing else.

    REST framework asks throttles last, once it knows who calls, and of every call, of one object as of a list: so this
    stands among them, although it counts nothing.
    """

    def allow_request(self, request, view):
        if request.GET and (unknown := misspelt(request)):
            raise ValidationError(unknown)
        return True


def misspelt(request):
    """Return {name: [a sentence]} for each parameter of the query that the call does not have."""
    method = "get" if request.method == "HEAD" else request.method.lower()
    known = documented().get((method, _place(request.resolver_match.route)))
    unknown = [] if known is None else [name for name in request.GET if name not in known]
    if known:
        sentence = _("There is no parameter of this name here; there are: %(known)s.") % {"known": ", ".join(known)}
    else:
        sentence = _("There is no parameter of this name here; this call takes none.")
    return {name: [sentence] for name in unknown}


@cache
def documented():
    """Return {(method, place): [name, …]} of all calls. Made once in a process, which takes half a second."""
    from drf_spectacular.generators import SchemaGenerator  # which needs views, and they need their throttles

    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {
        (method, _place(path)): [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def _place(path):
    """An address as a route and as the document have it, without what its variables are called.

    >>> _place("/api/v1/projects/{id}/tasks/") == _place("api/v1/projects/<int:pk>/tasks/")
    True
    """
    return re.sub(r"<[^>]+>|\{[^}]+\}", "{}", path).strip("/")
