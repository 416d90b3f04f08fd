"""What did the client send? JSON in UTF-8, of bounded size and depth, or a sentence."""

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from labeling.api.problems import Problem

# Nobody's label is nested so deep, and writers of JSON give up at 254.
DEEPEST = 100


class JSON(BaseParser):
    """REST framework's own reads bodies of any size, and accepts NaN and halves of characters."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise Problem(413, _("The body is larger than %(n)d MiB.") % {"n": limit // 2**20})
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is not valid JSON: %(why)s.") % {"why": error}) from error
        if body.count(b"[") + body.count(b"{") > DEEPEST and is_deeper(value, DEEPEST):
            raise ParseError(_("The body is nested more than %(n)d deep.") % {"n": DEEPEST})
        return value


def is_deeper(value, depth):
    """Is anything in `value` nested more than `depth` deep?

    >>> is_deeper([[]], 1), is_deeper([[]], 2)
    (True, False)
    """
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inside is None:
        return False
    return depth == 0 or any(is_deeper(item, depth - 1) for item in inside)
