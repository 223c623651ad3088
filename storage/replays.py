"""Which requests may be worked again under a new id, and why others may not."""

from typing import Final

from storage.ports import Analysis, Completed, Pending

MOST_REPLAYS: Final = 3


def refusal_of(analysis: Analysis) -> str | None:
    """Why this request is not replayed; None when it may be."""
    if isinstance(analysis.outcome, Completed):
        return "it has a result"
    if isinstance(analysis.outcome, Pending):
        return "it has no outcome yet"
    if analysis.replayed_as is not None:
        return f"it was replayed already, as {analysis.replayed_as}"
    if analysis.replay_number >= MOST_REPLAYS:
        return f"it is replay {analysis.replay_number} of the same request, and there are no more"
    return None
