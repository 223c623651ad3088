"""How often a JPEG goes over its pixels: a few bytes each time, and a pass over all of them.

Sources: ITU-T T.81 annex B; a progressive picture of the usual encoders has about ten scans.
"""

import re
from typing import Final

MOST_SCANS: Final = 100
"""Two seconds of decoding at 25 megapixels; a thousand would be twenty, in a file of 200 KB."""

_MOST_SEGMENTS: Final = 8192
_MARKER: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_SCAN: Final = 0xDA
_END: Final = 0xD9


def has_too_many_scans(data: bytes) -> bool:
    """More than `MOST_SCANS` up to the end of its first picture, or segments without end."""
    scans, at = 0, 2
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or found[1][0] == _END:
            return False
        scans += found[1][0] == _SCAN
        if scans > MOST_SCANS:
            return True
        at = found.end() + max(int.from_bytes(data[found.end() : found.end() + 2], "big"), 2)
    return True
