"""cancel-requested -> which requests somebody has asked to end, known to every worker."""

from collections import OrderedDict

from schemas.events import CancelRequested
from telemetry.logs import get_logger
from topics.catalog import CANCEL_REQUESTED
from topics.codec import decode
from topics.errors import InvalidMessageError
from topics.records import Record

_log = get_logger(__name__)
_REMEMBERED = 100_000


class Cancellations:
    """The last hundred thousand of them. Hole: one that is older than those is not known here, and
    its request is worked."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()

    def on_record(self, record: Record) -> None:
        """Never raises: a record that is not of our contract is logged and passed over."""
        try:
            event = decode(record, CANCEL_REQUESTED).event
        except InvalidMessageError as error:
            _log.warning("cancel_unreadable", at=record.place, error=str(error)[:300])
            return
        if isinstance(event, CancelRequested):
            self._keys[event.key] = None
            while len(self._keys) > _REMEMBERED:
                self._keys.popitem(last=False)

    def __contains__(self, key: str) -> bool:
        """Whether the request with that record key is to be ended."""
        return key in self._keys
