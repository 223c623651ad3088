"""The inside of a child process: start-up, the greeting, one item after the other.

A child is a process with one job, so its state is a module variable, set once when it starts.
"""

import gc
import os
import time

import cv2

from processors.detectors.child_messages import Breakdown, ChildPlan, Greeting, Reply
from processors.detectors.child_rlimits import (
    allow_cpu_seconds,
    close_the_doors,
    die_with_parent,
    limit_address_space,
    mapped_bytes,
)
from processors.detectors.child_syscalls import forbid_syscalls
from processors.detectors.found import Detections, Selection
from processors.detectors.refusal import Refusal
from processors.detectors.runner import Runner


class Child:
    """The preferred model loaded and warm; the limits in force from the end of the constructor."""

    def __init__(self, plan: ChildPlan) -> None:
        self._limits = plan.limits
        self._runner = Runner(plan.models, plan.limits.picture)
        self._runner.load(plan.models[0].entry.name)
        gc.freeze()
        limit_address_space(plan.limits.headroom_bytes)
        close_the_doors(plan.limits.max_open_files)
        self.is_confined = forbid_syscalls()
        self._largest = mapped_bytes() + plan.limits.max_growth_bytes

    def run(self, image: bytes, selection: Selection, model: str) -> Reply:
        """An error of ours may be of a class that the parent must not import: it goes as words."""
        allow_cpu_seconds(self._limits.cpu_s)
        outcome: Detections | Refusal | Breakdown
        try:
            self._load(model)
            outcome = self._runner.run(image, selection, model)
        except Exception as error:  # noqa: BLE001 - whatever it is, this child could not do it
            outcome = Breakdown(f"{type(error).__name__}: {error}")
        return Reply(outcome, mapped_bytes() > self._largest)

    def _load(self, model: str) -> None:
        """What a model takes at its first use is no growth."""
        if not self._runner.has_loaded(model):
            before = mapped_bytes()
            self._runner.load(model)
            self._largest += mapped_bytes() - before


_child: Child | str = "not started"


def start(plan: ChildPlan) -> None:
    global _child  # noqa: PLW0603 - the state of this process, see the top of the file
    die_with_parent()
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        _child = Child(plan)
    except Exception as error:  # noqa: BLE001 - told to the parent, which decides
        _child = f"{type(error).__name__}: {error}"


def greet(linger_s: float) -> Greeting:
    time.sleep(linger_s)
    if isinstance(_child, str):
        return Greeting(os.getpid(), _child, is_confined=False)
    return Greeting(os.getpid(), "", _child.is_confined)


def run_item(image: bytes, selection: Selection, model: str) -> Reply:
    if isinstance(_child, str):
        return Reply(Breakdown(f"the child did not start: {_child}"), has_grown=False)
    return _child.run(image, selection, model)
