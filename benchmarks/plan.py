"""What is to be measured: the command line, with every default resolved."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.checkout import ROOT
from processors.detectors.catalog import read_catalog
from processors.detectors.files import InstalledModel, ModelFolders
from processors.detectors.install import install_models
from tests.support.services.ports import free_port

System = Literal["bare", "peer", "product"]
SYSTEMS: tuple[System, ...] = ("bare", "peer", "product")


@dataclass(frozen=True, slots=True)
class Plan:
    """`notes` say which defaults were taken; `port` is that of whichever server runs. Before the
    first load the product gets `settle_s` of the heaviest: a fresh broker still compiles itself."""

    systems: tuple[System, ...]
    images: Path
    model: InstalledModel
    models_dir: Path | None
    clients: tuple[int, ...]
    seconds: float
    warm_up_s: float
    settle_s: float
    runs: int
    port: int
    cores: int
    json_file: Path | None
    report_file: Path | None
    notes: tuple[str, ...]


def read_plan(arguments: Sequence[str], environment: Mapping[str, str]) -> Plan:
    """Ends the process with a usage message for arguments that do not make sense."""
    given = _parser().parse_args(arguments)
    images, about_images = _images(given.images)
    models_dir = _models_dir(given.model_dir, environment)
    model = install_models(read_catalog(), ModelFolders.of(models_dir, environment))[0]
    return Plan(
        systems=_systems(given.only, with_peer=given.peer),
        images=images, model=model, models_dir=models_dir, clients=given.clients,
        seconds=given.seconds, warm_up_s=given.warm_up, settle_s=given.settle, runs=given.runs,
        port=given.port or free_port(), cores=len(os.sched_getaffinity(0)),
        json_file=given.json, report_file=given.report,
        notes=(about_images, f"model: {model.entry.name}, {_where(model, models_dir)}"),
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description="Measure the product on real services beside the bare pipeline and a "
        "hand-written FastAPI server of the same model, in one run. ANALYZER_* variables reach "
        "the product's processes, so that a setting can be tried.",
    )
    add = parser.add_argument
    add("--images", type=Path, help="folder of JPEG files (../shared/images, else samples)")
    add("--model-dir", type=Path, help="folder of models (ANALYZER_MODELS_DIR, ../shared/models)")
    add("--clients", type=_numbers, default=(1, 100), help="e.g. 1,100: one load for each")
    add("--seconds", type=_positive, default=20.0, help="how long each load is measured")
    add("--warm-up", type=_positive, default=5.0, help="seconds of load before that")
    add("--settle", type=_positive, default=20.0, help="seconds of load for fresh services")
    add("--runs", type=int, default=1, choices=range(1, 101), metavar="N", help="rounds, of all")
    add("--only", choices=SYSTEMS, help="measure this alone")
    add("--peer", action=argparse.BooleanOptionalAction, default=True, help="the FastAPI server")
    add("--port", type=int, help="for the API and the FastAPI server (a free one)")
    add("--json", type=Path, metavar="FILE", help="write all figures there")
    add("--report", type=Path, metavar="FILE", help="write the tables there as Markdown")
    return parser


def _systems(only: System | None, *, with_peer: bool) -> tuple[System, ...]:
    if only is not None:
        return (only,)
    return SYSTEMS if with_peer else ("bare", "product")


def _images(given: Path | None) -> tuple[Path, str]:
    shared = ROOT.parent / "shared" / "images"
    if given is not None:
        return given.resolve(), f"pictures: {given}"
    if shared.is_dir():
        return shared, "pictures: ../shared/images"
    return ROOT / "samples", (
        "pictures: the few of samples/, since there is no ../shared/images; "
        "NOT COMPARABLE with figures of other pictures"
    )


def _models_dir(given: Path | None, environment: Mapping[str, str]) -> Path | None:
    """None leaves the cache folder and the bundled model."""
    named = environment.get("ANALYZER_MODELS_DIR")
    shared = ROOT.parent / "shared" / "models"
    if given is not None or named:
        return (given or Path(str(named))).resolve()
    return shared if shared.is_dir() else None


def _where(model: InstalledModel, models_dir: Path | None) -> str:
    """No path of this machine: the line goes into reports."""
    if models_dir is not None and model.path.is_relative_to(models_dir):
        return "from the model folder"
    bundled = model.path.is_relative_to(ROOT)
    return "bundled with the product" if bundled else "from the cache of downloaded models"


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    if any(not 1 <= number <= 10_000 for number in numbers):
        raise argparse.ArgumentTypeError("numbers of clients lie between 1 and 10,000")
    return numbers


def _positive(text: str) -> float:
    number = float(text)
    if not 0.5 <= number <= 3600:
        raise argparse.ArgumentTypeError("must lie between 0.5 and 3600")
    return number
