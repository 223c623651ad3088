"""The record dies, drops its connections, and stands still: F08 to F10."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.faults.evidence import Allowance
from tests.faults.fault import Act, Fault
from tests.faults.scene import Scene

_POSTGRES = Allowance(shows=frozenset({"postgres"}))
_STORM_S = 40
_LONGEST_POST_S = 14.0
_ERROR_SHARE = 0.01

_SLOW_COMMIT = """
CREATE FUNCTION fault_slow_commit() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER fault_slow_commit AFTER INSERT ON analyses
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault_slow_commit()
"""
_NORMAL_COMMIT = "DROP FUNCTION IF EXISTS fault_slow_commit() CASCADE"
_TERMINATE_ALL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def killed_in_mid_commit(down_s: float) -> Act:
    """Commits take half a second, so that the kill finds some of them half done."""

    async def act(scene: Scene) -> None:
        postgres = scene.rig.postgres
        await scene.do(lambda: _execute(postgres.dsn, _SLOW_COMMIT))
        await scene.hold(2.0)
        await scene.do(postgres.kill)
        dead = time.time()
        await scene.hold(down_s)
        promised = scene.accepted(since=dead + 0.5)
        scene.require(promised == 0, f"{promised} were accepted without the record")
        await scene.do(postgres.start)
        back = time.time()
        await scene.do(lambda: _execute(postgres.dsn, _NORMAL_COMMIT))
        await scene.until(
            lambda: scene.accepted(since=back), within_s=10, what="accepted after the start"
        )

    return act


async def _terminate_storm(scene: Scene) -> None:
    began = time.time()
    for _ in range(_STORM_S):
        await scene.do(lambda: _execute(scene.rig.postgres.dsn, _TERMINATE_ALL))
        await scene.hold(1.0)
    statuses = scene.attempts(since=began)
    errors = [status for status in statuses if status not in {200, 202}]
    share = len(errors) / max(1, len(statuses))
    scene.require(share < _ERROR_SHARE, f"{len(errors)} of {len(statuses)} failed: {errors[:5]}")


async def _paused_then_slow(scene: Scene) -> None:
    began = time.time()
    with _paused(scene):
        await scene.hold(15.0)
    with scene.rig.links.postgres.slow(latency_ms=2000):
        await scene.hold(15.0)
    statuses = scene.attempts(since=began)
    hung = statuses.count(0)
    scene.require(not hung, f"{hung} of {len(statuses)} posts were never answered")
    longest = scene.longest_s(since=began)
    scene.require(longest < _LONGEST_POST_S, f"a post took {longest:.1f} s")


@contextmanager
def _paused(scene: Scene) -> Iterator[None]:
    scene.rig.postgres.pause()
    try:
        yield
    finally:
        scene.rig.postgres.resume()


def _execute(dsn: str, statements: str) -> None:
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        connection.execute(statements.encode())


FAULTS = (
    Fault(
        "F08", "PostgreSQL killed in mid commit",
        "no answer is a promise; a repeat gives one request; accepted again within 10 s",
        killed_in_mid_commit(12.0), _POSTGRES,
    ),
    Fault(
        "F09", "all connections to PostgreSQL ended, every second",
        "dead connections are dropped; under 1 % of requests fail", _terminate_storm,
    ),
    Fault(
        "F10", "PostgreSQL paused, then slow by 2 s", "503, and nobody hangs",
        _paused_then_slow, _POSTGRES,
    ),
)  # fmt: skip
