"""The few faults that run with the ordinary tests, each as short as it can be."""

from collections.abc import Mapping
from dataclasses import replace

from tests.faults import api, broker, messages, postgres, redis, replays, workers
from tests.faults.catalog import FAULTS
from tests.faults.fault import Fault
from tests.faults.run import Pace

PACE = Pace(rate=8.0, warm=25, afterwards_s=2.0)

QUICK: Mapping[str, str] = {
    "ANALYZER_WORKER__SWEEP_EVERY_S": "1",
    "ANALYZER_WORKER__SWEEP_GRACE_S": "5",
    "ANALYZER_WORKER__HOLD_PROBE_S": "1",
    "ANALYZER_WORKER__RETRY_DELAY_S": "2",
    "ANALYZER_WORKER__REAP_AFTER_S": "6",
}
"""Every time shorter than in production, in the same order."""

BROKER_KILLED = replace(FAULTS["F01"], title="broker killed", act=broker.killed(8.0))
WORKER_KILLED = replace(FAULTS["F24"], act=workers.killed_in_mid_batch(1))
POSTGRES_RESTARTED = replace(FAULTS["F08"], act=postgres.killed_in_mid_commit(6.0))
REDIS_GONE = replace(FAULTS["F13"], act=redis.gone(6.0))
API_KILLED_AT_EACH_POINT = Fault(
    "F30, F31, F32", "API killed at each failpoint",
    "a repeat gives one request and says so; the orphan is reaped; another process announces",
    api.dies_at("after_object", "after_row", "before_answer"), api.API, api.repeats_are_told,
)  # fmt: skip
POISON = replace(FAULTS["F35"], act=messages.poison)
REPLAY = replace(FAULTS["F36"], act=replays.replayed)
