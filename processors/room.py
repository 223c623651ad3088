"""How much unfinished work the inboxes may add to."""

from storage.errors import StoreUnavailableError
from storage.ports import AnalysisStore
from storage.unfinished import UnfinishedCount


class InboxRoom:
    """An inbox is held while too much is unfinished: its records lie safely in the log."""

    def __init__(self, analyses: AnalysisStore, *, limit: int) -> None:
        self._unfinished = UnfinishedCount(analyses, limit=limit)
        self._limit = limit

    async def check(self) -> None:
        """Raises StoreUnavailableError when there is none."""
        count = await self._unfinished.current()
        if count >= self._limit:
            raise StoreUnavailableError(
                "backlog", f"{count} analyses are unfinished, {self._limit} may be"
            )

    def note_accepted(self) -> None:
        self._unfinished.note_accepted()
