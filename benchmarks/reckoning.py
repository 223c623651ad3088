"""After a load: is everything that was answered or promised there, once?"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from benchmarks.load_figures import LoadSeen
from benchmarks.result_log import ResultLog, read_result_log

_UNTIL_DONE_S = 90.0


@dataclass(frozen=True, slots=True)
class Reckoning:
    """`answered` got a result, `promised` a 202, `failures` neither. `lost`: of the answered those
    without a completed row, of the promised those without an outcome. `unfinished`: rows without
    an outcome. `unannounced`: completed rows without a record in the log. `twice`: records of the
    log whose `ce_id` came before. `contradicted`: requests with results under two `ce_id`s."""

    answered: int
    promised: int
    failures: int
    completed: int
    unfinished: int
    other_outcomes: int
    lost: int
    unannounced: int
    twice: int
    contradicted: int
    dead_letters: int


def reckon(seen: Sequence[LoadSeen], *, dsn: str, bootstrap_servers: str) -> Reckoning:
    """Waits until what was promised is done, at most a minute and a half."""
    states = _states_when_done(dsn)
    return count_promises(seen, states, asyncio.run(read_result_log(bootstrap_servers)))


def count_promises(
    seen: Sequence[LoadSeen], states: Mapping[str, str], log: ResultLog
) -> Reckoning:
    """`states` is the state of every row by its request id."""
    answered = [request_id for one in seen for request_id in one.answered]
    promised = [request_id for one in seen for request_id in one.promised]
    counts = Counter(states.values())
    announced = _ce_ids_by_request(log)
    completed = [request_id for request_id, state in states.items() if state == "completed"]
    return Reckoning(
        answered=len(answered),
        promised=len(promised),
        failures=sum(one.failures for one in seen),
        completed=counts["completed"],
        unfinished=counts["accepted"],
        other_outcomes=len(states) - counts["completed"] - counts["accepted"],
        lost=sum(states.get(one) != "completed" for one in answered)
        + sum(states.get(one, "accepted") == "accepted" for one in promised),
        unannounced=sum(request_id not in announced for request_id in completed),
        twice=len(log.results) - len({one.ce_id for one in log.results}),
        contradicted=sum(len(ids) > 1 for ids in announced.values()),
        dead_letters=log.dead_letters,
    )


def _ce_ids_by_request(log: ResultLog) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in log.results:
        found.setdefault(one.request_id, set()).add(one.ce_id)
    return found


def _states_when_done(dsn: str) -> dict[str, str]:
    """The state of every request, once none is unfinished or the time is up."""
    deadline = time.monotonic() + _UNTIL_DONE_S
    unfinished = "SELECT count(*) FROM analyses WHERE state = 'accepted'"
    with psycopg.connect(dsn, autocommit=True) as connection:
        while (connection.execute(unfinished).fetchone() or (0,))[0]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.25)
        rows = connection.execute("SELECT request_id::text, state FROM analyses").fetchall()
    return {str(request_id): str(state) for request_id, state in rows}
