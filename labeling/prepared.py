"""How is a question that every request asks put together only once?

Django builds a queryset and writes its SQL anew each time, which for a page of many small questions takes longer than
everything else. Here a queryset is written as ever, once, with blanks for what changes:

    @prepared
    def held_by(labeler):
        return Assignment.objects.filter(labeler=labeler, state="open").select_related("project")

    held_by(labeler=ann.pk)  # a list of Assignments

The function is called the first time only. So nothing in it may be read from the clock or from elsewhere: the hour is a
blank like any other. And what a blank stands for is filled in as it is: a primary key or a moment, never None.
"""

from copy import copy
from functools import cached_property, update_wrapper
from inspect import signature
from types import SimpleNamespace

from django.db import connections
from django.db.models import Expression


class Blank(Expression):
    """Stands in a queryset for a value that is known when the question is asked."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]


class prepared:
    def __init__(self, build):
        self.build = build
        update_wrapper(self, build)

    def __call__(self, **given):
        """Return the rows as a list: instances, or values where the queryset says so."""
        queryset, compiler, sql, params, converters = self._put_together
        asking = copy(compiler)  # two threads may ask at the same time, each on its own connection
        asking.connection = connections[queryset.db]
        asking.as_sql = lambda: (sql, [given[one.name] if isinstance(one, Blank) else one for one in params])
        asking.get_converters = lambda _columns: converters
        # What Django's iterables ask of a queryset, and of its query.
        query = SimpleNamespace(get_compiler=lambda *_, **__: asking)
        asked = SimpleNamespace(db=queryset.db, query=query, _fields=None, _known_related_objects={})
        return list(queryset._iterable_class(asked))

    @cached_property
    def _put_together(self):
        queryset = self.build(**{name: Blank(name) for name in signature(self.build).parameters})
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.connection = None  # the thread that asked first may end, and its connection with it
        return queryset, compiler, sql, params, converters
