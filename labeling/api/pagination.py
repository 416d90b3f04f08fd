"""In what portions does a list leave? Newest first, by cursor: page 1,000 costs what page 1 does."""

from rest_framework.pagination import CursorPagination


class Newest(CursorPagination):
    ordering = "-pk"
    page_size_query_param = "page_size"
    max_page_size = 1_000
