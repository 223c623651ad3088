"""How much one picture and one child process may take."""

from dataclasses import dataclass, field

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Looked at in the header, before a single pixel is decoded."""

    max_pixels: int = 25_000_000
    max_side: int = 10_000


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """`headroom_bytes` is on top of what a child maps once it has started and warmed up.

    `deadline_s` is wall time and `cpu_s` processor time, both for one item. All children
    are replaced after `max_items` each on average, or when one has grown by `max_growth_bytes`.
    """

    picture: PictureLimits = field(default_factory=PictureLimits)
    deadline_s: float = 5.0
    cpu_s: int = 5
    headroom_bytes: int = 768 * MIB
    max_items: int = 2_000
    max_growth_bytes: int = 256 * MIB
    max_open_files: int = 64
