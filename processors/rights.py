"""What each processor must be allowed on the broker, to be asked for before a worker starts."""

from collections.abc import Sequence
from typing import Final

from topics.catalog import (
    ANALYSIS_FAILED,
    CANCEL_REQUESTED,
    FLOW,
    IMAGE_ANALYZED,
    IMAGE_REQUESTED,
    IMAGE_REQUESTED_BULK,
    IMAGE_SUBMITTED,
    IMAGE_SUBMITTED_BULK,
    INBOXES,
    LOG_IDENTITY,
    RESULTS,
    RETRIES,
    Topic,
)
from topics.rights import Rights, rights_to_work

_WORK: Final = FLOW[:4]

CONSUMES: Final[dict[str, tuple[Topic, ...]]] = {
    "admit": INBOXES,
    "fetch": (IMAGE_REQUESTED,),
    "fetch-bulk": (IMAGE_REQUESTED_BULK,),
    "detect": (IMAGE_SUBMITTED,),
    "detect-bulk": (IMAGE_SUBMITTED_BULK,),
    "record": RESULTS,
    "retry": RETRIES,
}
"""By the names of the processors; whoever is not among them works no topic."""
PUBLISHES: Final[dict[str, tuple[Topic, ...]]] = {
    "admit": _WORK,
    "fetch": (IMAGE_SUBMITTED,),
    "fetch-bulk": (IMAGE_SUBMITTED_BULK,),
    "detect": (IMAGE_ANALYZED,),
    "detect-bulk": (IMAGE_ANALYZED,),
    "retry": FLOW,
    "sweep": (*_WORK, CANCEL_REQUESTED),
}
"""Besides what it sets aside, and the failure that goes with a dead letter."""
NAMES: Final = tuple(dict.fromkeys((*CONSUMES, *PUBLISHES)))


def rights_of(names: Sequence[str]) -> Rights:
    """Of a worker that runs those processors."""
    consumed = [topic for name in names for topic in CONSUMES.get(name, ())]
    published = [topic for name in names for topic in PUBLISHES.get(name, ())]
    works = rights_to_work(consumed)
    reads = [LOG_IDENTITY, *((CANCEL_REQUESTED,) if _may_be_cancelled(names) else ())]
    if "sweep" in names:  # it dates what the others have not finished
        reads += [*FLOW, *RETRIES]
    fails = (ANALYSIS_FAILED,) if consumed else ()
    return Rights(
        read=_each_once([*works.read, *(topic.name for topic in reads)]),
        write=_each_once([*works.write, *(topic.name for topic in (*published, *fails))]),
        groups=works.groups,
        watch=_groups_in_the_way() if "sweep" in names else (),
    )


def _may_be_cancelled(names: Sequence[str]) -> bool:
    return any(name.startswith(("detect", "fetch")) for name in names)


def _groups_in_the_way() -> list[str]:
    return sorted({group for topic in (*FLOW, *RETRIES, *INBOXES) for group in topic.groups})


def _each_once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))
