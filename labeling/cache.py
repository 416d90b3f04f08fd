"""What if the cache is away? Then nothing is remembered for a while, and everybody works on."""

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as Away
from redis.exceptions import TimeoutError as TooSlow

logger = structlog.get_logger(__name__)


class OneClient(RedisCacheClient):
    """Django makes a client for every command, which takes longer than the command; of one server, one will do."""

    client = None

    def get_client(self, key=None, *, write=False):
        if self.client is None:
            self.client = super().get_client(key, write=write)
        return self.client


class Forgetful(RedisCache):
    """Finds nothing and says yes while the server is away: it holds counters and copies, never the truth."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = OneClient

    def get(self, key, default=None, version=None):
        return self._unless_away(default, super().get, key, default, version)

    def get_many(self, keys, version=None):
        return self._unless_away({}, super().get_many, keys, version)

    def set(self, *args, **kwargs):
        self._unless_away(None, super().set, *args, **kwargs)

    def set_many(self, *args, **kwargs):
        return self._unless_away([], super().set_many, *args, **kwargs)

    def add(self, *args, **kwargs):
        return self._unless_away(True, super().add, *args, **kwargs)

    def incr(self, *args, **kwargs):
        """Count; nothing is counted while the server is away."""
        return self._unless_away(0, super().incr, *args, **kwargs)

    def delete(self, *args, **kwargs):
        return self._unless_away(False, super().delete, *args, **kwargs)

    def _unless_away(self, otherwise, ask, *args, **kwargs):
        try:
            return ask(*args, **kwargs)
        except (Away, TooSlow) as error:
            logger.warning("cache_away", error=str(error))
            return otherwise
