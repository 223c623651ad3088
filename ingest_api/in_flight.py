"""How many requests of a tenant are in work in this process."""

from collections import Counter


class InFlight:
    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def enter(self, tenant_id: str, at_most: int) -> "Place | None":
        """None when that many are in work."""
        if self._counts[tenant_id] >= at_most:
            return None
        self._counts[tenant_id] += 1
        return Place(self._counts, tenant_id)


class Place:
    """Held until `leave`, which may be called more than once."""

    def __init__(self, counts: Counter[str], tenant_id: str) -> None:
        self._counts = counts
        self._tenant_id: str | None = tenant_id

    def leave(self) -> None:
        if self._tenant_id is None:
            return
        self._counts[self._tenant_id] -= 1
        if not self._counts[self._tenant_id]:
            del self._counts[self._tenant_id]
        self._tenant_id = None
