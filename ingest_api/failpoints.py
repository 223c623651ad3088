"""Points at which a fault test lets the process kill itself, to see what a crash there leaves."""

import os
import signal
from collections.abc import Callable
from typing import Literal

Point = Literal["after_object", "after_row", "before_answer"]
"""The object is stored and no row; the row is committed and nothing announced; announced, and the
client not answered."""

Failpoint = Callable[[Point], None]


def failpoint(chosen: Point | None) -> Failpoint:
    """What to call at each point: it ends the process, as `kill -9` does, at the chosen one."""

    def reached(point: Point) -> None:
        if point == chosen:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached
