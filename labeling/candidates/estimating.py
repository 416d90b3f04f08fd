"""What would a job ask, how many tokens is that, and what would it cost? Nothing is asked to find out."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Avg, F, Func, IntegerField, TextField, Value
from django.db.models.functions import Cast, Length

from labeling.candidates import planning, selecting
from labeling.candidates.models import JobEndpoint

CHARACTERS_PER_TOKEN = 4  # a rule of thumb for English; Korean takes about half as many characters
TOKENS_IF_UNSAID = 512  # of an answer, where neither the job, the model nor its earlier answers say
MILLION = Decimal(1_000_000)

MISSING = """
SELECT count(*), coalesce(sum(length), 0) FROM (
    SELECT wanted.id, wanted.length FROM ({prompts}) wanted(id, length)
    CROSS JOIN generate_series(0, %s) nth(sample)
    WHERE NOT EXISTS (SELECT FROM candidates_response there WHERE there.prompt_id = wanted.id
        AND there.endpoint_id = %s AND there.sample = nth.sample)
    AND NOT EXISTS (SELECT FROM candidates_call asked WHERE asked.prompt_id = wanted.id
        AND asked.endpoint_id = %s AND asked.sample = nth.sample AND asked.scored_id IS NULL
        AND asked.state IN ('waiting', 'leased', 'done'))
) missing
"""
UNSCORED = """
SELECT count(*), coalesce(sum(wanted.length + length(answer.text)), 0) FROM ({prompts}) wanted(id, length)
JOIN candidates_response answer ON answer.prompt_id = wanted.id AND NOT answer.is_empty
WHERE NOT EXISTS (SELECT FROM candidates_score there WHERE there.response_id = answer.id AND there.endpoint_id = %s)
AND NOT EXISTS (SELECT FROM candidates_call asked WHERE asked.scored_id = answer.id AND asked.endpoint_id = %s
    AND asked.state IN ('waiting', 'leased', 'done'))
"""


@dataclass(frozen=True)
class Part:
    """One model's part: calls, tokens (likely ones, and the most there can be), and dollars, or None without prices."""

    endpoint: object
    calls: int
    prompt_tokens: int
    completion_tokens: int
    most_completion_tokens: int | None
    cost: Decimal | None
    most_cost: Decimal | None


@dataclass(frozen=True)
class Estimate:
    """What a job would do now. With k, further rounds may add to it; they are not foreseen."""

    prompts: int
    parts: list[Part]

    @property
    def calls(self):
        return sum(part.calls for part in self.parts)

    @property
    def cost(self):
        """Dollars, as far as prices are known; None where none is."""
        known = [part.cost for part in self.parts if part.cost is not None]
        return sum(known, Decimal(0)) if known else None


def estimate(*, endpoints, selection, n=1, k=None, sampling=None):
    """Return the `Estimate` of a job with these arguments, which are those of `request_generation`."""
    prompts = selecting.selected(selecting.pinned(selection))
    if k and not any(endpoint.is_scorer for endpoint in endpoints):
        prompts = planning.fewer_than(k, prompts)
    most = (sampling or {}).get("max_tokens")
    return Estimate(prompts.count(), [_part(endpoint, prompts, n, most) for endpoint in endpoints])


def _part(endpoint, prompts, n, most):
    calls, length = _missing(endpoint, prompts, n)
    around = len(endpoint.system_text) + len(endpoint.few_shot_prefix) + len(endpoint.suffix)
    prompt_tokens = (length + calls * around) // CHARACTERS_PER_TOKEN
    if endpoint.is_scorer:
        cost = _cost(endpoint, prompt_tokens, 0)
        return Part(endpoint, calls, prompt_tokens, 0, 0, cost, cost)
    most = most or endpoint.max_tokens
    likely = calls * min(_usual(endpoint) or most or TOKENS_IF_UNSAID, most or 2**31)
    longest = calls * most if most else None
    return Part(
        endpoint,
        calls,
        prompt_tokens,
        likely,
        longest,
        _cost(endpoint, prompt_tokens, likely),
        _cost(endpoint, prompt_tokens, longest) if longest is not None else None,
    )


def _missing(endpoint, prompts, n):
    """Calls to be made, and the characters of their prompts."""
    words = Func(F("messages"), Value("$[*].content"), function="jsonb_path_query_array")
    lengths = prompts.annotate(length=Cast(Length(Cast(words, TextField())), IntegerField())).values_list(
        "pk", "length"
    )
    sql, values = lengths.query.sql_with_params()
    with connection.cursor() as cursor:
        if endpoint.is_scorer:
            cursor.execute(UNSCORED.format(prompts=sql), [*values, endpoint.pk, endpoint.pk])
        else:
            cursor.execute(MISSING.format(prompts=sql), [*values, n - 1, endpoint.pk, endpoint.pk])
        return cursor.fetchone()


def _usual(endpoint):
    """Tokens of this model's answers so far, on average; None where it has not been asked through here."""
    asked = JobEndpoint.objects.filter(endpoint=endpoint, done__gt=0, completion_tokens__gt=0)
    sums = asked.aggregate(mean=Avg(F("completion_tokens") * 1.0 / F("done")))
    return int(sums["mean"]) if sums["mean"] else None


def _cost(endpoint, prompt_tokens, completion_tokens):
    if endpoint.price_in is None and endpoint.price_out is None:
        return None
    prices = prompt_tokens * (endpoint.price_in or 0) + completion_tokens * (endpoint.price_out or 0)
    return (Decimal(prices) / MILLION).quantize(Decimal("0.0001"))
