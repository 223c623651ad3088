"""The API dies at the worst moments, and is asked to stop: F30 to F33."""

import time
from functools import partial

from tests.faults.evidence import Allowance, Evidence
from tests.faults.fault import Act, Fault
from tests.faults.scene import Scene
from tests.faults.supervised import Supervised

API = Allowance(disturbs=frozenset({"api"}))
_ROUNDS = 3
_GRACE_S = 25.0


def dies_at(*points: str) -> Act:
    """Started again with a failpoint set, it dies of the first request that reaches it; the
    supervisor, which knows of no failpoint, does the rest."""

    async def act(scene: Scene) -> None:
        for point in points:
            await _die(scene, point)

    return act


async def _die(scene: Scene, point: str) -> None:
    api = scene.rig.api
    await scene.do(api.stop)
    deaths = api.exits.count(-9)
    api.start(ANALYZER_API__FAILPOINT=point)
    await scene.until(partial(_died_since, api, deaths), within_s=30, what=f"dead at {point}")
    await scene.rig.until_ready()
    if point == "after_object":
        await _leaves_an_orphan(scene)
    await scene.hold(1.0)


def _died_since(api: Supervised, deaths: int) -> bool:
    return api.exits.count(-9) > deaths


async def _leaves_an_orphan(scene: Scene) -> None:
    rows = {row.request_id for row in await scene.rows()}
    orphans = [key for key in await scene.objects() if key.split("/")[1] not in rows]
    scene.require(orphans, "no object was left without a row: the crash hit nothing")


def repeats_are_told(scene: Scene, evidence: Evidence) -> list[str]:
    """A request that died with the process is answered again, as what it is: a repeat."""
    del evidence
    replayed = {number for client in scene.clients for number in client.heard.replayed}
    if not replayed:
        return ["no repeat was answered as such"]
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
    for listener in scene.listeners:
        said = listener.farewells
        is_told = [one.event for one in said] == ["server-draining"] and said[0].retry_ms > 0
        scene.require(is_told, f"the stream of {listener.tenant} was told {said}")
    await scene.rig.until_ready()
    broken = [one for one in scene.attempts(since=began) if one not in {0, 200, 202, 503}]
    scene.require(not broken, f"posts were answered {broken[:5]}")


FAULTS = (
    Fault(
        "F30", "API killed between object and row",
        "no answer, a repeat is accepted, the orphan is reaped",
        dies_at(*["after_object"] * _ROUNDS), API,
    ),
    Fault(
        "F31", "API killed between event and answer",
        "a repeat names the same request, and says that it is one",
        dies_at(*["before_answer"] * _ROUNDS), API, repeats_are_told,
    ),
    Fault(
        "F32", "API killed between row and event", "another process announces it",
        dies_at(*["after_row"] * _ROUNDS), API, repeats_are_told,
    ),
    Fault(
        "F33", "API asked to stop under load",
        "ends by itself with 0; streams are told to come back", _asked_to_stop, API,
    ),
)  # fmt: skip
