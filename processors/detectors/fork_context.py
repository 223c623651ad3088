"""How children are made: by a fork server that has the heavy libraries loaded already."""

import contextlib
import fcntl
import sys
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from types import ModuleType
from typing import Any, Final

_PIPE_BYTES: Final = 1024 * 1024
_PRELOADED: Final = ["processors.detectors.child"]


class _Process(ForkServerProcess):
    """A child that does not import the program's main module again.

    The standard library would, for the sake of functions defined there. We send none, and the main
    module may pull in a web framework.
    """

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - the name is multiprocessing's own
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)  # noqa: SLF001 - the one hook there is
        finally:
            sys.modules["__main__"] = main


class ChildContext(ForkServerContext):
    """The fork server, with pipes that hold a whole photograph: one write, one wake-up."""

    Process = _Process

    def __init__(self) -> None:
        super().__init__()
        self.set_forkserver_preload(_PRELOADED)

    def Pipe(self, duplex: bool = True) -> tuple[Connection, Connection]:  # noqa: N802 - multiprocessing's signature
        reader, writer = super().Pipe(duplex)
        if not duplex:
            with contextlib.suppress(OSError):
                fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        return reader, writer
