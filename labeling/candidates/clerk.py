"""What does an engine ask of the database and of Redis? All of it, in one thread, while its calls are in flight."""

from contextlib import suppress
from datetime import timedelta

import redis
import structlog
from django.db import DataError, InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.db.models import F, Min
from django.utils import timezone

from labeling.candidates import calls, generating
from labeling.candidates.limits import Allotment, Limits
from labeling.candidates.lines import DOWN_SECONDS, LONGEST_DOWN
from labeling.candidates.models import Call, CallState, JobEndpoint, ModelEndpoint
from labeling.candidates.recipes import recipe
from models_api.endpoint import Cause, EndpointError

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
RENEW_SECONDS = 15.0  # a quarter of the lease
ALLOT_SECONDS = 0.5
DRY_SECONDS = 0.5  # until a part that had nothing due is asked again


class Clerk:
    """Keeps the books of one engine. Any method may raise what `AWAY` names; nothing is lost by trying again."""

    AWAY = (OperationalError, InterfaceError)

    def __init__(self, holder, *, url=None):
        self.holder = holder
        self.parts = {}  # by id: those that have something to ask
        self._limits = Limits(holder, url)
        self._looked = self._renewed = 0.0
        self._allotted = {}  # endpoint id → when
        self._dry = {}  # part id → until when
        self.due_at = None

    def look(self, *, now):
        """Read, once a second, which parts are under way; bring jobs on whose calls are over."""
        if now - self._renewed > RENEW_SECONDS:
            calls.renew(holder=self.holder)
            self._renewed = now
        if now - self._looked < LOOK_SECONDS:
            return False
        generating.bring_on()
        under_way = JobEndpoint.objects.filter(
            job__state__in=generating.UNDER_WAY, total__gt=F("done") + F("failed")
        ).select_related("job", "endpoint")
        found = {part.pk: part for part in under_way.order_by("job__requested_at", "pk")}
        self.parts = {pk: part for pk, part in found.items() if self._is_unchanged(part)}
        self._looked = now
        return True

    def look_ahead(self):
        """When the next call is due, of all that wait."""
        waiting = Call.objects.filter(part__in=self.parts, state=CallState.WAITING)
        return waiting.aggregate(due=Min("not_before"))["due"]

    def settle(self, outcomes):
        """Store them all; one that the database cannot hold does not keep the others out."""
        try:
            calls.settle(outcomes=outcomes, holder=self.holder)
        except DataError as error:
            if len(outcomes) > 1:
                for outcome in outcomes:
                    self.settle([outcome])
                return
            sentence = f"The answer cannot be stored: {error}"
            unfit = EndpointError(sentence, cause=Cause.MALFORMED, permanent=True)
            calls.settle(outcomes=[calls.missed(outcomes[0].call, unfit, pause=0)], holder=self.holder)

    def release(self, leased):
        calls.release(calls=leased, holder=self.holder)

    def allot(self, line, *, now):
        """Ask how many calls may be in flight; while the counters are away, nothing new is started."""
        due = line.paced or now - self._allotted.get(line.endpoint.pk, 0) > ALLOT_SECONDS
        if not due:
            return
        wanted = min(line.endpoint.concurrency, line.in_flight + len(line.ready) + self._backlog(line))
        starts = max(0, min(wanted, line.may_be_in_flight or wanted) - line.in_flight - line.starts)
        try:
            allotment = self._limits.allot(line.endpoint, wanted=wanted, in_flight=line.in_flight, starts=starts)
        except redis.RedisError as error:
            logger.warning("limits_away", error=str(error))
            allotment = Allotment(0, 0)
        line.allotted, line.starts = allotment.in_flight, line.starts + allotment.starts
        self._allotted[line.endpoint.pk] = now

    def fetch(self, line, *, now):
        """Lease calls for the line, of its oldest job first."""
        room: int = line.room()
        found: list[calls.Leased] = []
        for part in self.parts.values():
            if part.endpoint_id == line.endpoint.pk and room > len(found) and self._dry.get(part.pk, 0) < now:
                wanted = room - len(found)
                taken = calls.take(part=part.pk, room=wanted, holder=self.holder)
                if len(taken) < wanted:
                    self._dry[part.pk] = now + DRY_SECONDS
                found += taken
        return found

    def hold(self, line, seconds):
        with suppress(redis.RedisError):
            self._limits.hold(line.endpoint, seconds=seconds)

    def say_down(self, endpoint, reason):
        """Open the circuit, or keep it open for longer: half as long again as it has been open, up to five minutes."""
        now = timezone.now()
        with transaction.atomic():
            row = ModelEndpoint.objects.select_for_update().get(pk=endpoint.pk)
            if row.down_until and row.down_until > now:
                return row
            row.down_at = row.down_at or now
            seconds = min(LONGEST_DOWN, max(DOWN_SECONDS, (now - row.down_at).total_seconds() / 2))
            row.down_until, row.down_reason = now + timedelta(seconds=seconds), reason[:500]
            row.save(update_fields=["down_at", "down_until", "down_reason"])
        logger.warning("model_down", endpoint=endpoint.name, seconds=seconds, reason=reason)
        return row

    def say_up(self, endpoint):
        if ModelEndpoint.objects.filter(pk=endpoint.pk).close_circuits():
            logger.info("model_up", endpoint=endpoint.name)

    def say_turned_away(self, endpoint, reason):
        """Nothing will come of asking until somebody has looked: the jobs that ask this endpoint are paused."""
        for part in self.parts.values():
            if part.endpoint_id == endpoint.pk:
                generating.pause(job=part.job, reason=f"{endpoint.name} turns us away. {reason}")
        self._looked = 0.0

    def is_away(self, error):
        """Note that the database was away, and let the connection be made anew."""
        logger.warning("database_away", error=str(error))
        connection.close()

    def leave(self):
        self._limits.close()
        close_old_connections()
        connection.close()

    def _backlog(self, line):
        mine = (part for part in self.parts.values() if part.endpoint_id == line.endpoint.pk)
        return sum(part.total - part.done - part.failed for part in mine)

    def _is_unchanged(self, part):
        """A model that was set up anew in mid-job gives other answers than those before: somebody has to agree."""
        if part.recipe == recipe(part.endpoint, part.job):
            return True
        reason = (
            f"{part.endpoint.name} was changed after this job began. Resume it to go on with the model as it is now."
        )
        generating.pause(job=part.job, reason=reason)
        return False
