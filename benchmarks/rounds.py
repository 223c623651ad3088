"""All systems, one after the other, as often as asked: so that a noisy minute hits them alike."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bare import Bare, run_bare
from benchmarks.load_process import LoadRun
from benchmarks.peer import run_peer
from benchmarks.plan import Plan
from benchmarks.product import ProductRun, run_product


@dataclass(frozen=True, slots=True)
class Round:
    """What was not measured is None."""

    bare: Bare | None
    peer: tuple[LoadRun, ...] | None
    product: ProductRun | None


def measure(plan: Plan, say: Callable[[str], None]) -> tuple[Round, ...]:
    """Everything that is started is stopped again, however this ends."""
    return tuple(_round(plan, number, say) for number in range(1, plan.runs + 1))


def _round(plan: Plan, number: int, say: Callable[[str], None]) -> Round:
    with tempfile.TemporaryDirectory(prefix="analyzer-benchmark-") as name:
        folder = Path(name)
        told = f"round {number} of {plan.runs}:"
        bare, peer, product = None, None, None
        if "bare" in plan.systems:
            say(f"{told} the bare pipeline")
            bare = run_bare(
                plan.model.path, plan.images, processes=plan.cores, seconds=plan.seconds
            )
        if "peer" in plan.systems:
            say(f"{told} FastAPI by hand")
            peer = run_peer(plan, folder)
        if "product" in plan.systems:
            say(f"{told} the product on its services")
            product = run_product(plan, folder)
        return Round(bare, peer, product)
