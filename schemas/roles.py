"""Who may do how much: roles that include one another, and tiers of what a tenant has booked."""

from enum import IntEnum
from typing import Literal, Self

Tier = Literal["free", "standard", "premium"]


class Role(IntEnum):
    """Each includes those before it. Compared by `>=`; written as its lower-case name."""

    VIEWER = 1
    ANALYST = 2
    OPERATOR = 3
    ADMIN = 4

    @classmethod
    def named(cls, name: str) -> Self:
        """Raises ValueError for a name that is no role."""
        try:
            return cls[name.upper()]
        except KeyError:
            raise ValueError(f"no role is called {name[:40]!r}") from None

    @property
    def title(self) -> str:
        return self.name.lower()
