"""How many calls may be in flight at a model, over all workers together, and how many a minute?

Counters in Redis, each with an end: losing them costs a moment's restraint and no work.
"""

from dataclasses import dataclass

import redis
from django.conf import settings

HELD_SECONDS = 5  # an engine that says nothing for so long holds nothing any more

# KEYS: held, rate, hold. ARGV: engine, wanted (in flight or ready), in flight, limit, calls a minute (0: no limit),
# how many calls it would start now, held seconds. Answers {allotment, starts}.
# Every engine's share is the limit divided among those that want some; what others do not want is anybody's.
# Starts are paced by the generic cell rate algorithm, with a second's calls as its burst.
ALLOT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local limit, wanted, in_flight = tonumber(ARGV[4]), tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', KEYS[3]) == 1 then wanted = in_flight end
local others, wanting, wishes = 0, 1, {}
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
    local has, wants, ends = string.match(held[i + 1], '(%d+) (%d+) ([%d.]+)')
    if tonumber(ends) < now then
        redis.call('HDEL', KEYS[1], held[i])
    elseif held[i] ~= ARGV[1] then
        others = others + has
        if tonumber(wants) > 0 then wanting = wanting + 1; wishes[#wishes + 1] = {tonumber(has), tonumber(wants)} end
    end
end
local share = math.floor(limit / wanting)
local kept = 0
for _, wish in ipairs(wishes) do kept = kept + math.max(0, math.min(wish[2], share) - wish[1]) end
local allotment = math.max(0, math.min(wanted, limit - others - kept))
local holds = math.max(allotment, in_flight)
if holds > 0 or wanted > 0 then
    redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %d %.6f', holds, wanted, now + ARGV[7]))
    redis.call('EXPIRE', KEYS[1], 3600)
else
    redis.call('HDEL', KEYS[1], ARGV[1])
end
local starts, a_minute = tonumber(ARGV[6]), tonumber(ARGV[5])
if a_minute > 0 then
    local gap = 60 / a_minute
    local due = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), now)
    starts = math.max(0, math.min(starts, math.floor((now + math.max(1, gap) - due) / gap + 1e-6)))
    if starts > 0 then redis.call('SET', KEYS[2], string.format('%.6f', due + starts * gap), 'EX', 120) end
end
return {allotment, starts}
"""


@dataclass(frozen=True, slots=True)
class Allotment:
    """How many calls may be in flight in this engine, and how many of them may begin now."""

    in_flight: int
    starts: int


class Limits:
    """The counters of all models, as one engine sees them."""

    def __init__(self, engine, url=None):
        self.engine = str(engine)
        self._redis = redis.Redis.from_url(url or settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        self._allot = self._redis.register_script(ALLOT)

    def allot(self, endpoint, *, wanted, in_flight, starts):
        """Return the `Allotment` at `endpoint`, and hold it for a while. Raises redis.RedisError."""
        keys = [f"attune:models:{endpoint.pk}:{what}" for what in ("held", "rate", "hold")]
        limits = [endpoint.concurrency, endpoint.calls_per_minute or 0]
        return Allotment(*self._allot(keys, [self.engine, wanted, in_flight, *limits, starts, HELD_SECONDS]))

    def hold(self, endpoint, *, seconds):
        """Start nothing more at `endpoint`, in any worker, for so long."""
        self._redis.set(f"attune:models:{endpoint.pk}:hold", 1, px=max(1, int(seconds * 1000)))

    def close(self):
        self._redis.close()
