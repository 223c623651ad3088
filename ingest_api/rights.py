"""What the API must be allowed on the broker."""

from typing import Final

from topics.catalog import CANCEL_REQUESTED, FLOW, LOG_IDENTITY, RESULTS
from topics.rights import Rights

_ANNOUNCES: Final = (*FLOW[:4], CANCEL_REQUESTED)
TOPICS: Final = (*_ANNOUNCES, *RESULTS, LOG_IDENTITY)
RIGHTS: Final = Rights(
    read=[topic.name for topic in (*RESULTS, LOG_IDENTITY)],
    write=[topic.name for topic in _ANNOUNCES],
    watch=RESULTS[0].groups,  # its tail begins where that group stands
)
