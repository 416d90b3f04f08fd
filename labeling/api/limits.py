"""How often may somebody ask? So many calls a minute for an account, and few refusals for an address without one."""

import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.throttling import BaseThrottle

MINUTE = 60


class AMinute(BaseThrottle):
    """Counts calls from one full minute to the next, in the cache that all processes share.

    A count is one atomic step, whatever the limit: a program at full speed pays for no list of its calls. While the
    cache is away, nothing is counted.
    """

    name = ""

    def allow_request(self, request, view):
        limit = self.limit()
        return not limit or self._count(f"calls:{self.name}:{self.whose(request)}:{_now() // MINUTE}") <= limit

    def wait(self):
        return MINUTE - _now() % MINUTE

    def limit(self):
        """Return how many calls a minute may hold; 0 for as many as come."""
        raise NotImplementedError

    def whose(self, request):
        """Return what the calls are counted under."""
        raise NotImplementedError

    def _count(self, key):
        try:
            return cache.incr(key)
        except ValueError:  # the first of this minute, or one of several first ones
            return 1 if cache.add(key, 1, timeout=2 * MINUTE) else cache.incr(key)


class OfAnAccount(AMinute):
    """All tokens and sessions of an account together, so that another token is not another allowance."""

    name = "account"

    def limit(self):
        return settings.API_RATE

    def whose(self, request):
        return request.user.pk


class OfAnAddress(AMinute):
    """Refusals of those whom nobody knows. A valid token from the same address is not hurt by them."""

    name = "address"

    def limit(self):
        return settings.API_ANONYMOUS_RATE

    def whose(self, request):
        return self.get_ident(request)


def unless_too_many(refusal, request):
    """Return the exception to answer with: `refusal`, or Throttled where it says too often that nobody is known."""
    if not isinstance(refusal, (NotAuthenticated, AuthenticationFailed)):
        return refusal
    limit = OfAnAddress()
    return refusal if limit.allow_request(request, None) else Throttled(limit.wait())


def _now():
    return int(time.time())
