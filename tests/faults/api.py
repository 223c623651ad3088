"""The API dies at the worst moments, and is asked to stop: F30 to F33."""

import time
from functools import partial

from tests.faults.evidence import Allowance, Evidence
from tests.faults.fault import Fault
from tests.faults.scene import Scene
from tests.faults.supervised import Supervised

_API = Allowance(disturbs=frozenset({"api"}))
_ROUNDS = 3
_GRACE_S = 25.0


async def _dies_at(scene: Scene, point: str) -> None:
    """Started again with the failpoint set, it dies of the first request that reaches it; the
    supervisor knows of no failpoint."""
    api = scene.rig.api
    for _ in range(_ROUNDS):
        await scene.do(api.stop)
        deaths = api.exits.count(-9)
        api.start(ANALYZER_API__FAILPOINT=point)
        await scene.until(partial(_died_since, api, deaths), within_s=30, what=f"dead at {point}")
        await scene.rig.until_ready()
        await scene.hold(1.0)


def _died_since(api: Supervised, deaths: int) -> bool:
    return api.exits.count(-9) > deaths


async def _before_the_row(scene: Scene) -> None:
    await _dies_at(scene, "after_object")
    rows = {row.request_id for row in await scene.rows()}
    orphans = [key for key in await scene.objects() if key.split("/")[1] not in rows]
    scene.require(len(orphans) >= _ROUNDS, f"{len(orphans)} objects without a row: no kill hit")


async def _before_the_event(scene: Scene) -> None:
    await _dies_at(scene, "after_row")


async def _before_the_answer(scene: Scene) -> None:
    await _dies_at(scene, "before_answer")


def _repeats_are_told(scene: Scene, evidence: Evidence) -> list[str]:
    """Each request that died with the process is answered again, as what it is: a repeat."""
    del evidence
    replayed = {number for client in scene.clients for number in client.heard.replayed}
    if len(replayed) < _ROUNDS:
        return [f"only {len(replayed)} repeats were answered as such"]
    return []


async def _asked_to_stop(scene: Scene) -> None:
    api = scene.rig.api
    began = time.time()
    exits = len(api.exits)
    await scene.do(api.terminate)
    stopped = await scene.until(
        lambda: len(api.exits) > exits, within_s=_GRACE_S, what="ended after SIGTERM"
    )
    if stopped:
        scene.require(api.exits[-1] == 0, f"the exit code is {api.exits[-1]}")
    farewells = [word for listener in scene.listeners for word in listener.farewells]
    scene.require(farewells, "no stream was told of the end")
    scene.require(
        set(farewells) <= {"server-draining"}, f"streams were told {sorted(set(farewells))}"
    )
    await scene.rig.until_ready()
    broken = [one for one in scene.attempts(since=began) if one not in {0, 200, 202, 503}]
    scene.require(not broken, f"posts were answered {broken[:5]}")


FAULTS = (
    Fault(
        "F30", "API killed between object and row",
        "no answer, a repeat is accepted, the orphan is reaped", _before_the_row, _API,
    ),
    Fault(
        "F31", "API killed between event and answer",
        "a repeat names the same request, and says that it is one",
        _before_the_answer, _API, _repeats_are_told,
    ),
    Fault(
        "F32", "API killed between row and event", "another process announces it",
        _before_the_event, _API, _repeats_are_told,
    ),
    Fault(
        "F33", "API asked to stop under load",
        "ends by itself with 0; streams are told to come back", _asked_to_stop, _API,
    ),
)  # fmt: skip
