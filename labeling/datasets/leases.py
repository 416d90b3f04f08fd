"""Who is freezing this version now? A lease, renewed by a pulse beside the work; whoever loses it stops."""

import threading
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from labeling.datasets.models import DatasetState, DatasetVersion

LEASE = timedelta(seconds=60)
BEAT_SECONDS = 1


class LeaseLost(Exception):
    """Somebody else has taken the version over, or it is no longer being frozen."""


def take(version_id):
    """Lease a waiting version: returns the moment up to which it is ours, or None when there is nothing to take.

    One whose row is locked is being published at this moment, however old its lease: nobody waits for that.
    """
    until = timezone.now() + LEASE
    with transaction.atomic():
        version = DatasetVersion.objects.waiting().select_for_update(skip_locked=True).filter(pk=version_id).first()
        if version is None:
            return None
        version.lease_until, version.attempts, version.rows_done = until, F("attempts") + 1, 0
        version.save(update_fields=["lease_until", "attempts", "rows_done"])
    return until


def held(version_id, until):
    """The version, as long as it is leased until exactly this moment: nobody else can have chosen the same one."""
    return DatasetVersion.objects.filter(pk=version_id, state=DatasetState.FREEZING, lease_until=until)


class Pulse(threading.Thread):
    """Writes progress and renews the lease every second, on a connection of its own.

    The snapshot's transaction reads for minutes; what it wrote would be seen by nobody until its end.
    """

    def __init__(self, version_id, until):
        super().__init__(name=f"pulse of dataset version {version_id}", daemon=True)
        self.version_id, self.until = version_id, until
        self.total = None
        self.done = 0
        self.is_lost = False
        self._stopped = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def run(self):
        try:
            while not self._stopped.wait(BEAT_SECONDS) and not self.is_lost:
                self._beat()
        finally:
            connection.close()

    def report(self, done):
        """Say how far the work has come, and hear whether it is still ours."""
        self.done = done
        if self.is_lost:
            raise LeaseLost

    def stop(self):
        """Return the moment up to which the version is ours; it moves no more."""
        self._stopped.set()
        if self.is_alive():
            self.join()
        return self.until

    def _beat(self):
        until = timezone.now() + LEASE
        try:
            renewed = held(self.version_id, self.until).update(
                lease_until=until, rows_total=self.total, rows_done=self.done
            )
        except OperationalError:
            # The database was away for a moment; the next beat tries again on a fresh connection.
            connection.close()
            return
        self.is_lost = not renewed
        self.until = until if renewed else self.until
