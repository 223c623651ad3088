"""What clients are told of limits: the headers of every counted answer, and the refusal."""

from collections.abc import Iterator
from typing import Final

from ingest_api.errors import RATE_LIMITED, RefusedError
from ingest_api.limit_asks import Ask
from storage.limits import Verdict

_DAY_S: Final = 86_400
_SECOND_US: Final = 1_000_000


def headers_of(ask: Ask, verdict: Verdict) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers-11 has them: in
    `t` seconds there is more than now."""
    policies, states = zip(*_items(ask, verdict), strict=True)
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def refused(ask: Ask, verdict: Verdict) -> RefusedError:
    """For a verdict that does not allow it."""
    name, limit = ask.name, verdict.rate.burst
    if verdict.is_out_of_quota:
        name, limit = "daily", verdict.rate.per_day
    return RefusedError(
        refusal=RATE_LIMITED,
        detail=f"the limit {name} is used up; this request costs {verdict.price}",
        field=name,
        limit=limit,
        retry_after_s=verdict.retry_after_s,
    )


def _items(ask: Ask, verdict: Verdict) -> Iterator[tuple[str, str]]:
    rate = verdict.rate
    fills_in_s = -(-rate.burst * rate.token_us // _SECOND_US)
    yield (
        f'"{ask.name}";q={rate.burst};w={fills_in_s}',
        f'"{ask.name}";r={verdict.tokens};t={verdict.token_s}',
    )
    if rate.per_day < rate.burst + _DAY_S * _SECOND_US // rate.token_us:  # else it never binds
        yield (
            f'"daily";q={rate.per_day};w={_DAY_S}',
            f'"daily";r={verdict.quota_left};t={verdict.quota_s}',
        )
