"""What was changed, when and by whom? The rows that triggers write, to be read; who did it in the admin is named."""

from django.contrib import admin
from django.db.models import BigIntegerField, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from labeling.people.models import User
from labeling.people.only_shown import OnlyShown


class History(OnlyShown):
    """For a table of `pghistory`: newest first, with `changed_at` and `whose_doing` among its columns."""

    ordering = ("-pgh_created_at", "-pgh_id")

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        rows = rows.annotate(doer=Cast(KeyTextTransform("user", "pgh_context__metadata"), BigIntegerField()))
        return rows.annotate(doer_email=Subquery(User.objects.filter(pk=OuterRef("doer")).values("email")))

    def get_fields(self, request, obj=None):
        own = [name for name in super().get_fields(request, obj) if not str(name).startswith("pgh_")]
        return ["changed_at", "whose_doing", *own]

    @admin.display(description=_("changed at"), ordering="pgh_created_at")
    def changed_at(self, row):
        return date_format(localtime(row.pgh_created_at), "DATETIME_FORMAT")

    @admin.display(description=_("by, in the admin"))
    def whose_doing(self, row):
        return row.doer_email or "–"
