"""Every fault there is, by its number in the matrix."""

from tests.faults import (
    api,
    broker,
    broker_links,
    bucket,
    bucket_lies,
    hang_ups,
    messages,
    postgres,
    redis,
    redis_lies,
    replays,
    workers,
)
from tests.faults.fault import Fault

_FAMILIES = (
    broker, broker_links, postgres, redis, redis_lies, bucket, bucket_lies, workers, api, messages,
    replays, hang_ups,
)  # fmt: skip

FAULTS: dict[str, Fault] = {
    fault.number: fault
    for fault in sorted(
        (fault for family in _FAMILIES for fault in family.FAULTS), key=lambda one: one.number
    )
}
