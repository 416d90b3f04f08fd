"""By what are the lists of calls and responses narrowed down?"""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from labeling.candidates.models import Flag, GenerationJob
from models_api.endpoint import Cause

OFFERED = 20

CAUSES = {
    Cause.UNREACHABLE: _("not reached"),
    Cause.TIMEOUT: _("no answer in time"),
    Cause.THROTTLED: _("asked too fast"),
    Cause.SERVER: _("error of the server"),
    Cause.MALFORMED: _("answer could not be read"),
    Cause.TOO_LARGE: _("answer too large"),
    Cause.REFUSED: _("key, address or model refused"),
    Cause.REJECTED: _("request rejected"),
    Cause.FORBIDDEN: _("address that is not called"),
}


class Marks(admin.SimpleListFilter):
    title = _("mark")
    parameter_name = "mark"

    def lookups(self, request, model_admin):
        return [("empty", _("empty")), ("duplicate", _("duplicate")), ("reference", _("reference"))]

    def queryset(self, request, responses):
        marks: dict[str | None, Q] = {
            "empty": Q(is_empty=True),
            "duplicate": Q(is_duplicate=True),
            "reference": Q(endpoint=None),
        }
        return responses.filter(marks.get(self.value(), Q()))


class Flags(admin.SimpleListFilter):
    title = _("flag")
    parameter_name = "flag"

    def lookups(self, request, model_admin):
        return Flag.choices

    def queryset(self, request, responses):
        return responses.filter(flags__contains=[self.value()]) if self.value() in Flag.values else responses


class Causes(admin.SimpleListFilter):
    title = _("kind of failure")
    parameter_name = "cause"

    def lookups(self, request, model_admin):
        return [(cause.value, name) for cause, name in CAUSES.items()]

    def queryset(self, request, calls):
        return calls.filter(cause=self.value()) if self.value() in list(Cause) else calls


class OfJob(admin.SimpleListFilter):
    """The newest jobs are offered; the address takes any."""

    title = _("generation job")
    parameter_name: str

    def lookups(self, request, model_admin):
        newest = GenerationJob.objects.order_by("-pk").only("pk")[:OFFERED]
        return [(str(job.pk), str(job)) for job in newest]

    def queryset(self, request, rows):
        asked = self.value() or ""
        return rows.filter(**{self.parameter_name: int(asked)}) if asked.isdecimal() and len(asked) < 19 else rows


class CallsOfJob(OfJob):
    parameter_name = "part__job"


class ResponsesOfJob(OfJob):
    parameter_name = "call__part__job"
