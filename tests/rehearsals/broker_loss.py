"""One broker of three is killed, then the one that decides, then two at once: R1 and R2."""

import time
from functools import partial

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene
from tests.rehearsals.brokers_rig import Brokers
from tests.rehearsals.unnoticed import no_client_error
from tests.support.services.kafka_cluster import ClusterNode

_DOWN_S = 8.0
_GOES_ON_WITHIN_S = 40.0
_IN_STEP_WITHIN_S = 60.0
_REFUSALS = {503}


async def _one_then_the_controller(scene: Scene[Brokers]) -> None:
    """The second is killed once all replicas are in step again: this is the loss of one."""
    cluster = scene.rig.cluster
    deciding = await scene.do(cluster.controller)
    leads = await scene.do(cluster.leads)
    others = [node for node in cluster.nodes if node is not deciding]
    first = max(others, key=lambda node: leads[node.number])
    scene.require(leads[first.number], "the first one that is killed leads nothing")
    await _lose(scene, first, f"broker {first.number}, leading {leads[first.number]} partitions")
    deciding = await scene.do(cluster.controller)
    leads = await scene.do(cluster.leads)
    what = f"broker {deciding.number}, the controller, leading {leads[deciding.number]} partitions"
    await _lose(scene, deciding, what)


async def _lose(scene: Scene[Brokers], node: ClusterNode, what: str) -> None:
    """What is accepted after the kill must have its outcome while the broker is still away."""
    began = time.time()
    await scene.do(node.kill)
    await scene.hold(_DOWN_S)
    ids = scene.accepted_ids(since=began)
    await scene.until_states(ids, "completed", within_s=_GOES_ON_WITHIN_S)
    scene.note(
        f"{what}: killed; all {len(ids)} that were accepted within {_DOWN_S:g} s of it had "
        f"their outcome {time.time() - began:.1f} s after it, without that broker"
    )
    back = time.time()
    await scene.do(node.start)
    await scene.do(partial(scene.rig.cluster.wait_until_whole, within_s=_IN_STEP_WITHIN_S))
    scene.note(
        f"broker {node.number}: all replicas in step {time.time() - back:.1f} s after its start"
    )
    scene.require(ids, f"nothing was accepted without broker {node.number}")


async def _two_gone(scene: Scene[Brokers]) -> None:
    """Fewer than two replicas may confirm nothing: accepted or refused, and nothing in between."""
    cluster = scene.rig.cluster
    began = time.time()
    for node in cluster.nodes[1:]:
        await scene.do(node.kill)
    await scene.hold(_DOWN_S * 2)
    statuses = scene.attempts(since=began)
    accepted = sum(status in {200, 202} for status in statuses)
    refused = sum(status in _REFUSALS for status in statuses)
    strange = [status for status in statuses if status not in {200, 202, *_REFUSALS}]
    scene.require(not strange, f"{len(strange)} posts had another answer: {strange[:5]}")
    scene.note(
        f"two of three gone for {_DOWN_S * 2:g} s: {accepted} posts accepted, {refused} "
        f"refused with 503, longest {scene.longest_s(since=began):.1f} s"
    )
    back = time.time()
    await scene.do(cluster.start)
    await scene.do(partial(cluster.wait_until_whole, within_s=_IN_STEP_WITHIN_S))
    scene.note(f"all replicas in step {time.time() - back:.1f} s after both were started")


BROKER_LOSS = (
    Fault(
        "R1", "one of three brokers killed, then the controller",
        "no client has an error; all goes on without the broker, before it is back",
        _one_then_the_controller, Allowance(), no_client_error,
    ),
    Fault(
        "R2", "two of three brokers killed at once",
        "posts are accepted or refused with 503; nothing is lost; shown down; drains within 60 s",
        _two_gone, Allowance(shows=frozenset({"kafka"})),
    ),
)  # fmt: skip
