"""The figures as a report: text for a terminal, Markdown to keep, JSON to calculate with."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.hardware import Hardware
from benchmarks.load_process import LoadRun
from benchmarks.plan import Plan
from benchmarks.ratios import ratios_of
from benchmarks.rounds import Round
from benchmarks.sheet import sheets

_DISTURBING_CORE_PERCENT = 20.0


def to_text(plan: Plan, machine: Hardware, rounds: Sequence[Round]) -> str:
    tables = [grid.to_text() for grid in sheets(rounds, cores=machine.cores)]
    return "\n\n".join([*tables, "\n".join(_circumstances(plan, machine, rounds))])


def to_markdown(plan: Plan, machine: Hardware, rounds: Sequence[Round]) -> str:
    said = "\n".join(f"* {line}" for line in _circumstances(plan, machine, rounds))
    tables = [grid.to_markdown() for grid in sheets(rounds, cores=machine.cores)]
    return "\n\n".join([f"# Measured at {machine.commit}", said, *tables]) + "\n"


def to_json(plan: Plan, machine: Hardware, rounds: Sequence[Round]) -> str:
    """Every figure of every round."""
    document = {
        "hardware": asdict(machine),
        "plan": {
            "systems": plan.systems, "clients": plan.clients, "seconds": plan.seconds,
            "warm_up_s": plan.warm_up_s, "settle_s": plan.settle_s,
            "runs": plan.runs, "notes": plan.notes,
            "model": plan.model.entry.name, "model_sha256": plan.model.sha256,
        },
        "rounds": [asdict(one) for one in rounds],
        "ratios": [asdict(found) for one in rounds if (found := ratios_of(one))],
    }  # fmt: skip
    return json.dumps(document, indent=2, default=str) + "\n"


def _circumstances(plan: Plan, machine: Hardware, rounds: Sequence[Round]) -> list[str]:
    libraries = ", ".join(f"{one.name} {one.version}" for one in machine.libraries)
    return [
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_mb} MB, Linux {machine.kernel}",
        f"Python {machine.python}, {libraries}",
        f"commit {machine.commit}",
        f"rounds: {plan.runs}, each load {plan.seconds:g} s after {plan.warm_up_s:g} s of warm-up",
        f"the services of each round are fresh; {plan.settle_s:g} s of load let the broker settle",
        "medians over the rounds, the range in brackets",
        *plan.notes,
        *_disturbance(rounds),
        "Closed loop, distinct pictures, every service and the load generator on the same cores.",
    ]


def _disturbance(rounds: Sequence[Round]) -> list[str]:
    """One line when other programs worked beside a load: rates and latencies then say little."""
    loads = [load for one in rounds for load in (*(one.peer or ()), *_product_loads(one))]
    most = max((load.others_core_percent for load in loads), default=0.0)
    if most < _DISTURBING_CORE_PERCENT:
        return []
    return [f"NOT COMPARABLE: other programs used up to {most:.0f} % of a core during the loads"]


def _product_loads(measured: Round) -> tuple[LoadRun, ...]:
    return () if measured.product is None else measured.product.loads
