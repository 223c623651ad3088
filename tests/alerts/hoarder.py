"""`python -m tests.alerts.hoarder …`: `image-analyzer …` with a leak that signals open and close.

SIGRTMIN takes 400 MB and keeps them, the signal after it gives them back: Faust has the others.
"""

import mmap
import signal

from cli.main import run

_HOARD_BYTES = 400_000_000
_PAGE_BYTES = 4096


def _install() -> None:
    hoard: list[mmap.mmap] = []

    def take(*_: object) -> None:
        taken = mmap.mmap(-1, _HOARD_BYTES)
        for place in range(0, _HOARD_BYTES, _PAGE_BYTES):
            taken[place] = 1  # a page that nobody touched is not resident
        hoard.append(taken)

    def give_back(*_: object) -> None:
        while hoard:
            hoard.pop().close()

    signal.signal(signal.SIGRTMIN, take)
    signal.signal(signal.SIGRTMIN + 1, give_back)


if __name__ == "__main__":
    _install()
    run()
