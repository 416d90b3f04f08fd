"""In what portions does a list leave? By cursor: page 1,000 costs what page 1 does."""

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination


class Newest(CursorPagination):
    """Newest first."""

    ordering = "-pk"
    page_size_query_param = "page_size"
    max_page_size = 1_000
    invalid_cursor_message = _("This cursor was not given out here.")  # type: ignore[assignment]

    def decode_cursor(self, request):
        """A made-up position never reaches the database: all ours are primary keys."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not str(cursor.position).isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_paginated_response_schema(self, schema):
        """As REST framework says it, in the words of OpenAPI 3.1."""
        said = super().get_paginated_response_schema(schema)
        for key in ("next", "previous"):
            said["properties"][key] = {"type": ["string", "null"], "format": "uri", "example": None}
        return said


class Oldest(Newest):
    """In the order in which they came."""

    ordering = "pk"
