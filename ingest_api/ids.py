"""Request ids in paths."""

import re
from uuid import UUID

from ingest_api.errors import NOT_FOUND, RefusedError

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def to_request_id(text: str) -> UUID:
    """Raises RefusedError as for an unknown id: what is no id names nothing."""
    if not _UUID.fullmatch(text):
        raise RefusedError(refusal=NOT_FOUND)
    return UUID(text)
