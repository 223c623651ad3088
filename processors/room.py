"""How much unfinished work the inboxes may add to."""

from storage.errors import StoreUnavailableError
from storage.ports import AnalysisStore
from storage.unfinished import UnfinishedCount

_SHARE = 0.9


class InboxRoom:
    """An inbox is held while too much is unfinished: its records lie safely in the log. It stops
    well before the API does, which opens again only below 95 % of the same limit: whoever waits for
    an answer goes before a log that can wait."""

    def __init__(self, analyses: AnalysisStore, *, limit: int) -> None:
        self._limit = max(1, int(_SHARE * limit))
        self._unfinished = UnfinishedCount(analyses, limit=self._limit)

    async def check(self) -> None:
        """Raises StoreUnavailableError when there is none."""
        count = await self._unfinished.current()
        if count >= self._limit:
            raise StoreUnavailableError(
                "backlog", f"{count} analyses are unfinished, {self._limit} may be"
            )

    def note_accepted(self) -> None:
        self._unfinished.note_accepted()
