"""How the systems of one round compare; machines are noisy, so only a round's own figures meet."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.load_process import LoadRun
from benchmarks.rounds import Round


@dataclass(frozen=True, slots=True)
class Ratios:
    """Images per second with the most clients; a waiting request is the p50 of a lone client.

    `of_peer_by_cpu` compares processor time per image instead, measuring included: a busy machine
    slows both down without changing it much.
    """

    of_bare: float
    of_peer: float | None
    peer_of_bare: float | None
    of_peer_by_cpu: float | None
    waiting_over_bare_ms: float | None
    peer_waiting_over_bare_ms: float | None


def ratios_of(measured: Round) -> Ratios | None:
    """None without both the bare pipeline and the product."""
    bare, peer, product = measured.bare, measured.peer, measured.product
    if bare is None or product is None:
        return None
    rate = _best(product.loads)
    peer_rate = _best(peer) if peer else None
    waiting, peer_waiting = _waiting(product.loads), _waiting(peer or ())
    return Ratios(
        of_bare=rate / bare.images_per_s,
        of_peer=rate / peer_rate if peer_rate else None,
        peer_of_bare=peer_rate / bare.images_per_s if peer_rate else None,
        of_peer_by_cpu=_spent(peer) / _spent(product.loads) if peer else None,
        waiting_over_bare_ms=waiting - bare.alone.p50_ms if waiting else None,
        peer_waiting_over_bare_ms=peer_waiting - bare.alone.p50_ms if peer_waiting else None,
    )


def _heaviest(loads: Sequence[LoadRun]) -> LoadRun:
    return max(loads, key=lambda load: load.clients)


def _best(loads: Sequence[LoadRun]) -> float:
    return _heaviest(loads).seen.images_per_s


def _spent(loads: Sequence[LoadRun]) -> float:
    """Infinite when no picture was finished."""
    return _heaviest(loads).measured_ms_per_image or float("inf")


def _waiting(loads: Sequence[LoadRun]) -> float | None:
    lone = next((load.seen.latency for load in loads if load.clients == 1), None)
    return None if lone is None else lone.p50_ms
